with spend_of_files as (

    select
        spend_date,
        ad_platform,
        campaign_id,
        ad_id,
        is_restated,
        _load_id,
        _source_file,
        count(*) as lines,
        sum(spend) as spend

    from {{ ref('int_ad_spend_billed') }}

    group by 1, 2, 3, 4, 5, 6, 7

),

billed as (

    select
        bills.spend_date,
        coalesce(sellers.seller, bills.ad_platform) as seller,
        sum(bills.spend) as spend

    from {{ ref('int_ad_spend_deduplicated') }} as bills

    left join {{ ref('platform_sellers') }} as sellers on bills.ad_platform = sellers.ad_platform

    where not bills.is_total

    group by 1, 2

),

-- what a report tells of days that a bill has
reported as (

    select
        reports.*,
        coalesce(sellers.seller, reports.ad_platform) as seller,
        sum(reports.spend) over (
            partition by coalesce(sellers.seller, reports.ad_platform), reports.spend_date
        ) as seller_spend

    from {{ ref('int_spend_reported') }} as reports

    left join {{ ref('platform_sellers') }} as sellers
        on reports.ad_platform = sellers.ad_platform

    where reports.is_billed

)

-- files that landed together: nothing tells which is the later one, or whether both are parts
select
    'ad_spend' as raw_table,
    replaced._source_file,
    'spend that ' || counted._source_file || ' tells otherwise: only that file counts' as warning,
    replaced.ad_platform || ' / ' || replaced.campaign_id as name,
    replaced.lines as warned_rows,
    replaced.spend as amount

from spend_of_files as replaced

inner join spend_of_files as counted
    on replaced._load_id = counted._load_id
    and replaced.spend_date = counted.spend_date
    and replaced.ad_platform = counted.ad_platform
    and replaced.campaign_id = counted.campaign_id
    and replaced.ad_id = counted.ad_id

where replaced.is_restated and not counted.is_restated and replaced.spend <> counted.spend

union all

-- a bill and a report of one day round in their own ways
select
    'ad_reports' as raw_table,
    reported._source_file,
    'spend of days that a bill tells otherwise: only the bill counts' as warning,
    reported.ad_platform || ' / ' || reported.campaign_id as name,
    1 as warned_rows,
    reported.spend as amount

from reported

left join billed
    on reported.seller = billed.seller
    and reported.spend_date = billed.spend_date

where
    reported.is_order_approximate
    or abs(reported.seller_spend - coalesce(billed.spend, 0)) > 0.01 * reported.seller_spend

union all

select
    'ad_interactions' as raw_table,
    interactions._source_file,
    'spend ignored beside ad_spend' as warning,
    interactions.ad_platform as name,
    count(*) as warned_rows,
    sum(interactions.spend) as amount

from {{ ref('int_interactions_deduplicated') }} as interactions

cross join {{ ref('int_simulation_flags') }} as flags

where interactions.spend is not null and flags.is_billed

group by 2, 4
