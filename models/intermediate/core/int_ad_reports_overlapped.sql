with spans as (

    select
        ad_platform,
        account_key,
        scope,
        period,
        -- a report that does not tell its period may be about any day
        coalesce(period_start, date '0001-01-01') as first_day,
        coalesce(period_end, date '9999-12-31') as last_day,
        count(spend) > 0 as has_spend

    from {{ ref('int_ad_reports_restated') }}

    where not is_replaced

    group by ad_platform, account_key, scope, period, period_start, period_end

)

select distinct
    spans.ad_platform,
    spans.account_key,
    spans.scope,
    spans.period

from spans

-- what tells the same days better: with money, else in shorter periods, else later
inner join spans as better
    on spans.ad_platform = better.ad_platform
    and spans.account_key = better.account_key
    and (spans.scope = better.scope or spans.scope = '' or better.scope = '')
    and spans.period <> better.period
    and spans.first_day <= better.last_day
    and spans.last_day >= better.first_day

where
    better.has_spend and not spans.has_spend
    or better.has_spend = spans.has_spend
    and (
        date_diff('day', better.first_day, better.last_day)
        < date_diff('day', spans.first_day, spans.last_day)
        or date_diff('day', better.first_day, better.last_day)
        = date_diff('day', spans.first_day, spans.last_day)
        and better.first_day > spans.first_day
    )
