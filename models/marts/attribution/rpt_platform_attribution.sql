select
    performance.ad_platform,
    performance.attribution_model,
    performance.conversions,
    performance.revenue,
    performance.share,
    performance.share_low,
    performance.share_high,
    performance.share_low_90,
    performance.share_high_90,
    performance.next_platform,
    performance.is_ahead_of_next,
    flags.is_revenue_simulated

from {{ ref('int_channel_performance') }} as performance

cross join {{ ref('int_simulation_flags') }} as flags

where performance.level = 'platform'
