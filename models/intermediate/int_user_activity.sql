select
    user_id,
    ad_platform,
    device_type,
    cast(count(*) as bigint) as touches,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(time_spent) as decimal(18, 4)) as time_spent,
    max(touched_at) as last_touched_at,
    max(case when not is_order_approximate then touched_at end) as last_dated_touch_at

from {{ ref('fct_customer_journey') }}

group by user_id, ad_platform, device_type
