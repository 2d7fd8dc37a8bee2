with sellers as (

    select * from {{ ref('platform_sellers') }}

),

reports as (

    select
        reported.*,
        coalesce(sellers.seller, reported.ad_platform) as seller,
        coalesce(reported.period_start, date '0001-01-01') as first_day,
        coalesce(reported.period_end, date '9999-12-31') as last_day,
        coalesce(reported.period_start = reported.period_end, false) as is_day

    from {{ ref('fct_ad_reports') }} as reported

    left join sellers on reported.ad_platform = sellers.ad_platform

    where reported.is_in_totals and reported.spend is not null

),

billed_days as (

    select distinct coalesce(sellers.seller, bills.ad_platform) as seller, bills.spend_date

    from {{ ref('stg_ad_spend') }} as bills

    left join sellers on bills.ad_platform = sellers.ad_platform

    where bills.reject_reason is null and bills.spend is not null

),

-- bills come first: a report tells the spend of the days that none of its seller's bills has
billed_periods as (

    select distinct
        periods.seller,
        periods.first_day,
        periods.last_day

    from (select distinct seller, first_day, last_day from reports) as periods

    inner join billed_days
        on periods.seller = billed_days.seller
        and billed_days.spend_date between periods.first_day and periods.last_day

)

select
    -- money of a longer period has no day: as a weekday, in the first week of 1970
    case when reports.is_day then reports.first_day else date '1970-01-05' end as spend_date,
    reports.ad_platform,
    reports.campaign_id,
    coalesce(reports.ad_id, reports.ad_name, 'unknown') as ad_id,
    cast(sum(reports.spend) as decimal(18, 4)) as spend,
    false as is_spend_simulated,
    not reports.is_day as is_order_approximate,
    billed_periods.seller is not null as is_billed,
    min(reports._source_file) as _source_file

from reports

left join billed_periods
    on reports.seller = billed_periods.seller
    and reports.first_day = billed_periods.first_day
    and reports.last_day = billed_periods.last_day

group by 1, 2, 3, 4, 7, 8
