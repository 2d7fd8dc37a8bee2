with campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

performance as (

    select * from {{ ref('int_channel_performance') }} where level = 'campaign'

),

attributed as (

    select attribution_model, sum(conversions) as conversions

    from performance

    where ad_platform <> 'unattributed'

    group by attribution_model

),

intervals as (

    select * from {{ ref('attribution_intervals') }} where level = 'campaign'

)

select
    performance.ad_platform,
    performance.campaign_id,
    coalesce(campaigns.campaign_name, performance.campaign_id) as campaign_name,
    performance.attribution_model,
    performance.conversions,
    performance.revenue,
    case
        when performance.ad_platform <> 'unattributed'
            then {{ safe_divide('performance.conversions', 'attributed.conversions') }}
    end as share,
    intervals.share_low,
    intervals.share_high,
    intervals.share_low_90,
    intervals.share_high_90

from performance

left join attributed on performance.attribution_model = attributed.attribution_model

left join campaigns
    on performance.ad_platform = campaigns.ad_platform
    and performance.campaign_id = campaigns.campaign_id

left join intervals
    on performance.ad_platform = intervals.ad_platform
    and performance.campaign_id = intervals.campaign_id
    and performance.attribution_model = intervals.attribution_model
