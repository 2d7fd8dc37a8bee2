{{ partition_by_month('converted_month') }}

with conversions as (

    select * from {{ ref('int_conversions_unioned') }}

),

last_touches as (

    select * from {{ ref('int_conversion_touches') }} where touch_index = touches_in_path

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
    conversions.revenue,
    conversions.is_revenue_simulated,
    conversions.is_order_approximate,
    conversions.converted_at,
    cast(date_trunc('month', conversions.converted_at) as date) as converted_month

from conversions

left join last_touches on conversions.conversion_id = last_touches.conversion_id
