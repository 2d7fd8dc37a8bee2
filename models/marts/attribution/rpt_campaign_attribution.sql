with campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

returns as (

    select * from {{ ref('int_returns') }} where level = 'campaign'

),

attributed as (

    select attribution_model, sum(conversions) as conversions

    from returns

    where ad_platform <> 'unattributed'

    group by attribution_model

),

intervals as (

    select * from {{ ref('attribution_intervals') }} where level = 'campaign'

)

select
    returns.ad_platform,
    returns.campaign_id,
    coalesce(campaigns.campaign_name, returns.campaign_id) as campaign_name,
    returns.attribution_model,
    returns.conversions,
    returns.revenue,
    case
        when returns.ad_platform <> 'unattributed'
            then {{ safe_divide('returns.conversions', 'attributed.conversions') }}
    end as share,
    intervals.share_low,
    intervals.share_high,
    intervals.share_low_90,
    intervals.share_high_90

from returns

left join attributed on returns.attribution_model = attributed.attribution_model

left join campaigns
    on returns.ad_platform = campaigns.ad_platform
    and returns.campaign_id = campaigns.campaign_id

left join intervals
    on returns.ad_platform = intervals.ad_platform
    and returns.campaign_id = intervals.campaign_id
    and returns.attribution_model = intervals.attribution_model
