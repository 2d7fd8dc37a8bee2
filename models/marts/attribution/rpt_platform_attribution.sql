with performance as (

    select * from {{ ref('int_channel_performance') }} where level = 'platform'

),

shares as (

    select * from {{ ref('int_attribution_shares') }} where level = 'platform'

)

select
    performance.ad_platform,
    performance.attribution_model,
    performance.conversions,
    performance.revenue,
    shares.share,
    shares.share_low,
    shares.share_high,
    shares.share_low_90,
    shares.share_high_90,
    shares.next_platform,
    shares.is_ahead_of_next,
    flags.is_revenue_simulated

from performance

cross join {{ ref('int_simulation_flags') }} as flags

left join shares
    on performance.ad_platform = shares.ad_platform
    and performance.attribution_model = shares.attribution_model
