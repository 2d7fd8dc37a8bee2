with rules as (

    select attribution_model from {{ ref('attribution_models') }}

    where
        attribution_model in (
            {%- for model in rule_models() %}
            '{{ model }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

),

-- every platform has a row in every week, also without spend or credit
wanted as (

    select
        week_starts.week_start,
        platforms.budget_platform as ad_platform,
        models.attribution_model

    from (select distinct week_start from {{ ref('int_budget_weeks') }}) as week_starts

    cross join (select distinct budget_platform from {{ ref('int_budget_platforms') }}) as platforms

    cross join rules as models

),

spend as (

    select
        weeks.week_start,
        platforms.budget_platform as ad_platform,
        round(sum(daily.spend), 4) as spend

    from {{ ref('int_daily_returns') }} as daily

    inner join {{ ref('int_budget_weeks') }} as weeks
        on daily.activity_date = weeks.activity_date

    inner join {{ ref('int_budget_platforms') }} as platforms
        on daily.ad_platform = platforms.ad_platform

    where daily.level = 'platform'

    group by weeks.week_start, platforms.budget_platform

),

credits as (

    select
        weeks.week_start,
        paths.user_id,
        coalesce(platforms.budget_platform, '(other)') as ad_platform,
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

    left join {{ ref('int_budget_platforms') }} as platforms
        on paths.ad_platform = platforms.ad_platform

    cross join rules as models

    where not paths.is_order_approximate

),

by_week as (

    select
        week_start,
        ad_platform,
        attribution_model,
        cast(sum(credit) as double) as conversions,
        cast(sum(credit * coalesce(revenue, 0)) as double) as revenue

    from credits

    group by week_start, ad_platform, attribution_model

),

over_users as (

    select
        ad_platform,
        attribution_model,
        sqrt(cast(sum(revenue * revenue) as double)) as revenue_standard_error

    from (
        select
            ad_platform,
            attribution_model,
            cast(sum(credit * coalesce(revenue, 0)) as decimal(18, 2)) as revenue

        from credits

        group by user_id, ad_platform, attribution_model
    ) as by_user

    group by ad_platform, attribution_model

)

select
    wanted.week_start,
    wanted.ad_platform,
    wanted.attribution_model,
    coalesce(spend.spend, 0e0) as spend,
    round(coalesce(by_week.revenue, 0e0) * coalesce(tested.incremental_share, 1e0), 4) as revenue,
    coalesce(by_week.conversions, 0e0) as conversions,
    round(
        coalesce(over_users.revenue_standard_error, 0e0) * coalesce(tested.incremental_share, 1e0),
        4
    ) as revenue_standard_error,
    flags.is_spend_simulated or flags.is_revenue_simulated as is_simulated

from wanted

cross join {{ ref('int_simulation_flags') }} as flags

left join spend
    on wanted.week_start = spend.week_start and wanted.ad_platform = spend.ad_platform

left join by_week
    on wanted.week_start = by_week.week_start
    and wanted.ad_platform = by_week.ad_platform
    and wanted.attribution_model = by_week.attribution_model

left join over_users
    on wanted.ad_platform = over_users.ad_platform
    and wanted.attribution_model = over_users.attribution_model

left join {{ ref('platform_incrementality') }} as tested
    on wanted.ad_platform = tested.ad_platform
