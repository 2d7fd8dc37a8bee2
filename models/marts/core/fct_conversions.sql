{{ partition_by_month('converted_month') }}

with conversions as (

    select * from {{ ref('int_conversions_deduplicated') }} where not is_duplicate

),

last_touches as (

    select * from {{ ref('int_conversion_paths') }} where touch_index = touches_in_path

),

last_clicks as (

    select
        conversion_id,
        max_by(ad_platform, touch_index) as ad_platform,
        max_by(device_type, touch_index) as device_type,
        max_by(touch_id, touch_index) as touch_id

    from {{ ref('int_conversion_paths') }}

    where touch_kind = 'click'

    group by conversion_id

),

platform_economics as (

    select
        ad_platform,
        cast(revenue_low as double) as revenue_low,
        cast(revenue_high - revenue_low as double) as revenue_range

    from {{ ref('platform_economics') }}

)

select
    conversions.conversion_id,
    conversions.user_id,
    coalesce(conversions.ad_platform, last_touches.ad_platform, 'unattributed') as ad_platform,
    case
        when conversions.ad_platform is not null then coalesce(conversions.campaign_id, 'unknown')
        else coalesce(last_touches.campaign_id, 'unattributed')
    end as campaign_id,
    coalesce(conversions.device_type, last_touches.device_type, 'unknown') as device_type,
    last_clicks.ad_platform as last_click_ad_platform,
    last_clicks.device_type as last_click_device_type,
    last_clicks.touch_id as last_click_touch_id,
    case
        when flags.is_revenue_simulated
            then
                cast(
                    coalesce(economics.revenue_low, fallback.revenue_low)
                    + {{ hash_unit("'revenue|' || conversions.source_id") }}
                    * coalesce(economics.revenue_range, fallback.revenue_range) as decimal(18, 2)
                )
        else conversions.revenue
    end as revenue,
    case when not flags.is_revenue_simulated then conversions.refunded end as refunded,
    flags.is_revenue_simulated,
    conversions.is_order_approximate,
    conversions.is_time_missing,
    conversions.converted_at,
    cast(date_trunc('month', conversions.converted_at) as date) as converted_month

from conversions

cross join {{ ref('int_simulation_flags') }} as flags

left join last_touches on conversions.conversion_id = last_touches.conversion_id

left join last_clicks on conversions.conversion_id = last_clicks.conversion_id

left join platform_economics as economics on conversions.ad_platform = economics.ad_platform

inner join platform_economics as fallback on fallback.ad_platform = 'default'
