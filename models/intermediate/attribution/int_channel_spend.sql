with period as (

    select * from {{ ref('int_event_period') }}

),

spend_by_campaign as (

    select
        ad_platform,
        campaign_id,
        sum(spend) as spend,
        sum(
            case
                when is_order_approximate or period.ripe_before is null
                    or spend_date < period.ripe_before
                    then spend
            end
        ) as ripe_spend,
        sum(
            case
                when not is_order_approximate
                    and (spend_date < period.first_date or spend_date > period.last_date)
                    then spend
            end
        ) as spend_outside_events,
        max(case when is_spend_simulated then 1 else 0 end) as simulated

    from {{ ref('fct_ad_spend') }}

    cross join period

    group by ad_platform, campaign_id

)

select
    case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end as level,
    ad_platform,
    case when grouping(campaign_id) = 1 then 'all' else campaign_id end as campaign_id,
    cast(sum(spend) as decimal(18, 4)) as spend,
    cast(coalesce(sum(ripe_spend), 0) as decimal(18, 4)) as ripe_spend,
    cast(coalesce(sum(spend_outside_events), 0) as decimal(18, 4)) as spend_outside_events,
    max(simulated) = 1 as is_spend_simulated

from spend_by_campaign

group by grouping sets ((ad_platform, campaign_id), (ad_platform))
