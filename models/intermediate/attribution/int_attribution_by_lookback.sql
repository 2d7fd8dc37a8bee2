-- one pass over the touches of the longest window: each touch is in every window that includes it
with touches_in_windows as (

    select
        touches.*,
        lookbacks.lookback_days

    from {{ ref('int_touches_before_conversion') }} as touches

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
        {{ path_columns('conversion_id, lookback_days') }}

    from touches_in_windows

),

weighed as (

    select
        conversion_id,
        lookback_days,
        ad_platform,
        {{ rule_weights('conversion_id, lookback_days') }}

    from placed

)

select
    weighed.lookback_days,
    {%- for model in rule_models() %}
    sum(weighed.{{ model }}) as {{ model }},
    sum(cast(conversions.revenue as decimal(20, 2)) * weighed.{{ model }}) as {{ model }}_revenue,
    {%- endfor %}
    weighed.ad_platform

from weighed

inner join {{ ref('fct_conversions') }} as conversions
    on weighed.conversion_id = conversions.conversion_id

group by weighed.lookback_days, weighed.ad_platform
