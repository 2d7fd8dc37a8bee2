{{ grows() }}

select
    _source_file,
    ad_platform,
    campaign_id,
    campaign_name,
    count(*) as events,
    count(case when not is_platform_known then ad_platform end) as unknown_platform,
    count(case when not is_device_known then device_type end) as unknown_device,
    count(case when is_revenue_ignored then 1 end) as revenue_ignored,
    _landing

from {{ ref('int_events') }}

where
    event_type <> 'conversion'
    {%- if is_incremental() %}
    and _landing > {{ landed_until() }}
    {%- endif %}

group by _source_file, ad_platform, campaign_id, campaign_name, _landing
