{{ config(materialized='view') }}

{%- set model = rule_model() -%}

with returns as (

    select
        spend_date as activity_date,
        ad_platform,
        campaign_id,
        spend,
        null as revenue,
        null as conversions,
        null as touches,
        null as attribution_model

    from {{ ref('fct_ad_spend') }}

    where not is_order_approximate

    union all

    select
        touched_date as activity_date,
        ad_platform,
        campaign_id,
        null as spend,
        null as revenue,
        null as conversions,
        impressions + clicks as touches,
        null as attribution_model

    from {{ ref('int_touches_daily') }}

    where not is_order_approximate and not {{ is_unpaid('ad_platform') }}

    union all

    -- dated to the conversion, as the platforms' ROI is credited
    select
        cast(paths.converted_at as date) as activity_date,
        paths.ad_platform,
        paths.campaign_id,
        null as spend,
        -- 19 digits: a product of two numbers of 18 may overflow on DuckDB
        cast(
            sum(cast(paths.{{ model }} as decimal(19, 12)) * conversions.revenue) as decimal(18, 2)
        ) as revenue,
        cast(sum(paths.{{ model }}) as decimal(24, 12)) as conversions,
        null as touches,
        '{{ model }}' as attribution_model

    from {{ ref('int_conversion_paths') }} as paths

    inner join {{ ref('fct_conversions') }} as conversions
        on paths.conversion_id = conversions.conversion_id

    where
        paths.{{ model }} > 0
        and not paths.is_order_approximate
        and not {{ is_unpaid('paths.ad_platform') }}

    group by 1, 2, 3

    union all

    -- without events, what the platforms report of themselves
    select
        period_start as activity_date,
        ad_platform,
        campaign_id,
        null as spend,
        cast(sum(reported_revenue) as decimal(18, 2)) as revenue,
        cast(sum(reported_conversions) as decimal(24, 12)) as conversions,
        -- a day without conversions is known all the same
        cast(sum(coalesce(impressions, 0) + coalesce(clicks, 0)) as bigint) as touches,
        'platform_reported' as attribution_model

    from {{ ref('fct_ad_reports') }}

    where
        is_in_totals
        and period_start = period_end
        and not exists (
            select 1 from {{ ref('int_touches_daily') }} as touches
            where not touches.is_order_approximate
        )

    group by 1, 2, 3

)

select
    returns.activity_date,
    -- as in ROI: under the seller's name where spend is known for the seller only
    coalesce(billed.billed_platform, returns.ad_platform) as ad_platform,
    returns.campaign_id,
    sum(returns.spend) as spend,
    sum(returns.revenue) as revenue,
    sum(returns.conversions) as conversions,
    cast(sum(returns.touches) as bigint) as touches,
    max(returns.attribution_model) as attribution_model

from returns

left join {{ ref('int_billed_platforms') }} as billed
    on returns.ad_platform = billed.ad_platform

group by 1, 2, 3
