with returns as (

    select * from {{ ref('int_returns') }} where level = 'campaign'

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

)

select
    returns.ad_platform,
    returns.campaign_id,
    coalesce(campaigns.campaign_name, returns.campaign_id) as campaign_name,
    returns.attribution_model,
    {{ roi_measures() }}

from returns

left join campaigns
    on returns.ad_platform = campaigns.ad_platform
    and returns.campaign_id = campaigns.campaign_id
