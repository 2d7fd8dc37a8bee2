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

with spends as (

    select spend, true as is_billed

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null

    union all

    select spend, true as is_billed

    from {{ ref('stg_ad_reports') }}

    where reject_reason is null

    union all

    select spend, false as is_billed

    from {{ ref('int_interactions_deduplicated') }}

),

spend_seen as (

    select
        count(spend) > 0 as has_spend,
        count(case when is_billed then spend end) > 0 as is_billed

    from spends

),

-- beside what a platform really reports nothing is simulated
reports as (

    select count(*) > 0 as has_reports

    from {{ ref('stg_ad_reports') }}

    where reject_reason is null

),

revenue_seen as (

    select count(revenue) > 0 as has_revenue

    from {{ ref('int_conversions_deduplicated') }}

    where not is_duplicate

),

-- money that the source has under a name that is not ours: assumed money beside it would mislead
money_kept_out as (

    select count(*) > 0 as has_money_kept_out

    from {{ ref('stg_landed_files') }}

    where {{ looks_like_money('unknown_columns') }}

),

wanted as (

    select
        spend_seen.is_billed,
        spend_seen.has_spend,
        revenue_seen.has_revenue,
        {% if simulate == 'auto' -%}
        not spend_seen.has_spend
        and not revenue_seen.has_revenue
        and not money_kept_out.has_money_kept_out
        {%- else -%}
        {{ simulate }}
        {%- endif %}
        and not reports.has_reports as is_simulated

    from spend_seen

    cross join revenue_seen

    cross join money_kept_out

    cross join reports

)

select
    is_billed,
    is_simulated and not has_spend as is_spend_simulated,
    is_simulated and not has_revenue as is_revenue_simulated,
    is_simulated or has_revenue as has_revenue

from wanted
