with spent as (

    select
        daily.level,
        daily.ad_platform,
        daily.campaign_id,
        sum(case when weeks.activity_date is not null then daily.spend else 0e0 end) as spend

    from {{ ref('int_daily_returns') }} as daily

    left join {{ ref('int_budget_weeks') }} as weeks
        on daily.activity_date = weeks.activity_date

    group by daily.level, daily.ad_platform, daily.campaign_id

    -- a channel that never cost anything is no place for money
    having sum(daily.spend) > 0

),

ranked as (

    select
        level,
        ad_platform,
        campaign_id,
        ad_platform <> '(other)'
        and row_number() over (
            partition by level
            order by
                case when ad_platform = '(other)' then 1 else 0 end,
                spend desc,
                ad_platform,
                campaign_id
        ) <= case
            when level = 'platform' then {{ var('budget_platforms') }}
            else {{ var('budget_campaigns') }}
        end as is_compared

    from spent

)

select
    level,
    ad_platform,
    campaign_id,
    case when is_compared then ad_platform else '(other)' end as budget_platform,
    case when level = 'platform' then 'all' else campaign_id end as budget_campaign

from ranked

where is_compared or level = 'platform'
