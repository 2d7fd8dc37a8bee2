-- both levels from the credits: a user with two campaigns of a platform is one user of the platform
with credits_by_user as (

    select
        case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end as level,
        attribution_model,
        ad_platform,
        case when grouping(campaign_id) = 1 then 'all' else campaign_id end as campaign_id,
        user_id,
        sum(credit) as conversions,
        cast(sum(credited_revenue) as decimal(19, 2)) as revenue

    from {{ ref('fct_attribution_credits') }}

    group by
        -- the linter does not know them
        grouping sets (  -- noqa: LT02,PRS
            (attribution_model, ad_platform, campaign_id, user_id),
            (attribution_model, ad_platform, user_id)
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

spend_by_campaign as (

    select
        ad_platform,
        campaign_id,
        sum(spend) as spend,
        max(case when is_spend_simulated then 1 else 0 end) as simulated

    from {{ ref('fct_ad_spend') }}

    group by ad_platform, campaign_id

),

spend_by_level as (

    select
        'campaign' as level,
        ad_platform,
        campaign_id,
        cast(spend as decimal(18, 4)) as spend,
        simulated = 1 as is_spend_simulated

    from spend_by_campaign

    union all

    select
        'platform' as level,
        ad_platform,
        'all' as campaign_id,
        cast(sum(spend) as decimal(18, 4)) as spend,
        max(simulated) = 1 as is_spend_simulated

    from spend_by_campaign

    group by ad_platform

),

-- every platform and campaign has a row, also with only spend, only credit or only touches
known as (

    select 'campaign' as level, ad_platform, campaign_id from {{ ref('dim_campaigns') }}

    union

    select 'platform' as level, ad_platform, 'all' as campaign_id from {{ ref('dim_campaigns') }}

    union

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
        coalesce(spend_by_level.spend, cast(0 as decimal(18, 4))) as spend,
        cast(coalesce(returned.conversions, 0) as double) as conversions,
        coalesce(returned.converting_users, 0) as converting_users,
        case
            -- NULL, not 0, when the source has no revenue for the credited conversions
            when returned.converting_users > 0 and returned.revenue is null then null
            else coalesce(returned.revenue, cast(0 as decimal(18, 2)))
        end as revenue,
        returned.revenue_squared,
        returned.largest_revenue,
        buyers.all_converting_users,
        buyers.all_revenue,
        buyers.all_revenue_squared,
        coalesce(spend_by_level.is_spend_simulated, false)
        or flags.is_revenue_simulated as is_simulated

    from known

    cross join attribution_models

    cross join {{ ref('int_simulation_flags') }} as flags

    left join buyers
        on known.level = buyers.level
        and attribution_models.attribution_model = buyers.attribution_model

    left join returned
        on known.level = returned.level
        and known.ad_platform = returned.ad_platform
        and known.campaign_id = returned.campaign_id
        and attribution_models.attribution_model = returned.attribution_model

    left join spend_by_level
        on known.level = spend_by_level.level
        and known.ad_platform = spend_by_level.ad_platform
        and known.campaign_id = spend_by_level.campaign_id

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
