with events_know as (

    select distinct ad_platform, campaign_id from {{ ref('int_report_campaigns') }}

),

bills as (

    select
        'ad_spend' as raw_table,
        _source_file,
        ad_platform,
        campaign_id,
        is_campaign_in_events,
        bills as lines,
        spend

    from {{ ref('int_ad_spend_deduplicated') }}

    where not is_total

),

reports as (

    select
        'ad_reports' as raw_table,
        reported._source_file,
        reported.ad_platform,
        reported.campaign_id,
        -- one that names no campaign is met by any event
        reported.campaign_id = 'unknown' or events_know.campaign_id is not null
            as is_campaign_in_events,
        1 as lines,
        reported.spend

    from {{ ref('fct_ad_reports') }} as reported

    left join events_know
        on reported.ad_platform = events_know.ad_platform
        and reported.campaign_id = events_know.campaign_id

    where reported.is_in_totals and reported.spend > 0

),

spent as (

    select * from bills

    union all

    select * from reports

)

select
    raw_table,
    _source_file,
    ad_platform,
    campaign_id,
    is_campaign_in_events,
    cast(sum(lines) as bigint) as lines,
    cast(sum(spend) as decimal(18, 4)) as spend

from spent

group by raw_table, _source_file, ad_platform, campaign_id, is_campaign_in_events
