with totals as (

    select
        level,
        ad_platform,
        campaign_id,
        cast(sum(spend) as decimal(18, 4)) as spend,
        cast(sum(conversions) as double) as conversions,
        cast(sum(revenue) as decimal(18, 2)) as revenue,
        {{ safe_divide('sum(revenue)', 'sum(spend)') }} as roas,
        coalesce(bool_or(is_conversion_missing), false) as is_conversion_missing,
        coalesce(bool_or(is_revenue_missing), false) as is_revenue_missing,
        case
            when min(first_setting) = max(last_setting) then min(first_setting)
            when min(first_setting) is not null then 'several'
        end as attribution_setting,
        -- an interval needs days, or weeks, for all of the money
        min(days) = max(days) and min(days) in (1, 7) and count(days) = count(*) as has_days,
        cast(min(days) as bigint) as days_each,
        cast(count(*) as bigint) as periods

    from {{ ref('int_reported_days') }}

    group by level, ad_platform, campaign_id

),

residuals as (

    select
        days.level,
        days.ad_platform,
        days.campaign_id,
        cast(date_trunc('week', days.period_start) as date) as week,
        cast(days.revenue as double) - totals.roas * cast(days.spend as double) as residual,
        lag(cast(days.revenue as double) - totals.roas * cast(days.spend as double)) over (
            partition by days.level, days.ad_platform, days.campaign_id
            order by days.period_start
        ) as residual_before

    from {{ ref('int_reported_days') }} as days

    inner join totals
        on days.level = totals.level
        and days.ad_platform = totals.ad_platform
        and days.campaign_id = totals.campaign_id

    where totals.has_days

),

weeks as (

    select
        level,
        ad_platform,
        campaign_id,
        sum(residual) as residual,
        sum(residual * residual) as squares,
        sum(residual * residual_before) as products

    from residuals

    group by level, ad_platform, campaign_id, week

),

spread as (

    select
        level,
        ad_platform,
        campaign_id,
        cast(count(*) as bigint) as weeks,
        sum(squares) as squares_by_day,
        sum(residual * residual) as squares_by_week,
        {{ safe_divide('sum(products)', 'sum(squares)') }} as autocorrelation

    from weeks

    group by level, ad_platform, campaign_id

),

-- days that hang together say less than independent ones: weeks are compared then, and wherever
-- they differ by more than independent days would make them, which few days do not tell
judged as (

    select
        totals.*,
        totals.days_each = 7
        or round(spread.autocorrelation, 9) > 0.3e0
        or (
            spread.weeks >= 8
            and round(
                spread.squares_by_week * {{ safe_divide('spread.weeks', 'spread.weeks - 1') }}, 6
            )
            > round(
                spread.squares_by_day * {{ safe_divide('totals.periods', 'totals.periods - 1') }}, 6
            )
        ) as is_by_week,
        spread.weeks,
        spread.squares_by_day,
        spread.squares_by_week

    from totals

    left join spread
        on totals.level = spread.level
        and totals.ad_platform = spread.ad_platform
        and totals.campaign_id = spread.campaign_id

),

standard_errors as (

    select
        *,
        case when is_by_week then weeks else periods end - 1 as degrees_of_freedom,
        case
            when is_revenue_missing or conversions < 10 or periods * days_each < 14 then null
            when is_by_week and weeks >= 8
                then nullif(sqrt(squares_by_week * {{ safe_divide('weeks', 'weeks - 1') }}), 0e0)
            when not is_by_week
                then nullif(sqrt(squares_by_day * {{ safe_divide('periods', 'periods - 1') }}), 0e0)
        end as revenue_standard_error

    from judged

)

select
    level,
    ad_platform,
    campaign_id,
    attribution_setting,
    spend,
    case when not is_conversion_missing then conversions end as conversions,
    case when not is_revenue_missing then revenue end as revenue,
    {{ student_t_limits('revenue', 'revenue_standard_error', 'degrees_of_freedom') }},
    is_by_week,
    periods * days_each as days

from standard_errors
