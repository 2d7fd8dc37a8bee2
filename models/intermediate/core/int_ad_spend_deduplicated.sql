with latest as (

    select
        spend_date,
        ad_platform,
        campaign_id,
        ad_id,
        sum(spend) as spend,
        count(*) as bills,
        max(case when is_campaign_in_events then 1 else 0 end) = 1 as is_campaign_in_events,
        min(_source_file) as _source_file

    from {{ ref('int_ad_spend_billed') }}

    where not is_restated

    group by spend_date, ad_platform, campaign_id, ad_id

),

of_ads as (

    select
        spend_date,
        ad_platform,
        campaign_id,
        sum(spend) as spend,
        sum(bills) as bills

    from latest

    where ad_id <> 'unknown'

    group by spend_date, ad_platform, campaign_id

),

-- a bill without an ad that equals the bills of its ads, but for a cent each, is their total
of_campaigns as (

    select
        latest.*,
        of_ads.spend is not null as is_at_two_levels,
        coalesce(abs(latest.spend - of_ads.spend) <= of_ads.bills * 0.01, false) as is_total

    from latest

    left join of_ads
        on latest.ad_id = 'unknown'
        and latest.spend_date = of_ads.spend_date
        and latest.ad_platform = of_ads.ad_platform
        and latest.campaign_id = of_ads.campaign_id

),

of_platforms as (

    select
        spend_date,
        ad_platform,
        sum(spend) as spend,
        sum(bills) as bills

    from of_campaigns

    where not is_total and not (campaign_id = 'unknown' and ad_id = 'unknown')

    group by spend_date, ad_platform

)

-- and so is a bill without a campaign that equals all others of its platform and day
select
    of_campaigns.spend_date,
    of_campaigns.ad_platform,
    of_campaigns.campaign_id,
    of_campaigns.ad_id,
    cast(of_campaigns.spend as decimal(18, 4)) as spend,
    of_campaigns.is_at_two_levels or of_platforms.spend is not null as is_at_two_levels,
    of_campaigns.is_total
    or coalesce(
        abs(of_campaigns.spend - of_platforms.spend) <= of_platforms.bills * 0.01, false
    ) as is_total,
    of_campaigns.is_campaign_in_events,
    of_campaigns.bills,
    of_campaigns._source_file

from of_campaigns

left join of_platforms
    on of_campaigns.campaign_id = 'unknown'
    and of_campaigns.ad_id = 'unknown'
    and of_campaigns.spend_date = of_platforms.spend_date
    and of_campaigns.ad_platform = of_platforms.ad_platform
