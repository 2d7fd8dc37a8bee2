-- Without it a rate per device misses some of its events or counts them twice.
with shown as (

    select
        device_type,
        sum(impressions) as impressions,
        sum(clicks) as clicks

    from {{ ref('fct_customer_journey') }}

    group by device_type

),

converted as (

    select
        device_type,
        count(*) as conversions

    from {{ ref('fct_conversions') }}

    group by device_type

),

reported as (

    select
        device_type,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions

    from {{ ref('rpt_device_funnel') }}

    group by device_type

)

select
    device_type,
    shown.impressions,
    reported.impressions as impressions_reported,
    shown.clicks,
    reported.clicks as clicks_reported,
    converted.conversions,
    reported.conversions as conversions_reported

from reported

full outer join shown using (device_type)

full outer join converted using (device_type)

where
    coalesce(shown.impressions, 0) <> coalesce(reported.impressions, 0)
    or coalesce(shown.clicks, 0) <> coalesce(reported.clicks, 0)
    or coalesce(converted.conversions, 0) <> coalesce(reported.conversions, 0)
