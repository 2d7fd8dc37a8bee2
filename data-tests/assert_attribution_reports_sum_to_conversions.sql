-- Without it a report by platform or campaign loses a conversion that the credits contain.
with reported as (

    select 'platform' as level, attribution_model, conversions, revenue

    from {{ ref('rpt_platform_attribution') }}

    where attribution_model <> 'platform_reported'

    union all

    select 'campaign' as level, attribution_model, conversions, revenue

    from {{ ref('rpt_campaign_attribution') }}

    where attribution_model <> 'platform_reported'

),

totals as (

    select
        level,
        attribution_model,
        sum(conversions) as conversions,
        sum(coalesce(revenue, 0)) as revenue

    from reported

    group by level, attribution_model

),

earned as (

    select
        cast(count(*) as double) as conversions,
        coalesce(sum(revenue), 0) as revenue

    from {{ ref('fct_conversions') }}

)

select
    totals.level,
    totals.attribution_model,
    totals.conversions,
    totals.revenue,
    earned.conversions as earned_conversions,
    earned.revenue as earned_revenue

from totals

cross join earned

where
    abs(totals.conversions - earned.conversions) > 1e-9 * greatest(earned.conversions, 1e0)
    or totals.revenue <> earned.revenue
