with spent as (

    select
        daily.ad_platform,
        sum(case when weeks.activity_date is not null then daily.spend else 0e0 end) as spend

    from {{ ref('int_daily_returns') }} as daily

    left join {{ ref('int_budget_weeks') }} as weeks
        on daily.activity_date = weeks.activity_date

    where daily.level = 'platform'

    group by daily.ad_platform

)

select
    ad_platform,
    case
        when
            ad_platform <> '(other)'
            and row_number() over (
                order by
                    case when ad_platform = '(other)' then 1 else 0 end,
                    spend desc,
                    ad_platform
            ) <= {{ var('budget_platforms') }}
            then ad_platform
        else '(other)'
    end as budget_platform

from spent
