with bills as (

    select * from {{ ref('int_ad_spend_deduplicated') }}

),

events as (

    select * from {{ ref('int_events_by_file') }}

),

billed_campaigns as (

    select distinct ad_platform, campaign_id from bills

),

billed_platforms as (

    select distinct ad_platform from bills

),

-- without any touch there is nothing to match
matching as (

    select
        (select count(*) from {{ ref('int_touches_daily') }}) > 0 as has_touches,
        count_if(not is_campaign_in_events) > 0 as has_unmatched_bills

    from bills

)

select
    'ad_spend' as raw_table,
    bills._source_file,
    'spend that matches no touch or conversion' as warning,
    bills.ad_platform || ' / ' || bills.campaign_id as name,
    bills.bills as warned_rows,
    bills.spend as amount

from bills

cross join matching

where not bills.is_total and not bills.is_campaign_in_events and matching.has_touches

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
