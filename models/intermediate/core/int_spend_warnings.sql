with bills as (

    select * from {{ ref('int_ad_spend_deduplicated') }}

),

events as (

    select * from {{ ref('int_events_by_file') }}

),

spent as (

    select * from {{ ref('int_spend_by_file') }}

),

-- a report tells the spend of all platforms that its seller bills
billed_campaigns as (

    select ad_platform, campaign_id from spent

    union

    select sellers.ad_platform, spent.campaign_id

    from spent

    inner join {{ ref('platform_sellers') }} as sellers on spent.ad_platform = sellers.seller

    where spent.raw_table = 'ad_reports'

),

billed_platforms as (

    select distinct ad_platform from billed_campaigns

),

-- without any touch there is nothing to match
matching as (

    select
        (select count(*) from {{ ref('int_touches_daily') }}) > 0 as has_touches,
        count_if(not is_campaign_in_events) > 0 as has_unmatched_bills

    from spent

)

select
    spent.raw_table,
    spent._source_file,
    'spend that matches no touch or conversion' as warning,
    spent.ad_platform || ' / ' || spent.campaign_id as name,
    spent.lines as warned_rows,
    spent.spend as amount

from spent

cross join matching

where not spent.is_campaign_in_events and matching.has_touches

union all

select
    'ad_events' as raw_table,
    events._source_file,
    'events of a campaign without spend' as warning,
    events.ad_platform || ' / ' || events.campaign_id as name,
    events.events as warned_rows,
    cast(null as decimal(18, 4)) as amount

from events

cross join matching

left join billed_platforms on events.ad_platform = billed_platforms.ad_platform

left join billed_campaigns
    on events.ad_platform = billed_campaigns.ad_platform
    and events.campaign_id = billed_campaigns.campaign_id

where
    events.campaign_id is not null
    and events.ad_platform is not null
    and billed_campaigns.campaign_id is null
    -- a platform without any bill, such as a newsletter, is no mistake where all bills match
    and (billed_platforms.ad_platform is not null or matching.has_unmatched_bills)

union all

select
    'ad_spend' as raw_table,
    _source_file,
    case
        when is_total then 'spend that repeats the spend of its parts: counted once'
        else 'spend at two levels of one day, which may count twice'
    end as warning,
    ad_platform || ' / ' || campaign_id as name,
    bills as warned_rows,
    spend as amount

from bills

where is_at_two_levels

union all

-- what is left out of shares by device, audience or ad
select
    'ad_reports' as raw_table,
    _source_file,
    'reports of a finer grain tell less than 98 % of the spend: ' || grain || ', '
    || cast(spend as varchar) || ' of ' || cast(total_spend as varchar) as warning,
    ad_platform || coalesce(' / ' || account_id, '') as name,
    finer_rows as warned_rows,
    cast(total_spend - spend as decimal(18, 4)) as amount

from {{ ref('int_report_coverage') }}

where coverage < 0.98e0
