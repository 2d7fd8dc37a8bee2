{{ config(materialized='view') }}

-- a file of users is about users; what stands beside an exposure comes second
select
    user_id,
    age,
    gender,
    location,
    device_type,
    2 as authority,
    loaded_at as known_at

from {{ ref('stg_users') }}

where reject_reason is null

union all

select
    user_id,
    age,
    gender,
    location,
    device_type,
    1 as authority,
    {{ hive_time('interacted_at') }} as known_at

from {{ ref('int_interactions') }}

union all

select
    user_id,
    cast(null as bigint) as age,
    cast(null as varchar) as gender,
    cast(null as varchar) as location,
    device_type,
    0 as authority,
    {{ hive_time('device_known_at') }} as known_at

from {{ ref('int_active_users') }}

where touches > 0

union all

select
    user_id,
    cast(null as bigint) as age,
    cast(null as varchar) as gender,
    cast(null as varchar) as location,
    device_type,
    0 as authority,
    {{ hive_time('converted_at') }} as known_at

from {{ ref('int_conversions_unioned') }}
