with touches_in_window as (

    select
        *,
        {{ path_columns('conversion_id') }}

    from {{ ref('int_touches_before_conversion') }}

    where touched_at >= converted_at - interval '{{ var("lookback_days") }}' day

)

select
    conversion_id,
    touch_id,
    user_id,
    ad_platform,
    campaign_id,
    device_type,
    touch_kind,
    touch_index,
    touches_in_path,
    {{ rule_weights('conversion_id') }},
    is_order_approximate,
    {{ hive_time('touched_at') }} as touched_at,
    {{ hive_time('converted_at') }} as converted_at

from touches_in_window
