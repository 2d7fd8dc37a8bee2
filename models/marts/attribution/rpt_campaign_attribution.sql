select
    performance.ad_platform,
    performance.campaign_id,
    coalesce(campaigns.campaign_name, performance.campaign_id) as campaign_name,
    performance.attribution_model,
    performance.conversions,
    performance.revenue,
    performance.share,
    performance.share_low,
    performance.share_high,
    performance.share_low_90,
    performance.share_high_90,
    flags.is_revenue_simulated

from {{ ref('int_channel_performance') }} as performance

cross join {{ ref('int_simulation_flags') }} as flags

left join {{ ref('dim_campaigns') }} as campaigns
    on performance.ad_platform = campaigns.ad_platform
    and performance.campaign_id = campaigns.campaign_id

where performance.level = 'campaign'
