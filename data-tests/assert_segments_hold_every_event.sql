-- Without it segments miss users, or count a user's activity on several platforms twice.
with shown as (

    select
        sum(impressions) as impressions,
        sum(clicks) as clicks

    from {{ ref('fct_customer_journey') }}

),

converted as (

    select
        count(*) as conversions,
        sum(revenue) as revenue

    from {{ ref('fct_conversions') }}

),

reported as (

    select
        count(*) as segments,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions,
        sum(revenue) as revenue

    from {{ ref('rpt_segments') }}

)

select
    shown.impressions,
    reported.impressions as impressions_reported,
    shown.clicks,
    reported.clicks as clicks_reported,
    converted.conversions,
    reported.conversions as conversions_reported,
    converted.revenue,
    reported.revenue as revenue_reported

from shown

cross join converted

cross join reported

where
    -- none before the first solve
    reported.segments > 0
    and (
        coalesce(shown.impressions, 0) <> coalesce(reported.impressions, 0)
        or coalesce(shown.clicks, 0) <> coalesce(reported.clicks, 0)
        or converted.conversions <> coalesce(reported.conversions, 0)
        or coalesce(converted.revenue, 0) <> coalesce(reported.revenue, 0)
    )
