-- Without it the days would say something else than their period, or the ROI than its money.
with periods as (

    select *

    from {{ ref('rpt_forecast_periods') }}

    where method <> 'none'

),

days as (

    select
        periods.level,
        periods.ad_platform,
        periods.campaign_id,
        periods.measure,
        periods.days_ahead,
        sum(days.expected) as expected,
        count(*) as days

    from periods

    inner join {{ ref('rpt_forecast') }} as days
        on periods.level = days.level
        and periods.ad_platform = days.ad_platform
        and periods.campaign_id = days.campaign_id
        and periods.measure = days.measure
        and days.days_ahead between 1 and periods.days_ahead

    group by 1, 2, 3, 4, 5

),

ratios as (

    select
        level,
        ad_platform,
        campaign_id,
        'roi' as measure,
        days_ahead,
        {{ roi(
            "max(case when measure = 'revenue' then expected end)",
            "max(case when measure = 'spend' then expected end)"
        ) }} as expected,
        days_ahead as days

    from periods

    group by 1, 2, 3, 5

),

recomputed as (

    select * from days

    union all

    select * from ratios

)

select
    periods.*,
    recomputed.expected as recomputed,
    recomputed.days

from periods

left join recomputed
    on periods.level = recomputed.level
    and periods.ad_platform = recomputed.ad_platform
    and periods.campaign_id = recomputed.campaign_id
    and periods.measure = recomputed.measure
    and periods.days_ahead = recomputed.days_ahead

where
    recomputed.expected is null
    or recomputed.days <> periods.days_ahead
    or abs(recomputed.expected - periods.expected) > 1e-9 * (1e0 + abs(periods.expected))
