with campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

performance as (

    select * from {{ ref('int_channel_performance') }} where level = 'campaign'

),

shares as (

    select * from {{ ref('int_attribution_shares') }} where level = 'campaign'

)

select
    performance.ad_platform,
    performance.campaign_id,
    coalesce(campaigns.campaign_name, performance.campaign_id) as campaign_name,
    performance.attribution_model,
    performance.conversions,
    performance.revenue,
    shares.share,
    shares.share_low,
    shares.share_high,
    shares.share_low_90,
    shares.share_high_90,
    flags.is_revenue_simulated

from performance

cross join {{ ref('int_simulation_flags') }} as flags

left join campaigns
    on performance.ad_platform = campaigns.ad_platform
    and performance.campaign_id = campaigns.campaign_id

left join shares
    on performance.ad_platform = shares.ad_platform
    and performance.campaign_id = shares.campaign_id
    and performance.attribution_model = shares.attribution_model
