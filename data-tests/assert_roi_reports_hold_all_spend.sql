-- Without it a platform's ROI misses part of its cost: spend without conversions may have no row.
with reported as (

    select 'platform' as report, attribution_model, ad_platform, spend

    from {{ ref('rpt_platform_roi') }}

    where attribution_model <> 'platform_reported'

    union all

    select 'campaign' as report, attribution_model, ad_platform, spend

    from {{ ref('rpt_campaign_roi') }}

    where attribution_model <> 'platform_reported'

),

reported_by_platform as (

    select
        report,
        attribution_model,
        ad_platform,
        sum(spend) as spend

    from reported

    group by report, attribution_model, ad_platform

),

reports as (

    select distinct report, attribution_model from reported

),

spent as (

    -- under the seller, where spend is known for the seller only
    select
        coalesce(billed.billed_platform, spend.ad_platform) as ad_platform,
        sum(spend.spend) as spend

    from {{ ref('fct_ad_spend') }} as spend

    left join {{ ref('int_billed_platforms') }} as billed
        on spend.ad_platform = billed.ad_platform

    group by coalesce(billed.billed_platform, spend.ad_platform)

),

expected as (

    select
        reports.report,
        reports.attribution_model,
        spent.ad_platform,
        spent.spend

    from spent

    -- also when the reports are empty
    left join reports on true

)

select
    expected.report,
    expected.attribution_model,
    expected.ad_platform,
    expected.spend as spent,
    reported_by_platform.spend as reported

from expected

full outer join reported_by_platform
    on expected.report = reported_by_platform.report
    and expected.attribution_model = reported_by_platform.attribution_model
    and expected.ad_platform = reported_by_platform.ad_platform

where coalesce(expected.spend, 0) <> coalesce(reported_by_platform.spend, 0)
