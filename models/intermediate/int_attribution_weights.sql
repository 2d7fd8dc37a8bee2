select
    conversion_id,
    touch_id,
    user_id,
    ad_platform,
    campaign_id,
    revenue,
    converted_at,
    touch_index,
    touches_in_path,
    {{ rule_weights('conversion_id') }}

from {{ ref('int_conversion_touches') }}
