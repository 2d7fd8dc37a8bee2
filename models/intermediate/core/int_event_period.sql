{%- set chosen_days = var('ripe_days') if var('ripe_days') != '' else 'null' -%}
{%- set lookback_days = 'cast(' ~ var('lookback_days') ~ ' as bigint)' -%}

with events as (

    select first_dated_touch_at as event_at from {{ ref('int_user_activity') }}

    union all

    select last_dated_touch_at as event_at from {{ ref('int_user_activity') }}

    union all

    select converted_at as event_at from {{ ref('fct_conversions') }} where not is_order_approximate

),

period as (

    select
        min(event_at) as first_event_at,
        max(event_at) as last_event_at

    from events

),

days_to_conversion as (

    select date_diff('millisecond', touched_at, converted_at) / 86400000e0 as days

    from {{ ref('int_conversion_paths') }}

    where touch_index = 1 and not is_order_approximate

),

ordered as (

    select
        days,
        row_number() over (order by days) as place,
        count(*) over () as conversions

    from days_to_conversion

),

lags as (

    select
        count(*) as conversions,
        min(case when place * 10 >= conversions * 9 then days end) as p90_days

    from ordered

),

ripe as (

    select
        coalesce(
            cast({{ chosen_days }} as bigint),
            -- few conversions say little about how long they take
            case
                when conversions < 10 then {{ lookback_days }}
                else least({{ lookback_days }}, cast(ceil(3e0 * p90_days) as bigint))
            end
        ) as ripe_days

    from lags

)

select
    cast(period.first_event_at as date) as first_date,
    cast(period.last_event_at as date) as last_date,
    ripe.ripe_days,
    case
        when ripe.ripe_days > 0
            then cast(period.last_event_at - ripe.ripe_days * interval '1' day as date)
    end as ripe_before

from period

cross join ripe
