-- Without it a rate per platform misses some of its events or counts them twice.
with shown as (

    select
        ad_platform,
        sum(impressions) as impressions,
        sum(clicks) as clicks

    from {{ ref('fct_customer_journey') }}

    group by ad_platform

),

converted as (

    select
        ad_platform,
        count(*) as conversions

    from {{ ref('fct_conversions') }}

    group by ad_platform

),

reported as (

    select
        ad_platform,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions

    from {{ ref('rpt_platform_funnel') }}

    group by ad_platform

)

select
    ad_platform,
    shown.impressions,
    reported.impressions as impressions_reported,
    shown.clicks,
    reported.clicks as clicks_reported,
    converted.conversions,
    reported.conversions as conversions_reported

from reported

full outer join shown using (ad_platform)

full outer join converted using (ad_platform)

where
    coalesce(shown.impressions, 0) <> coalesce(reported.impressions, 0)
    or coalesce(shown.clicks, 0) <> coalesce(reported.clicks, 0)
    or coalesce(converted.conversions, 0) <> coalesce(reported.conversions, 0)
