-- rows without a date (only a weekday in the source) are left out: their day only orders them
with activity as (

    select
        touched_date as activity_date,
        ad_platform,
        impressions,
        clicks,
        0 as conversions,
        null as revenue,
        null as spend

    from {{ ref('int_touches_daily') }}

    where not is_order_approximate

    union all

    select
        cast(converted_at as date) as activity_date,
        ad_platform,
        0 as impressions,
        0 as clicks,
        1 as conversions,
        revenue,
        null as spend

    from {{ ref('fct_conversions') }}

    where not is_order_approximate

    union all

    select
        spend_date as activity_date,
        ad_platform,
        0 as impressions,
        0 as clicks,
        0 as conversions,
        null as revenue,
        spend

    from {{ ref('fct_ad_spend') }}

    where not is_order_approximate

)

select
    activity.activity_date,
    activity.ad_platform,
    cast(sum(activity.impressions) as bigint) as impressions,
    cast(sum(activity.clicks) as bigint) as clicks,
    cast(sum(activity.conversions) as bigint) as conversions,
    cast(coalesce(sum(activity.spend), 0) as decimal(18, 4)) as spend,
    -- NULL when the source has no revenue for the day's conversions, or no revenue at all
    cast(
        case
            when sum(activity.conversions) = 0 and max(sum(activity.revenue)) over () is not null
                then 0
            else sum(activity.revenue)
        end as decimal(18, 2)
    ) as revenue,
    flags.is_spend_simulated,
    flags.is_revenue_simulated

from activity

cross join {{ ref('int_simulation_flags') }} as flags

group by 1, 2, 8, 9
