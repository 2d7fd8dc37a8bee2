{{ incremental_by_load() }}

select
    _source_file,
    ad_platform,
    campaign_id,
    campaign_name,
    count(*) as events,
    count(case when not is_platform_mapped then ad_platform end) as unknown_platform,
    count(case when not is_device_mapped then device_type end) as unknown_device,
    count(case when is_revenue_ignored then 1 end) as revenue_ignored,
    max(occurred_at) as last_event_at,
    _load_id

from {{ ref('int_events_deduplicated') }}

where
    event_type <> 'conversion'
    {%- if is_incremental() %}
    and _load_id > {{ max_load_id() }}
    {%- endif %}

group by _source_file, ad_platform, campaign_id, campaign_name, _load_id
