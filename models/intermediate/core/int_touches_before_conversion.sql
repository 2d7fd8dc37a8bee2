{{ incremental_by_load(by_user=true) }}

{%- set longest_days = (
    var('sensitivity_lookback_days')
    + [var('lookback_days'), var('platform_click_days'), var('platform_view_days')]
) | max -%}

with touches as (

    select * from {{ ref('fct_customer_journey') }}

),

conversions as (

    select
        conversions.conversion_id,
        conversions.user_id,
        conversions.converted_at,
        conversions.is_order_approximate,
        conversions.source_position,
        users._load_id

    from {{ ref('int_conversions_deduplicated') }} as conversions

    inner join {{ ref('int_user_activity') }} as users on conversions.user_id = users.user_id

    where
        not conversions.is_duplicate
        {%- if is_incremental() %}
        and users._load_id > {{ max_load_id() }}
        {%- endif %}

),

touches_before as (

    -- timestamps against an interval: exact to the millisecond, unlike any count of days
    select
        conversions.conversion_id,
        touches.touch_id,
        conversions.user_id,
        touches.ad_platform,
        touches.campaign_id,
        touches.device_type,
        touches.touch_kind,
        conversions.is_order_approximate,
        touches.touched_at,
        conversions.converted_at,
        touches.source_position,
        conversions._load_id

    from conversions

    inner join touches
        on conversions.user_id = touches.user_id
        and conversions.converted_at >= touches.touched_at
        and conversions.converted_at - interval '{{ longest_days }}' day <= touches.touched_at
        and (
            not conversions.is_order_approximate
            or conversions.converted_at > touches.touched_at
            or conversions.source_position >= touches.source_position
        )

)

select
    conversion_id,
    touch_id,
    user_id,
    ad_platform,
    campaign_id,
    device_type,
    touch_kind,
    count(*) over (partition by conversion_id)
    - row_number() over (
        partition by conversion_id
        order by touched_at, source_position, touch_kind desc, touch_id
    ) as touches_after,
    is_order_approximate,
    touched_at,
    {{ iceberg_time('converted_at') }} as converted_at,
    _load_id

from touches_before
