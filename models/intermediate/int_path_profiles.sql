with platforms_of_paths as (

    select
        touches.conversion_id,
        users.user_bucket,
        channels.channel_number as platform_number,
        count(*) as touches

    from {{ ref('int_conversion_touches') }} as touches

    inner join {{ ref('int_active_users') }} as users on touches.user_id = users.user_id

    inner join {{ ref('int_channels') }} as channels
        on channels.level = 'platform' and touches.ad_platform = channels.ad_platform

    group by touches.conversion_id, users.user_bucket, channels.channel_number

),

paths as (

    select
        conversion_id,
        user_bucket,
        {{ path_profile() }} as profile

    from platforms_of_paths

    group by conversion_id, user_bucket

),

-- the solver sees a bounded number of them, whatever the data
commonest as (

    select profile

    from paths

    group by profile

    order by count(*) desc, profile

    limit {{ var('max_path_profiles') }}

),

rare_paths as (

    select paths.*

    from paths

    left join commonest on paths.profile = commonest.profile

    where commonest.profile is null

),

-- the rare ones of a bucket count as paths of all their touches
merged_platforms as (

    select
        platforms_of_paths.user_bucket,
        platforms_of_paths.platform_number,
        sum(platforms_of_paths.touches) as touches

    from platforms_of_paths

    inner join rare_paths on platforms_of_paths.conversion_id = rare_paths.conversion_id

    group by platforms_of_paths.user_bucket, platforms_of_paths.platform_number

),

merged as (

    select
        user_bucket,
        {{ path_profile() }} as profile

    from merged_platforms

    group by user_bucket

),

together as (

    select paths.user_bucket, paths.profile

    from paths

    inner join commonest on paths.profile = commonest.profile

    union all

    select merged.user_bucket, merged.profile

    from rare_paths

    inner join merged on rare_paths.user_bucket = merged.user_bucket

)

select
    user_bucket,
    profile,
    cast(count(*) as bigint) as conversions

from together

group by user_bucket, profile
