-- Without it revenue is credited twice or not at all, and every ROI is too high or too low.
with reported as (

    select 'platform' as report, attribution_model, revenue from {{ ref('rpt_platform_roi') }}

    where attribution_model <> 'platform_reported'

    union all

    select 'campaign' as report, attribution_model, revenue from {{ ref('rpt_campaign_roi') }}

    where attribution_model <> 'platform_reported'

),

totals as (

    select
        report,
        attribution_model,
        sum(revenue) as revenue

    from reported

    group by report, attribution_model

),

earned as (

    select sum(revenue) as revenue from {{ ref('fct_conversions') }}

)

select
    totals.report,
    totals.attribution_model,
    earned.revenue as earned,
    totals.revenue as reported

from earned

left join totals on true

where coalesce(earned.revenue, 0) <> coalesce(totals.revenue, 0)
