{{ config(materialized='view') }}

with converted as (

    select
        user_id,
        coalesce(last_click_ad_platform, ad_platform) as ad_platform,
        coalesce(last_click_device_type, device_type) as device_type,
        cast(count(*) as bigint) as conversions,
        cast(count(last_click_ad_platform) as bigint) as conversions_after_click

    from {{ ref('fct_conversions') }}

    group by
        user_id,
        coalesce(last_click_ad_platform, ad_platform),
        coalesce(last_click_device_type, device_type)

)

select
    coalesce(shown.user_id, converted.user_id) as user_id,
    coalesce(shown.ad_platform, converted.ad_platform) as ad_platform,
    coalesce(shown.device_type, converted.device_type) as device_type,
    coalesce(shown.impressions, 0) as impressions,
    coalesce(shown.clicks, 0) as clicks,
    coalesce(converted.conversions, 0) as conversions,
    -- a click that only an order tells is not counted, nor what came after it
    case when shown.clicks > 0 then coalesce(converted.conversions_after_click, 0) else 0 end
        as conversions_after_click

from {{ ref('int_user_platform_activity') }} as shown

full outer join converted
    on shown.user_id = converted.user_id
    and shown.ad_platform = converted.ad_platform
    and shown.device_type = converted.device_type
