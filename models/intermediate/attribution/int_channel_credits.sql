with credits as (

    select
        levels.level_prefix,
        credited.attribution_model,
        levels.told_platform as ad_platform,
        credited.campaign_id,
        credited.user_id,
        credited.credit,
        credited.credited_revenue,
        case
            when period.ripe_before is null
                or cast(credited.touched_at as date) < period.ripe_before
                then credited.credited_revenue
        end as ripe_revenue

    from {{ ref('fct_attribution_credits') }} as credited

    inner join {{ ref('int_platform_levels') }} as levels
        on credited.ad_platform = levels.ad_platform

    cross join {{ ref('int_event_period') }} as period

),

-- both levels from the credits: a user with two campaigns of a platform is one user of the platform
credits_by_user as (

    select
        level_prefix || case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end
            as level,
        attribution_model,
        ad_platform,
        case when grouping(campaign_id) = 1 then 'all' else campaign_id end as campaign_id,
        user_id,
        sum(credit) as conversions,
        cast(sum(credited_revenue) as decimal(19, 2)) as revenue,
        cast(sum(ripe_revenue) as decimal(19, 2)) as ripe_revenue

    from credits

    group by
        -- the linter does not know them
        grouping sets (  -- noqa: LT02,PRS
            (level_prefix, attribution_model, ad_platform, campaign_id, user_id),
            (level_prefix, attribution_model, ad_platform, user_id)
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
