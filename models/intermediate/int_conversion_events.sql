{{ grows() }}

with event_conversions as (

    select
        events.event_id as source_id,
        coalesce(events.conversion_id, events.event_id) as conversion_id,
        events.user_id,
        events.ad_platform,
        events.campaign_id,
        events.campaign_name,
        events.device_type,
        events.is_platform_known,
        events.is_device_known,
        events.revenue,
        false as is_order_approximate,
        events.occurred_at as converted_at,
        cast(null as varchar) as file_order,
        'ad_events' as raw_table,
        events._source_file,
        events._source_line,
        events._landing

    from {{ ref('stg_ad_events') }} as events

    left join {{ ref('int_repeated_ids') }} as repeated
        on events.event_id = repeated.source_id
        and events._source_file = repeated._source_file
        and events._source_line = repeated._source_line

    where
        events.reject_reason is null
        and events.event_type = 'conversion'
        and repeated.source_id is null

),

interaction_conversions as (

    select
        interaction_id as source_id,
        interaction_id as conversion_id,
        user_id,
        ad_platform,
        campaign_id,
        cast(null as varchar) as campaign_name,
        device_type,
        is_platform_known,
        is_device_known,
        revenue,
        is_order_approximate,
        interacted_at as converted_at,
        {{ file_order() }} as file_order,
        'ad_interactions' as raw_table,
        _source_file,
        _source_line,
        _landing

    from {{ ref('int_interactions') }}

    where conversions = 1

),

together as (

    select * from event_conversions

    union all

    select * from interaction_conversions

)

select *

from together
{%- if is_incremental() %}

where _landing > {{ landed_until() }}
{%- endif %}
