-- one pass over the touches of the longest window: each is in every window that reaches it
with touches_in_windows as (

    select
        touches.*,
        lookbacks.lookback_days

    from {{ ref('int_touches_before_conversions') }} as touches

    cross join {{ lookbacks() }}

    where
        touches.touched_at
        >= touches.converted_at - lookbacks.lookback_days * interval '1' day

),

placed as (

    select
        conversion_id,
        lookback_days,
        ad_platform,
        revenue,
        {{ path_columns('conversion_id, lookback_days') }}

    from touches_in_windows

),

weighed as (

    select
        lookback_days,
        ad_platform,
        cast(revenue as decimal(20, 2)) as revenue,
        {{ rule_weights('conversion_id, lookback_days') }}

    from placed

)

select
    lookback_days,
    {%- for model in rule_models() %}
    sum({{ model }}) as {{ model }},
    sum(revenue * {{ model }}) as {{ model }}_revenue,
    {%- endfor %}
    ad_platform

from weighed

group by lookback_days, ad_platform
