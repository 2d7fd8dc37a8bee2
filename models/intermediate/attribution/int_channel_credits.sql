-- both levels from the credits: a user with two campaigns of a platform is one user of the platform
with credits_by_user as (

    select
        levels.level_prefix
        || case when grouping(credits.campaign_id) = 1 then 'platform' else 'campaign' end as level,
        credits.attribution_model,
        levels.told_platform as ad_platform,
        case when grouping(credits.campaign_id) = 1 then 'all' else credits.campaign_id end
            as campaign_id,
        credits.user_id,
        sum(credits.credit) as conversions,
        cast(sum(credits.credited_revenue) as decimal(19, 2)) as revenue,
        cast(
            sum(
                case
                    when period.ripe_before is null
                        or cast(credits.touched_at as date) < period.ripe_before
                        then credits.credited_revenue
                end
            ) as decimal(19, 2)
        ) as ripe_revenue

    from {{ ref('fct_attribution_credits') }} as credits

    inner join {{ ref('int_platform_levels') }} as levels
        on credits.ad_platform = levels.ad_platform

    cross join {{ ref('int_event_period') }} as period

    group by
        -- the linter does not know them
        grouping sets (  -- noqa: LT02,PRS
            (
                levels.level_prefix, credits.attribution_model, levels.told_platform,
                credits.campaign_id, credits.user_id
            ),
            (
                levels.level_prefix, credits.attribution_model, levels.told_platform,
                credits.user_id
            )
        )

),

returned as (

    select
        level,
        attribution_model,
        ad_platform,
        campaign_id,
        cast(count(*) as bigint) as converting_users,
        sum(conversions) as conversions,
        cast(sum(revenue) as decimal(18, 2)) as revenue,
        sum(revenue * revenue) as revenue_squared,
        max(revenue) as largest_revenue,
        cast(count(ripe_revenue) as bigint) as ripe_converting_users,
        cast(sum(ripe_revenue) as decimal(18, 2)) as ripe_revenue,
        sum(ripe_revenue * ripe_revenue) as ripe_revenue_squared,
        max(ripe_revenue) as ripe_largest_revenue

    from credits_by_user

    group by level, attribution_model, ad_platform, campaign_id

),

-- all the project's buyers: their spread is every platform's, see pooled_squares
buyers as (

    select
        level,
        attribution_model,
        cast(sum(converting_users) as bigint) as all_converting_users,
        sum(revenue) as all_revenue,
        sum(revenue_squared) as all_revenue_squared

    from returned

    group by level, attribution_model

)

select
    returned.*,
    buyers.all_converting_users,
    buyers.all_revenue,
    buyers.all_revenue_squared

from returned

-- a seller's buyers are among them
inner join buyers
    on replace(returned.level, 'billed_', '') = buyers.level
    and returned.attribution_model = buyers.attribution_model
