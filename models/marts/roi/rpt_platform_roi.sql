select
    ad_platform,
    attribution_model,
    spend,
    revenue,
    conversions,
    converting_users,
    {{ roi('revenue', 'spend') }} as roi,
    {{ roi('revenue_low', 'spend') }} as roi_low,
    {{ roi('revenue_high', 'spend') }} as roi_high,
    {{ safe_divide('revenue', 'spend') }} as roas,
    {{ cpa() }} as cpa,
    {{ verdict(
        roi('revenue_low', 'spend'), roi('revenue_high', 'spend'),
        'converting_users', 'is_simulated'
    ) }} as verdict,
    is_simulated,
    {{ roi('revenue_low_90', 'spend') }} as roi_low_90,
    {{ roi('revenue_high_90', 'spend') }} as roi_high_90,
    attribution_setting

from {{ ref('int_channel_performance') }}

where level in ('platform', 'billed_platform') and not coalesce(is_under_seller, false)
