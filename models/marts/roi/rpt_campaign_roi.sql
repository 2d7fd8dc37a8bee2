with performance as (

    select *

    from {{ ref('int_channel_performance') }}

    where level in ('campaign', 'billed_campaign') and not coalesce(is_under_seller, false)

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

)

select
    performance.ad_platform,
    performance.campaign_id,
    coalesce(campaigns.campaign_name, performance.campaign_id) as campaign_name,
    performance.attribution_model,
    performance.spend,
    performance.revenue,
    performance.conversions,
    performance.converting_users,
    {{ roi('performance.revenue', 'performance.spend') }} as roi,
    {{ roi('performance.revenue_low', 'performance.spend') }} as roi_low,
    {{ roi('performance.revenue_high', 'performance.spend') }} as roi_high,
    {{ safe_divide('performance.revenue', 'performance.spend') }} as roas,
    {{ cpa('performance.spend', 'performance.conversions') }} as cpa,
    {{ verdict(
        roi('performance.revenue_low', 'performance.spend'), roi('performance.revenue_high', 'performance.spend'),
        'performance.converting_users', 'performance.is_simulated'
    ) }} as verdict,
    performance.is_simulated,
    {{ roi('performance.revenue_low_90', 'performance.spend') }} as roi_low_90,
    {{ roi('performance.revenue_high_90', 'performance.spend') }} as roi_high_90,
    performance.attribution_setting

from performance

left join campaigns
    on performance.ad_platform = campaigns.ad_platform
    and performance.campaign_id = campaigns.campaign_id
