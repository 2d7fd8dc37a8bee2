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
    revenue_ignored

from {{ ref('int_touch_event_counts') }}

union all

select
    conversions._source_file,
    conversions.ad_platform,
    conversions.campaign_id,
    conversions.campaign_name,
    count(*) as events,
    count(*) as conversions,
    count(conversions.revenue) as conversions_with_revenue,
    count(
        case when not conversions.is_platform_known then conversions.ad_platform end
    ) as unknown_platform,
    count(
        case when not conversions.is_device_known then conversions.device_type end
    ) as unknown_device,
    0 as revenue_ignored

from {{ ref('int_conversion_events') }} as conversions

left join {{ ref('int_repeated_rows') }} as repeated
    on conversions.source_id = repeated.source_id
    and repeated.reject_reason = 'conversion_id repeats'

where conversions.raw_table = 'ad_events' and repeated.source_id is null

group by
    conversions._source_file,
    conversions.ad_platform,
    conversions.campaign_id,
    conversions.campaign_name
