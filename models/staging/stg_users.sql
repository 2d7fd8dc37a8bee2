{{ config(post_hook="{{ fail_on_rejected_share('users') }}") }}

with landed as (

    select * from {{ raw('users') }}

),

names as (

    select * from {{ ref('stg_names') }}

),

typed as (

    select
        {{ null_if_word('landed.user_id') }} as user_id,
        landed.age as age_text,
        {{ to_integer('landed.age') }} as age,
        {{ null_if_unknown('coalesce(genders.name, landed.gender)') }} as gender,
        {{ null_if_unknown('landed.location') }} as location,
        {{ null_if_unknown('coalesce(devices.name, landed.device_type)') }} as device_type,
        coalesce(devices.is_known, false) as is_device_mapped,
        {{ to_timestamp('landed._loaded_at') }} as loaded_at,
        landed._source_file,
        landed._source_line

    from landed

    left join names as genders
        on genders.kind = 'gender' and landed.gender = genders.spelling

    left join names as devices
        on devices.kind = 'device' and landed.device_type = devices.spelling

)

select
    user_id,
    age,
    gender,
    location,
    device_type,
    is_device_mapped,
    loaded_at,
    case
        when user_id is null then 'user_id is missing'
        {{ reject_number('age', 'age_text', 'age') }}
    end as reject_reason,
    _source_file,
    _source_line

from typed
