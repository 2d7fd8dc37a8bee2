{{ incremental_by_load(unique_key='user_id') }}

{%- set until = max_load_id() if is_incremental() %}

-- a conversion that replaces another changes the users of both
with changes as (

    select
        user_id,
        max(_load_id) over (partition by conversion_id) as _load_id

    from {{ ref('int_conversions_unioned') }}

),

conversions as (

    select user_id, max(_load_id) as _load_id from changes group by user_id

),
{% if is_incremental() %}
changed as (

    select user_id from {{ ref('int_user_platform_activity') }} where _load_id > {{ until }}

    union

    select user_id from conversions where _load_id > {{ until }}

),
{% endif %}
activity as (

    select
        user_id,
        count(distinct ad_platform) as platforms_used,
        cast(sum(touches) as bigint) as touches,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(time_spent) as decimal(18, 4)) as time_spent,
        {{ latest_known("nullif(device_type, 'unknown')", observed_at='device_observed_at') }}
            as device_type,
        max(case when device_type <> 'unknown' then device_observed_at end) as device_observed_at,
        min(first_dated_touch_at) as first_dated_touch_at,
        max(last_dated_touch_at) as last_dated_touch_at,
        max(_load_id) as _load_id

    from {{ ref('int_user_platform_activity') }}
    {%- if is_incremental() %}

    where user_id in (select changed.user_id from changed)
    {%- endif %}

    group by user_id

),

users as (

    select
        coalesce(activity.user_id, conversions.user_id) as user_id,
        activity.platforms_used,
        activity.touches,
        activity.impressions,
        activity.clicks,
        activity.time_spent,
        activity.device_type,
        activity.device_observed_at,
        activity.first_dated_touch_at,
        activity.last_dated_touch_at,
        greatest(
            coalesce(activity._load_id, 0), coalesce(conversions._load_id, 0)
        ) as _load_id

    from activity

    full outer join conversions on activity.user_id = conversions.user_id
    {%- if is_incremental() %}

    where coalesce(activity.user_id, conversions.user_id) in (select changed.user_id from changed)
    {%- endif %}

)

select
    user_id,
    {{ user_bucket() }} as user_bucket,
    coalesce(platforms_used, 0) as platforms_used,
    coalesce(touches, 0) as touches,
    coalesce(impressions, 0) as impressions,
    coalesce(clicks, 0) as clicks,
    time_spent,
    device_type,
    {{ iceberg_time('device_observed_at') }} as device_observed_at,
    {{ iceberg_time('first_dated_touch_at') }} as first_dated_touch_at,
    {{ iceberg_time('last_dated_touch_at') }} as last_dated_touch_at,
    _load_id

from users
