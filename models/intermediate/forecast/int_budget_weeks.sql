with edges as (

    select
        min(activity_date) as first_date,
        min(case when spend > 0 then activity_date end) as first_spend_date,
        min(case when touches > 0 or conversions > 0 then activity_date end) as first_event_date,
        max(last_known_date) as last_known_date

    from {{ ref('int_daily_returns') }}

    where level = 'platform'

),

-- a bill that begins before the events would look like weeks without revenue
known as (

    select
        last_known_date,
        greatest(
            coalesce(first_spend_date, first_date), coalesce(first_event_date, first_date)
        ) as first_date

    from edges

),

-- weeks end the day before the last known one, which may be landed only in part
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
