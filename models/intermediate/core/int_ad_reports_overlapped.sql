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

),

-- a report without campaigns is held against those of all campaigns together
others as (

    select * from spans

    union all

    select
        ad_platform,
        account_key,
        '' as scope,
        period,
        first_day,
        last_day,
        bool_or(has_spend) as has_spend

    from spans

    where scope <> ''

    group by ad_platform, account_key, period, first_day, last_day

)

-- what tells the same days better: with money, else in shorter periods, else later; a day only by
-- a longer period that has money where it has none
select distinct
    spans.ad_platform,
    spans.account_key,
    spans.scope,
    spans.period

from spans

inner join others
    on spans.ad_platform = others.ad_platform
    and spans.account_key = others.account_key
    and spans.scope = others.scope
    and spans.first_day <= others.last_day
    and spans.last_day >= others.first_day

where
    spans.period <> others.period
    and (
        others.has_spend and not spans.has_spend
        or others.has_spend = spans.has_spend
        and (
            date_diff('day', others.first_day, others.last_day)
            < date_diff('day', spans.first_day, spans.last_day)
            or date_diff('day', others.first_day, others.last_day)
            = date_diff('day', spans.first_day, spans.last_day)
            and others.first_day > spans.first_day
        )
    )
