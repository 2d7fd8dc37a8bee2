{{ config(materialized='view') }}

{%- set model = rule_model() -%}

with spend as (

    select
        spend_date as activity_date,
        ad_platform,
        campaign_id,
        cast(sum(spend) as decimal(18, 4)) as spend

    from {{ ref('fct_ad_spend') }}

    where not is_order_approximate

    group by 1, 2, 3

),

touches as (

    select
        touched_date as activity_date,
        ad_platform,
        campaign_id,
        cast(sum(impressions + clicks) as bigint) as touches

    from {{ ref('int_touches_daily') }}

    where not is_order_approximate

    group by 1, 2, 3

),

-- dated to the conversion, as the platforms' ROI is credited
attributed as (

    select
        cast(paths.converted_at as date) as activity_date,
        paths.ad_platform,
        paths.campaign_id,
        cast(sum(paths.{{ model }}) as decimal(24, 12)) as conversions,
        -- 19 digits: a product of two numbers of 18 may overflow on DuckDB
        cast(
            sum(cast(paths.{{ model }} as decimal(19, 12)) * conversions.revenue) as decimal(18, 2)
        ) as revenue

    from {{ ref('int_conversion_paths') }} as paths

    inner join {{ ref('fct_conversions') }} as conversions
        on paths.conversion_id = conversions.conversion_id

    where paths.{{ model }} > 0 and not paths.is_order_approximate

    group by 1, 2, 3

),

has_events as (

    select count(*) > 0 as has_events from touches

),

-- without events, what the platforms report of themselves
credited as (

    select
        activity_date,
        ad_platform,
        campaign_id,
        conversions,
        revenue,
        '{{ model }}' as attribution_model

    from attributed

    union all

    select
        reports.period_start as activity_date,
        reports.ad_platform,
        reports.campaign_id,
        cast(sum(reports.reported_conversions) as decimal(24, 12)) as conversions,
        cast(sum(reports.reported_revenue) as decimal(18, 2)) as revenue,
        'platform_reported' as attribution_model

    from {{ ref('fct_ad_reports') }} as reports

    cross join has_events

    where
        reports.is_in_totals
        and reports.period_start = reports.period_end
        and not has_events.has_events

    group by 1, 2, 3

),

days as (

    select activity_date, ad_platform, campaign_id from spend

    union

    select activity_date, ad_platform, campaign_id from touches

    union

    select activity_date, ad_platform, campaign_id from credited

)

select
    days.activity_date,
    days.ad_platform,
    days.campaign_id,
    spend.spend,
    credited.revenue,
    credited.conversions,
    touches.touches,
    credited.attribution_model

from days

left join spend
    on days.activity_date = spend.activity_date
    and days.ad_platform = spend.ad_platform
    and days.campaign_id = spend.campaign_id

left join touches
    on days.activity_date = touches.activity_date
    and days.ad_platform = touches.ad_platform
    and days.campaign_id = touches.campaign_id

left join credited
    on days.activity_date = credited.activity_date
    and days.ad_platform = credited.ad_platform
    and days.campaign_id = credited.campaign_id
