{{ config(post_hook=[
    "{{ fail_on_too_large_sum('stg_ad_spend', 'spend', 'reject_reason is null', scale=4) }}",
    "{{ fail_on_too_large_sum('stg_ad_reports', 'spend', 'reject_reason is null', scale=4) }}",
    "{{ fail_on_too_large_sum('stg_ad_reports', 'reported_revenue', 'reject_reason is null', scale=2) }}",
    "{{ fail_on_too_large_sum('int_conversions_deduplicated', 'revenue', 'not is_duplicate', scale=2) }}",
]) }}
{#- auto: only where the data has no money at all; true: each that is missing; false: never -#}
{%- set simulate = var('simulate') | string | lower -%}
{%- if simulate not in ['auto', 'true', 'false'] -%}
    {{ exceptions.raise_compiler_error(
        'simulate: must be auto, true or false, not ' ~ var('simulate')
    ) }}
{%- endif -%}

with seen as (

    select
        (select count(spend) from {{ ref('stg_ad_spend') }} where reject_reason is null) > 0
        or (select count(spend) from {{ ref('stg_ad_reports') }} where reject_reason is null) > 0
            as is_billed,
        (select count(spend) from {{ ref('int_interactions_deduplicated') }}) > 0
            as has_spend_of_interactions,
        (
            select count(revenue) from {{ ref('int_conversions_deduplicated') }}
            where not is_duplicate
        ) > 0 as has_revenue,
        -- beside what a platform really reports nothing is simulated
        (select count(*) from {{ ref('stg_ad_reports') }} where reject_reason is null) > 0
            as has_reports,
        -- money under a name that is not ours: assumed money beside it would mislead
        (
            select count(*) from {{ ref('stg_landed_files') }}
            where {{ looks_like_money('unknown_columns') }}
        ) > 0 as has_money_kept_out

),

wanted as (

    select
        is_billed,
        is_billed or has_spend_of_interactions as has_spend,
        has_revenue,
        {% if simulate == 'auto' -%}
        not is_billed
        and not has_spend_of_interactions
        and not has_revenue
        and not has_money_kept_out
        {%- else -%}
        {{ simulate }}
        {%- endif %}
        and not has_reports as is_simulated

    from seen

)

select
    is_billed,
    is_simulated and not has_spend as is_spend_simulated,
    is_simulated and not has_revenue as is_revenue_simulated,
    is_simulated or has_revenue as has_revenue

from wanted
