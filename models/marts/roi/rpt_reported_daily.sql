with reports as (

    select * from {{ ref('fct_ad_reports') }} where is_in_totals and period_start is not null

),

periods as (

    select
        ad_platform,
        period_start,
        period_end,
        cast(sum(spend) as decimal(18, 4)) as spend,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(reported_conversions) as decimal(18, 4)) as reported_conversions,
        cast(sum(reported_revenue) as decimal(18, 2)) as reported_revenue,
        cast(sum(reported_leads) as decimal(18, 4)) as reported_leads

    from reports

    -- days and weeks; a longer period is no series
    where date_diff('day', period_start, period_end) <= 6

    group by ad_platform, period_start, period_end

),

last_days as (

    select ad_platform, max(period_end) as last_day from reports group by ad_platform

),

definitions as (

    select
        periods.ad_platform,
        periods.period_start,
        periods.period_end,
        max(changes.changed_on) as definition_since

    from periods

    inner join {{ ref('report_definitions') }} as changes
        on periods.ad_platform = changes.ad_platform and periods.period_start >= changes.changed_on

    group by periods.ad_platform, periods.period_start, periods.period_end

)

select
    periods.*,
    -- platforms restate their last weeks
    date_diff('day', periods.period_end, last_days.last_day)
    >= {{ var('reported_final_days') }} as is_final,
    definitions.definition_since

from periods

inner join last_days on periods.ad_platform = last_days.ad_platform

left join definitions
    on periods.ad_platform = definitions.ad_platform
    and periods.period_start = definitions.period_start
    and periods.period_end = definitions.period_end
