with reports as (

    select
        *,
        date_diff('day', period_start, period_end) + 1 as days,
        -- whether conversions and their value are told at all: blank in a row then is none
        max(case when reported_conversions is not null then 1 else 0 end) over (
            partition by ad_platform, account_id, grain
        ) as tells_conversions,
        max(case when reported_revenue is not null then 1 else 0 end) over (
            partition by ad_platform, account_id, grain
        ) as tells_revenue

    from {{ ref('fct_ad_reports') }}

    where is_in_totals

)

select
    case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end as level,
    ad_platform,
    case when grouping(campaign_id) = 1 then 'all' else campaign_id end as campaign_id,
    period_start,
    days,
    cast(coalesce(sum(spend), 0) as decimal(18, 4)) as spend,
    cast(coalesce(sum(reported_conversions), 0) as decimal(18, 4)) as conversions,
    cast(coalesce(sum(reported_revenue), 0) as decimal(18, 4)) as revenue,
    min(case when spend > 0 then tells_conversions end) = 0 as is_conversion_missing,
    min(case when spend > 0 then tells_revenue end) = 0 as is_revenue_missing,
    min(attribution_setting) as first_setting,
    max(attribution_setting) as last_setting

from reports

group by
    -- the linter does not know them
    grouping sets (  -- noqa: LT02,PRS
        (ad_platform, campaign_id, period_start, days),
        (ad_platform, period_start, days)
    )
