with platforms_of_paths as (

    select
        journey_id,
        user_bucket,
        platform_number,
        count(*) as touches

    from {{ ref('int_path_touches') }}

    where is_converting

    group by journey_id, user_bucket, platform_number

),

paths as (

    select
        journey_id,
        user_bucket,
        {{ join_text(
            "cast(platform_number as varchar) || ':' || cast(touches as varchar)",
            ' ',
            'platform_number'
        ) }} as profile

    from platforms_of_paths

    group by journey_id, user_bucket

),

profiles as (

    select
        user_bucket,
        profile,
        cast(count(*) as bigint) as conversions

    from paths

    group by user_bucket, profile

),

-- the solver sees a bounded number of them, whatever the data
commonest as (

    select profile

    from profiles

    group by profile

    order by sum(conversions) desc, profile

    limit 5000

)

select
    profiles.user_bucket,
    profiles.profile,
    profiles.conversions

from profiles

inner join commonest on profiles.profile = commonest.profile
