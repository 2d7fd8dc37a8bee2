{{ grows() }}

-- of several with one conversion_id all are here: which one counts can still change
with event_conversions as (

    select
        event_id as source_id,
        coalesce(conversion_id, event_id) as conversion_id,
        user_id,
        ad_platform,
        campaign_id,
        campaign_name,
        device_type,
        is_platform_known,
        is_device_known,
        revenue,
        false as is_order_approximate,
        occurred_at as converted_at,
        cast(null as varchar) as file_order,
        'ad_events' as raw_table,
        _source_file,
        _source_line,
        _landing

    from {{ ref('int_events') }}

    where event_type = 'conversion'

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
