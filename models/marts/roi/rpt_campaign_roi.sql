with campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

judged as (

    select
        performance.ad_platform,
        performance.campaign_id,
        coalesce(campaigns.campaign_name, performance.campaign_id) as campaign_name,
        performance.attribution_model,
        performance.spend,
        performance.ripe_spend,
        performance.spend_outside_events,
        performance.revenue,
        performance.conversions,
        performance.converting_users,
        {{ return_columns() }},
        performance.attribution_setting

    from {{ ref('int_channel_performance') }} as performance

    left join campaigns
        on performance.ad_platform = campaigns.ad_platform
        and performance.campaign_id = campaigns.campaign_id

    where
        performance.level in ('campaign', 'billed_campaign')
        and not coalesce(performance.is_under_seller, false)

)

select
    *,
    {{ agreement_columns('ad_platform, campaign_id') }}

from judged
