{%- set last_spend_date = 'max(case when spend is not null then activity_date end)' -%}
{%- set last_event_date = 'max(case when touches > 0 or conversions > 0 then activity_date end)' -%}

with by_campaign as (

    select * from {{ ref('int_daily_returns_by_campaign') }}

),

-- a bill that ends a week before the events would look like a week without spend
known as (

    select
        coalesce(max(attribution_model), '{{ rule_model() }}') as attribution_model,
        least(
            coalesce({{ last_spend_date }}, {{ last_event_date }}),
            coalesce({{ last_event_date }}, {{ last_spend_date }})
        ) as last_known_date

    from by_campaign

),

known_days as (

    select by_campaign.*

    from by_campaign

    cross join known

    where
        by_campaign.activity_date <= known.last_known_date
        and by_campaign.activity_date > known.last_known_date - interval '400' day

),

both_levels as (

    select
        case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end as level,
        ad_platform,
        coalesce(campaign_id, 'all') as campaign_id,
        activity_date,
        coalesce(sum(spend), 0) as spend,
        coalesce(sum(revenue), 0) as revenue,
        coalesce(sum(conversions), 0) as conversions,
        coalesce(sum(touches), 0) as touches

    from known_days

    group by
        -- the linter does not know them
        grouping sets (  -- noqa: LT02,PRS
            (ad_platform, campaign_id, activity_date),
            (ad_platform, activity_date)
        )

),

-- so that the solver reads a bounded number of rows
ranked as (

    select
        level,
        ad_platform,
        campaign_id,
        row_number() over (
            partition by level
            order by sum(spend) desc, sum(conversions) desc, ad_platform, campaign_id
        ) <= {{ var('forecast_series') }} as is_large

    from both_levels

    group by level, ad_platform, campaign_id

),

named as (

    select
        both_levels.level,
        case when ranked.is_large then both_levels.ad_platform else '(other)' end as ad_platform,
        case when ranked.is_large then both_levels.campaign_id else '(other)' end as campaign_id,
        both_levels.activity_date,
        both_levels.spend,
        both_levels.revenue,
        both_levels.conversions,
        both_levels.touches

    from both_levels

    inner join ranked
        on both_levels.level = ranked.level
        and both_levels.ad_platform = ranked.ad_platform
        and both_levels.campaign_id = ranked.campaign_id

)

select
    named.level,
    named.ad_platform,
    named.campaign_id,
    named.activity_date,
    cast(sum(named.spend) as double) as spend,
    cast(sum(named.revenue) as double) as revenue,
    cast(sum(named.conversions) as double) as conversions,
    cast(sum(named.touches) as bigint) as touches,
    flags.is_spend_simulated,
    flags.is_revenue_simulated,
    known.attribution_model,
    known.last_known_date

from named

cross join known

cross join {{ ref('int_simulation_flags') }} as flags

group by
    named.level,
    named.ad_platform,
    named.campaign_id,
    named.activity_date,
    flags.is_spend_simulated,
    flags.is_revenue_simulated,
    known.attribution_model,
    known.last_known_date
