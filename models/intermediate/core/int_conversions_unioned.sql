{{ incremental_by_load() }}

-- duplicates of a conversion_id are kept: which of them counts can change with later files
with event_conversions as (

    select
        event_id as source_id,
        coalesce(conversion_id, event_id) as conversion_id,
        user_id,
        ad_platform,
        campaign_id,
        campaign_name,
        device_type,
        is_platform_mapped,
        is_device_mapped,
        revenue,
        cast(null as decimal(18, 2)) as refunded,
        false as is_order_approximate,
        is_time_missing,
        occurred_at as converted_at,
        cast(null as varchar) as source_position,
        'ad_events' as raw_table,
        _source_file,
        _source_line,
        _load_id

    from {{ ref('int_events_deduplicated') }}

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
        is_platform_mapped,
        is_device_mapped,
        revenue,
        cast(null as decimal(18, 2)) as refunded,
        is_order_approximate,
        false as is_time_missing,
        interacted_at as converted_at,
        {{ source_position() }} as source_position,
        'ad_interactions' as raw_table,
        _source_file,
        _source_line,
        _load_id

    from {{ ref('int_interactions_deduplicated') }}

    where conversions = 1

),

shop_conversions as (

    select
        source_id,
        conversion_id,
        user_id,
        cast(null as varchar) as ad_platform,
        cast(null as varchar) as campaign_id,
        cast(null as varchar) as campaign_name,
        device_type,
        true as is_platform_mapped,
        true as is_device_mapped,
        revenue,
        refunded,
        false as is_order_approximate,
        false as is_time_missing,
        {{ iceberg_time('converted_at') }} as converted_at,
        cast(null as varchar) as source_position,
        raw_table,
        _source_file,
        _source_line,
        _load_id

    from {{ ref('int_shop_conversions') }}

),

together as (

    select * from event_conversions

    union all

    select * from interaction_conversions

    union all

    select * from shop_conversions

)

select *

from together
{%- if is_incremental() %}

where _load_id > {{ max_load_id() }}
{%- endif %}
