{{ config(materialized='view') }}

-- only interactions give spend per user
with money_events as (

    select
        user_id,
        coalesce(last_click_ad_platform, ad_platform) as ad_platform,
        1 as conversions,
        case when last_click_ad_platform is null then 1 else 0 end as conversions_without_click,
        revenue,
        cast(null as decimal(18, 4)) as spend

    from {{ ref('fct_conversions') }}

    union all

    select
        user_id,
        ad_platform,
        0 as conversions,
        0 as conversions_without_click,
        cast(null as decimal(18, 2)) as revenue,
        spend

    from {{ ref('int_interactions_deduplicated') }}

    where spend is not null

),

money as (

    select
        user_id,
        ad_platform,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(conversions_without_click) as bigint) as conversions_without_click,
        cast(sum(revenue) as decimal(18, 2)) as revenue,
        cast(sum(spend) as decimal(18, 4)) as spend

    from money_events

    group by user_id, ad_platform

),

activity as (

    select
        user_id,
        ad_platform,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks

    from {{ ref('int_user_platform_activity') }}

    group by user_id, ad_platform

)

select
    coalesce(activity.user_id, money.user_id) as user_id,
    coalesce(activity.ad_platform, money.ad_platform) as ad_platform,
    coalesce(activity.impressions, 0) as impressions,
    coalesce(activity.clicks, 0) as clicks,
    coalesce(money.conversions, 0) as conversions,
    -- a click that only an order tells is not counted, nor what came after it
    case
        when activity.clicks > 0 then coalesce(money.conversions_without_click, 0)
        else coalesce(money.conversions, 0)
    end as conversions_without_click,
    money.revenue,
    money.spend

from activity

full outer join money
    on activity.user_id = money.user_id and activity.ad_platform = money.ad_platform
