with sellers as (

    select * from {{ ref('platform_sellers') }}

),

events as (

    select ad_platform, campaign_id, campaign_name from {{ ref('int_touch_events_by_file') }}

    union

    select ad_platform, campaign_id, campaign_name from {{ ref('int_conversions_unioned') }}

    where raw_table = 'ad_events'

    union

    select ad_platform, campaign_id, cast(null as varchar) as campaign_name

    from {{ ref('int_touches_daily') }}

    where campaign_id <> 'unknown'

),

-- what events call a campaign, by the seller of the platforms that they name
named as (

    select
        coalesce(sellers.seller, events.ad_platform) as seller,
        events.campaign_id,
        coalesce(events.campaign_name, events.campaign_id) as campaign_name

    from events

    left join sellers on events.ad_platform = sellers.ad_platform

    where events.campaign_id is not null

),

ids as (

    select distinct seller, campaign_id from named

),

-- a name that belongs to several campaigns tells none of them
names as (

    select seller, campaign_name, min(campaign_id) as campaign_id

    from (

        select seller, campaign_name, campaign_id from named

        union

        select seller, campaign_id as campaign_name, campaign_id from named

    ) as every_name

    group by seller, campaign_name

    having count(distinct campaign_id) = 1

)

select
    reports.ad_platform,
    reports.campaign_key,
    coalesce(min(ids.campaign_id), min(names.campaign_id)) as campaign_id

from {{ ref('int_ad_reports_restated') }} as reports

left join sellers on reports.ad_platform = sellers.ad_platform

left join ids
    on coalesce(sellers.seller, reports.ad_platform) = ids.seller
    and reports.campaign_key = ids.campaign_id

left join names
    on coalesce(sellers.seller, reports.ad_platform) = names.seller
    and reports.campaign_name = names.campaign_name

where
    not reports.is_replaced
    and reports.campaign_key is not null
    and (ids.campaign_id is not null or names.campaign_id is not null)

group by reports.ad_platform, reports.campaign_key
