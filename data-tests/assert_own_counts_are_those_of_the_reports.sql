-- Without it a platform's own count misses a report, or tells the same money twice.
with found as (

    select 'platform' as report, ad_platform, spend, conversions, revenue

    from {{ ref('rpt_platform_roi') }}

    where attribution_model = 'platform_reported'

    union all

    select 'campaign' as report, ad_platform, spend, conversions, revenue

    from {{ ref('rpt_campaign_roi') }}

    where attribution_model = 'platform_reported'

),

differences as (

    select report, ad_platform, spend, conversions, revenue from found

    union all

    select
        reports.report,
        told.ad_platform,
        -coalesce(told.spend, 0) as spend,
        -cast(coalesce(told.reported_conversions, 0) as double) as conversions,
        -coalesce(told.reported_revenue, 0) as revenue

    from {{ ref('fct_ad_reports') }} as told

    cross join (values ('platform'), ('campaign')) as reports (report)

    where told.is_in_totals

)

select
    report,
    ad_platform,
    sum(spend) as spend,
    sum(conversions) as conversions,
    sum(revenue) as revenue

from differences

group by report, ad_platform

having
    sum(spend) <> 0
    -- NULL where a part of the spend comes from reports without conversions or revenue
    or (count(*) = count(conversions) and abs(sum(conversions)) > 1e-6)
    or (count(*) = count(revenue) and abs(sum(revenue)) > 0.01 * count(*))
