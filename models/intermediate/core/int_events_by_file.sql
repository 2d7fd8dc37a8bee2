{{ config(materialized='view') }}

select
    _source_file,
    ad_platform,
    campaign_id,
    campaign_name,
    events,
    0 as conversions,
    0 as conversions_with_revenue,
    unknown_platform,
    unknown_device,
    revenue_ignored,
    {{ hive_time('last_event_at') }} as last_event_at,
    _load_id

from {{ ref('int_touch_events_by_file') }}

union all

select
    _source_file,
    ad_platform,
    campaign_id,
    campaign_name,
    count(*) as events,
    count(*) as conversions,
    count(revenue) as conversions_with_revenue,
    count(case when not is_platform_mapped then ad_platform end) as unknown_platform,
    count(case when not is_device_mapped then device_type end) as unknown_device,
    0 as revenue_ignored,
    max(converted_at) as last_event_at,
    max(_load_id) as _load_id

from {{ ref('int_conversions_deduplicated') }}

where raw_table = 'ad_events' and not is_duplicate

group by _source_file, ad_platform, campaign_id, campaign_name
