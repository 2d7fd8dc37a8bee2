with users as (

    select * from {{ ref('dim_users') }}

),

activity as (

    select * from {{ ref('int_user_activity') }}

),

conversions as (

    select
        user_id,
        count(*) as conversions,
        sum(revenue) as revenue

    from {{ ref('fct_conversions') }}

    group by user_id

),

data_end as (

    select max(last_dated_touch_at) as last_dated_touch_at from {{ ref('int_user_activity') }}

),

flags as (

    select * from {{ ref('int_simulation_flags') }}

)

select
    users.user_id,
    round(ln(1e0 + activity.impressions), 9) as impressions,
    round(ln(1e0 + activity.clicks), 9) as clicks,
    round({{ safe_divide('activity.clicks', 'activity.impressions') }}, 9) as ctr,
    round(ln(1e0 + coalesce(conversions.conversions, 0)), 9) as conversions,
    -- simulated revenue says nothing about a user
    case
        when flags.has_revenue and not flags.is_revenue_simulated
            then round(ln(1e0 + cast(coalesce(conversions.revenue, 0) as double)), 9)
    end as revenue,
    round(ln(1e0 + cast(activity.time_spent as double)), 9) as time_spent,
    round(
        date_diff('millisecond', activity.last_dated_touch_at, data_end.last_dated_touch_at)
        / 86400000e0,
        9
    ) as recency_days,
    cast(activity.platforms_used as double) as platforms_used,
    cast(users.age as double) as age,
    -- a change of device is then a distance of 1, as one standard deviation of another feature
    case when users.device_type = 'Mobile' then {{ 0.5 ** 0.5 }}e0 else 0e0 end as is_mobile,
    case when users.device_type = 'Desktop' then {{ 0.5 ** 0.5 }}e0 else 0e0 end as is_desktop,
    case when users.device_type = 'Tablet' then {{ 0.5 ** 0.5 }}e0 else 0e0 end as is_tablet

from users

cross join data_end

cross join flags

-- who saw no ad is no kind of audience: dim_user_segments has them as segment 0; nor is who is
-- known by an order alone, since those who did not buy are not
inner join activity
    on users.user_id = activity.user_id and activity.impressions + activity.clicks > 0

left join conversions on users.user_id = conversions.user_id
