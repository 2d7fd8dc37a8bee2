-- weeks end the day before the last known one, which may be landed only in part
with known as (

    select
        min(activity_date) as first_date,
        max(last_known_date) as last_known_date

    from {{ ref('int_daily_returns') }}

    where level = 'platform'

),

counted as (

    select distinct
        daily.activity_date,
        known.first_date,
        cast(
            known.last_known_date
            - 7 * cast(
                ceil(date_diff('day', daily.activity_date, known.last_known_date) / 7e0) as bigint
            ) * interval '1' day as date
        ) as week_start

    from {{ ref('int_daily_returns') }} as daily

    cross join known

    where
        daily.activity_date < known.last_known_date
        and daily.activity_date
        >= known.last_known_date - interval '{{ 7 * var("budget_weeks") }}' day

)

select activity_date, week_start from counted where week_start >= first_date
