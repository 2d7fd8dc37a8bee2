with first_touches as (

    select
        ad_platform as first_platform,
        touches_in_path as touches,
        case
            when not is_order_approximate
                then date_diff('millisecond', touched_at, converted_at) / 86400000e0
        end as days

    from {{ ref('int_conversion_paths') }}

    where touch_index = 1

),

-- exact quantiles, the same on every engine: the value at that position in the order
ordered as (

    select
        first_platform,
        touches,
        days,
        count(*) over (partition by first_platform) as conversions,
        count(days) over (partition by first_platform) as timed_conversions,
        row_number() over (partition by first_platform order by touches) as touches_place,
        row_number() over (partition by first_platform order by days) as days_place

    from first_touches

)

select
    first_platform,
    cast(count(*) as bigint) as conversions,
    avg(days) as mean_days,
    min(case when days_place * 4 >= timed_conversions then days end) as p25_days,
    min(case when days_place * 2 >= timed_conversions then days end) as median_days,
    min(case when days_place * 4 >= timed_conversions * 3 then days end) as p75_days,
    min(case when days_place * 10 >= timed_conversions * 9 then days end) as p90_days,
    avg(cast(touches as double)) as mean_touches,
    min(case when touches_place * 2 >= conversions then touches end) as median_touches

from ordered

group by first_platform
