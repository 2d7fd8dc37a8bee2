with users as (

    select
        user_id,
        {{ latest_known('age', 'authority') }} as age,
        {{ latest_known('gender', 'authority') }} as gender,
        {{ latest_known('location', 'authority') }} as location,
        {{ latest_known('device_type', 'authority') }} as device_type

    from {{ ref('int_user_attributes') }}

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
