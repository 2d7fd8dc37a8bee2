{{ config(post_hook=[
    "{{ fail_on_rejected_share('ad_events', conversions=this) }}",
    "{{ fail_on_rejected_share('ad_interactions', conversions=this) }}",
]) }}
-- depends_on: {{ ref('stg_ad_events') }}, {{ ref('stg_ad_interactions') }}
-- depends_on: {{ ref('int_duplicate_rows') }}

select
    conversion_id,
    user_id,
    ad_platform,
    campaign_id,
    campaign_name,
    device_type,
    is_platform_mapped,
    is_device_mapped,
    revenue,
    is_order_approximate,
    is_time_missing,
    {{ hive_time('converted_at') }} as converted_at,
    source_position,
    -- the earliest counts; an earlier one that lands later replaces it
    raw_table = 'ad_events'
    and row_number() over (
        partition by raw_table, conversion_id
        order by converted_at, source_id
    ) > 1 as is_duplicate,
    source_id,
    raw_table,
    _source_file,
    _source_line,
    _load_id

from {{ ref('int_conversions_unioned') }}
