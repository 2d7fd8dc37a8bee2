-- rows without a date (only a weekday in the source) are left out: their day only orders them
with touches as (

    select
        touched_date as activity_date,
        ad_platform,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks

    from {{ ref('int_touches_daily') }}

    where not is_order_approximate

    group by 1, 2

),

conversions as (

    select
        cast(converted_at as date) as activity_date,
        ad_platform,
        cast(count(*) as bigint) as conversions,
        cast(sum(revenue) as decimal(18, 2)) as revenue

    from {{ ref('fct_conversions') }}

    where not is_order_approximate

    group by 1, 2

),

spend as (

    select
        spend_date as activity_date,
        ad_platform,
        cast(sum(spend) as decimal(18, 4)) as spend

    from {{ ref('fct_ad_spend') }}

    where not is_order_approximate

    group by 1, 2

),

days as (

    select activity_date, ad_platform from touches

    union

    select activity_date, ad_platform from conversions

    union

    select activity_date, ad_platform from spend

)

select
    days.activity_date,
    days.ad_platform,
    coalesce(touches.impressions, 0) as impressions,
    coalesce(touches.clicks, 0) as clicks,
    coalesce(conversions.conversions, 0) as conversions,
    coalesce(spend.spend, cast(0 as decimal(18, 4))) as spend,
    case
        when conversions.conversions is null then cast(0 as decimal(18, 2))
        else conversions.revenue
    end as revenue,
    flags.is_spend_simulated,
    flags.is_revenue_simulated

from days

cross join {{ ref('int_simulation_flags') }} as flags

left join touches
    on days.activity_date = touches.activity_date and days.ad_platform = touches.ad_platform

left join conversions
    on days.activity_date = conversions.activity_date
    and days.ad_platform = conversions.ad_platform

left join spend
    on days.activity_date = spend.activity_date and days.ad_platform = spend.ad_platform
