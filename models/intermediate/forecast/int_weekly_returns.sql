with compared as (

    select distinct level, budget_platform, budget_campaign from {{ ref('int_budget_units') }}

),

-- everything compared has a row in every week, also without spend or credit
wanted as (

    select
        week_starts.week_start,
        compared.level,
        compared.budget_platform as ad_platform,
        compared.budget_campaign as campaign_id,
        models.attribution_model

    from (select distinct week_start from {{ ref('int_budget_weeks') }}) as week_starts

    cross join compared

    cross join ({{ listed_rule_models() }}) as models

),

spend as (

    select
        weeks.week_start,
        units.level,
        units.budget_platform as ad_platform,
        units.budget_campaign as campaign_id,
        round(sum(daily.spend), 4) as spend

    from {{ ref('int_daily_returns') }} as daily

    inner join {{ ref('int_budget_weeks') }} as weeks
        on daily.activity_date = weeks.activity_date

    inner join {{ ref('int_budget_units') }} as units
        on daily.level = units.level
        and daily.ad_platform = units.ad_platform
        and daily.campaign_id = units.campaign_id

    group by weeks.week_start, units.level, units.budget_platform, units.budget_campaign

),

-- the same in all weeks, also in those without credit
errors as (

    select
        level,
        ad_platform,
        campaign_id,
        attribution_model,
        max(revenue_standard_error) as revenue_standard_error

    from {{ ref('int_weekly_credits') }}

    group by level, ad_platform, campaign_id, attribution_model

)

select
    wanted.level,
    wanted.week_start,
    wanted.ad_platform,
    wanted.campaign_id,
    wanted.attribution_model,
    coalesce(spend.spend, 0e0) as spend,
    round(coalesce(credits.revenue, 0e0) * coalesce(tested.incremental_share, 1e0), 4) as revenue,
    coalesce(credits.conversions, 0e0) as conversions,
    round(
        coalesce(errors.revenue_standard_error, 0e0) * coalesce(tested.incremental_share, 1e0), 4
    ) as revenue_standard_error,
    flags.is_spend_simulated or flags.is_revenue_simulated as is_simulated

from wanted

cross join {{ ref('int_simulation_flags') }} as flags

left join spend
    on wanted.week_start = spend.week_start
    and wanted.level = spend.level
    and wanted.ad_platform = spend.ad_platform
    and wanted.campaign_id = spend.campaign_id

left join {{ ref('int_weekly_credits') }} as credits
    on wanted.week_start = credits.week_start
    and wanted.level = credits.level
    and wanted.ad_platform = credits.ad_platform
    and wanted.campaign_id = credits.campaign_id
    and wanted.attribution_model = credits.attribution_model

left join errors
    on wanted.level = errors.level
    and wanted.ad_platform = errors.ad_platform
    and wanted.campaign_id = errors.campaign_id
    and wanted.attribution_model = errors.attribution_model

left join {{ ref('platform_incrementality') }} as tested
    on wanted.ad_platform = tested.ad_platform
