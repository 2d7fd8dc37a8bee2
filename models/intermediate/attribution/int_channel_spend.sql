with period as (

    select * from {{ ref('int_event_period') }}

),

spend_by_campaign as (

    select
        spent.ad_platform,
        spent.campaign_id,
        sum(spent.spend) as spend,
        sum(
            case
                when spent.is_order_approximate or period.ripe_before is null
                    or spent.spend_date < period.ripe_before
                    then spent.spend
            end
        ) as ripe_spend,
        sum(
            case
                when not spent.is_order_approximate
                    and spent.spend_date not between period.first_date and period.last_date
                    then spent.spend
            end
        ) as spend_outside_events,
        max(case when spent.is_spend_simulated then 1 else 0 end) as simulated,
        0 as touched

    from {{ ref('fct_ad_spend') }} as spent

    cross join period

    group by spent.ad_platform, spent.campaign_id

),

-- every platform and campaign has a row, also with only touches or conversions
known as (

    select
        ad_platform,
        campaign_id,
        spend,
        ripe_spend,
        spend_outside_events,
        simulated,
        touched

    from spend_by_campaign

    union all

    select
        ad_platform,
        campaign_id,
        cast(0 as decimal(18, 4)) as spend,
        cast(0 as decimal(18, 4)) as ripe_spend,
        cast(0 as decimal(18, 4)) as spend_outside_events,
        0 as simulated,
        0 as touched

    from {{ ref('dim_campaigns') }}

    union all

    select
        ad_platform,
        campaign_id,
        cast(0 as decimal(18, 4)) as spend,
        cast(0 as decimal(18, 4)) as ripe_spend,
        cast(0 as decimal(18, 4)) as spend_outside_events,
        0 as simulated,
        1 as touched

    from {{ ref('int_touches_daily') }}

    group by ad_platform, campaign_id

),

-- once by platform, once more by seller where spend is known for the seller only
told as (

    select '' as prefix, * from known

    union all

    select
        'billed_' as prefix,
        billed.billed_platform as ad_platform,
        known.campaign_id,
        known.spend,
        known.ripe_spend,
        known.spend_outside_events,
        known.simulated,
        known.touched

    from known

    inner join {{ ref('int_billed_platforms') }} as billed
        on known.ad_platform = billed.ad_platform

)

select
    prefix || case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end as level,
    ad_platform,
    case when grouping(campaign_id) = 1 then 'all' else campaign_id end as campaign_id,
    cast(sum(spend) as decimal(18, 4)) as spend,
    cast(coalesce(sum(ripe_spend), 0) as decimal(18, 4)) as ripe_spend,
    cast(coalesce(sum(spend_outside_events), 0) as decimal(18, 4)) as spend_outside_events,
    max(simulated) = 1 as is_spend_simulated,
    max(touched) = 1 as has_touches

from told

group by
    -- the linter does not know them
    grouping sets (  -- noqa: LT02,PRS
        (prefix, ad_platform, campaign_id),
        (prefix, ad_platform)
    )
