-- both levels from the credits: a user with two campaigns of a platform is one user of the platform
with credits_by_user as (

    select
        prefix || case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end as level,
        attribution_model,
        ad_platform,
        case when grouping(campaign_id) = 1 then 'all' else campaign_id end as campaign_id,
        user_id,
        sum(credit) as conversions,
        cast(sum(credited_revenue) as decimal(19, 2)) as revenue

    from {{ ref('int_credits_by_seller') }}

    group by
        -- the linter does not know them
        grouping sets (  -- noqa: LT02,PRS
            (prefix, attribution_model, ad_platform, campaign_id, user_id),
            (prefix, attribution_model, ad_platform, user_id)
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
        max(revenue) as largest_revenue

    from credits_by_user

    group by level, attribution_model, ad_platform, campaign_id

),

-- all the project's buyers: their spread is every platform's, see pooled_squares
buyers as (

    select
        level,
        attribution_model,
        sum(converting_users) as all_converting_users,
        sum(revenue) as all_revenue,
        sum(revenue_squared) as all_revenue_squared

    from returned

    group by level, attribution_model

),

known as (

    select level, ad_platform, campaign_id from {{ ref('int_spend_by_channel') }}

    union

    -- unattributed
    select level, ad_platform, campaign_id from returned

),

attribution_models as (

    select attribution_model from {{ ref('attribution_models') }} where has_touch_credits

),

credited as (

    select
        known.level,
        known.ad_platform,
        known.campaign_id,
        attribution_models.attribution_model,
        coalesce(spent.spend, cast(0 as decimal(18, 4))) as spend,
        cast(coalesce(returned.conversions, 0) as double) as conversions,
        coalesce(returned.converting_users, 0) as converting_users,
        case
            -- NULL, not 0, when the source has no conversions, or no revenue for those credited
            when buyers.all_converting_users is null then null
            when returned.converting_users > 0 and returned.revenue is null then null
            else coalesce(returned.revenue, cast(0 as decimal(18, 2)))
        end as revenue,
        returned.revenue_squared,
        returned.largest_revenue,
        buyers.all_converting_users,
        buyers.all_revenue,
        buyers.all_revenue_squared,
        coalesce(spent.is_spend_simulated, false)
        or flags.is_revenue_simulated as is_simulated

    from known

    cross join attribution_models

    cross join {{ ref('int_simulation_flags') }} as flags

    left join buyers
        on replace(known.level, 'billed_', '') = buyers.level
        and attribution_models.attribution_model = buyers.attribution_model

    left join returned
        on known.level = returned.level
        and known.ad_platform = returned.ad_platform
        and known.campaign_id = returned.campaign_id
        and attribution_models.attribution_model = returned.attribution_model

    left join {{ ref('int_spend_by_channel') }} as spent
        on known.level = spent.level
        and known.ad_platform = spent.ad_platform
        and known.campaign_id = spent.campaign_id

),

spread as (

    select
        *,
        {{ pooled_squares() }} as squares,
        {{ one_more_buyer() }} as one_more

    from credited

)

select
    level,
    ad_platform,
    campaign_id,
    attribution_model,
    spend,
    conversions,
    converting_users,
    revenue,
    {{ gamma_limits('revenue', 'squares', 'one_more') }},
    is_simulated

from spread
