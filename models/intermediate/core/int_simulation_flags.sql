{{ config(post_hook=[
    "{{ fail_on_too_large_sum('stg_ad_spend', 'spend', 'reject_reason is null', scale=4) }}",
    "{{ fail_on_too_large_sum('int_conversions_deduplicated', 'revenue', 'not is_duplicate', scale=2) }}",
]) }}

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
simulation as (

    select {{ var('simulate') }} and count(*) = 0 as is_possible

    from {{ ref('stg_ad_reports') }}

    where reject_reason is null

),

revenue_seen as (

    select count(revenue) > 0 as has_revenue

    from {{ ref('int_conversions_deduplicated') }}

    where not is_duplicate

)

select
    spend_seen.is_billed,
    not spend_seen.has_spend and simulation.is_possible as is_spend_simulated,
    not revenue_seen.has_revenue and simulation.is_possible as is_revenue_simulated,
    revenue_seen.has_revenue or simulation.is_possible as has_revenue

from spend_seen

cross join revenue_seen

cross join simulation
