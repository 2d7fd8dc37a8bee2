with revenues as (

    select conversions_with_revenue > 0 as has_revenue from {{ ref('int_event_counts') }}

    union all

    select revenue is not null as has_revenue

    from {{ ref('int_interactions') }}

),

spends as (

    select spend from {{ ref('stg_ad_spend') }} where reject_reason is null

    union all

    select spend from {{ ref('int_interactions') }}

),

revenue_seen as (

    select count(case when has_revenue then 1 end) > 0 as has_revenue from revenues

),

spend_seen as (

    select count(spend) > 0 as has_spend from spends

)

select
    not spend_seen.has_spend and {{ var('simulate') }} as is_spend_simulated,
    not revenue_seen.has_revenue and {{ var('simulate') }} as is_revenue_simulated,
    revenue_seen.has_revenue or {{ var('simulate') }} as has_revenue

from spend_seen

cross join revenue_seen
