-- a file of users has priority over attributes of interactions, these over those of events
with attributes as (

    select
        user_id,
        age,
        gender,
        location,
        device_type,
        2 as source_priority,
        loaded_at as observed_at

    from {{ ref('stg_users') }}

    where reject_reason is null

    union all

    select
        user_id,
        age,
        gender,
        location,
        device_type,
        1 as source_priority,
        -- once per user and values: most of a user's rows say the same
        max({{ hive_time('interacted_at') }}) as observed_at

    from {{ ref('int_interactions_deduplicated') }}

    group by user_id, age, gender, location, device_type

    union all

    select
        user_id,
        cast(null as bigint) as age,
        cast(null as varchar) as gender,
        country as location,
        device_type,
        0 as source_priority,
        max(occurred_at) as observed_at

    from {{ ref('int_web_events') }}

    group by user_id, country, device_type

    union all

    select
        user_id,
        cast(null as bigint) as age,
        cast(null as varchar) as gender,
        cast(null as varchar) as location,
        device_type,
        0 as source_priority,
        {{ hive_time('device_observed_at') }} as observed_at

    from {{ ref('int_user_activity') }}

    where touches > 0

    union all

    select
        user_id,
        cast(null as bigint) as age,
        cast(null as varchar) as gender,
        cast(null as varchar) as location,
        device_type,
        0 as source_priority,
        converted_at as observed_at

    from {{ ref('int_conversions_deduplicated') }}

    where not is_duplicate

),

users as (

    select
        user_id,
        {{ latest_known('age', 'source_priority') }} as age,
        {{ latest_known('gender', 'source_priority') }} as gender,
        {{ latest_known('location', 'source_priority') }} as location,
        {{ latest_known('device_type', 'source_priority') }} as device_type

    from attributes

    group by user_id

)

select
    user_id,
    age,
    case
        when age is null then 'unknown'
        when age < 18 then 'under 18'
        when age < 25 then '18-24'
        when age < 35 then '25-34'
        when age < 45 then '35-44'
        when age < 55 then '45-54'
        when age < 65 then '55-64'
        else '65+'
    end as age_band,
    coalesce(gender, 'unknown') as gender,
    coalesce(location, 'unknown') as location,
    coalesce(device_type, 'unknown') as device_type

from users
