{{ partition_by_month('spend_month') }}

with flags as (

    select * from {{ ref('int_simulation_flags') }}

),

billed as (

    select
        spend_date,
        ad_platform,
        campaign_id,
        ad_id,
        spend,
        false as is_spend_simulated,
        false as is_order_approximate

    from {{ ref('int_ad_spend_deduplicated') }}

    where not is_total

),

-- spend of interactions counts only when neither a bill nor a report has any
interactions as (

    select
        cast(interactions.interacted_at as date) as spend_date,
        interactions.ad_platform,
        coalesce(interactions.campaign_id, 'unknown') as campaign_id,
        coalesce(interactions.ad_id, 'unknown') as ad_id,
        cast(sum(interactions.spend) as decimal(18, 4)) as spend,
        false as is_spend_simulated,
        interactions.is_order_approximate

    from {{ ref('int_interactions_deduplicated') }} as interactions

    cross join flags

    where interactions.spend is not null and not flags.is_billed

    group by
        cast(interactions.interacted_at as date),
        interactions.ad_platform,
        coalesce(interactions.campaign_id, 'unknown'),
        coalesce(interactions.ad_id, 'unknown'),
        interactions.is_order_approximate

),

simulated as (

    select
        touches.touched_date as spend_date,
        touches.ad_platform,
        touches.campaign_id,
        touches.ad_id,
        cast(
            cast(sum(touches.impressions) as bigint)
            * coalesce(min(known.cost_per_impression), min(fallback.cost_per_impression))
            as decimal(18, 4)
        ) as spend,
        true as is_spend_simulated,
        touches.is_order_approximate

    from {{ ref('int_touches_daily') }} as touches

    cross join flags

    left join {{ ref('platform_economics') }} as known on touches.ad_platform = known.ad_platform

    inner join {{ ref('platform_economics') }} as fallback on fallback.ad_platform = 'default'

    where flags.is_spend_simulated and touches.impressions > 0

    group by
        touches.touched_date,
        touches.ad_platform,
        touches.campaign_id,
        touches.ad_id,
        touches.is_order_approximate

),

spend as (

    select * from billed

    union all

    select
        spend_date,
        ad_platform,
        campaign_id,
        ad_id,
        spend,
        is_spend_simulated,
        is_order_approximate

    from {{ ref('int_spend_reported') }}

    where not is_billed

    union all

    select * from interactions

    union all

    select * from simulated

)

select
    *,
    cast(date_trunc('month', spend_date) as date) as spend_month

from spend
