with credits as (

    select
        weeks.week_start,
        paths.user_id,
        coalesce(platforms.budget_platform, '(other)') as ad_platform,
        campaigns.budget_campaign as campaign_id,
        models.attribution_model,
        conversions.revenue,
        -- 19 digits: a product of two numbers of 18 may overflow on DuckDB
        case models.attribution_model
            {%- for model in rule_models() %}
            when '{{ model }}' then cast(paths.{{ model }} as decimal(19, 12))
            {%- endfor %}
        end as credit

    from {{ ref('int_conversion_paths') }} as paths

    inner join {{ ref('fct_conversions') }} as conversions
        on paths.conversion_id = conversions.conversion_id

    inner join {{ ref('int_budget_weeks') }} as weeks
        on cast(paths.converted_at as date) = weeks.activity_date

    -- as the daily returns: under the seller's name where spend is known for the seller only
    left join {{ ref('int_billed_platforms') }} as billed on paths.ad_platform = billed.ad_platform

    left join {{ ref('int_budget_units') }} as platforms
        on platforms.level = 'platform'
        and coalesce(billed.billed_platform, paths.ad_platform) = platforms.ad_platform

    left join {{ ref('int_budget_units') }} as campaigns
        on campaigns.level = 'campaign'
        and coalesce(billed.billed_platform, paths.ad_platform) = campaigns.ad_platform
        and paths.campaign_id = campaigns.campaign_id

    cross join ({{ listed_rule_models() }}) as models

    where not paths.is_order_approximate

),

by_week as (

    select
        week_start,
        case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end as level,
        ad_platform,
        case when grouping(campaign_id) = 1 then 'all' else campaign_id end as campaign_id,
        attribution_model,
        cast(sum(credit) as double) as conversions,
        cast(sum(credit * coalesce(revenue, 0)) as double) as revenue

    from credits

    group by
        -- the linter does not know them
        grouping sets (  -- noqa: LT02,PRS
            (week_start, ad_platform, attribution_model),
            (week_start, ad_platform, campaign_id, attribution_model)
        )

),

by_user as (

    select
        case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end as level,
        ad_platform,
        case when grouping(campaign_id) = 1 then 'all' else campaign_id end as campaign_id,
        attribution_model,
        cast(sum(credit * coalesce(revenue, 0)) as decimal(18, 2)) as revenue

    from credits

    group by
        grouping sets (  -- noqa: LT02,PRS
            (user_id, ad_platform, attribution_model),
            (user_id, ad_platform, campaign_id, attribution_model)
        )

),

over_users as (

    select
        level,
        ad_platform,
        campaign_id,
        attribution_model,
        sqrt(cast(sum(revenue * revenue) as double)) as revenue_standard_error

    from by_user

    group by level, ad_platform, campaign_id, attribution_model

)

select
    by_week.week_start,
    by_week.level,
    by_week.ad_platform,
    by_week.campaign_id,
    by_week.attribution_model,
    by_week.conversions,
    by_week.revenue,
    over_users.revenue_standard_error

from by_week

inner join over_users
    on by_week.level = over_users.level
    and by_week.ad_platform = over_users.ad_platform
    and by_week.campaign_id = over_users.campaign_id
    and by_week.attribution_model = over_users.attribution_model
