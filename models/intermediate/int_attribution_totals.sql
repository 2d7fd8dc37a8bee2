with users as (

    select
        {{ user_bucket() }} as user_bucket,
        count(*) as users

    from {{ ref('dim_users') }}

    group by 1

),

conversions as (

    select
        {{ user_bucket() }} as user_bucket,
        count(*) as conversions,
        sum(revenue) as revenue

    from {{ ref('int_conversion_touches') }}

    where touch_index = 1

    group by 1

)

select
    users.user_bucket,
    cast(users.users as bigint) as users,
    cast(coalesce(conversions.conversions, 0) as bigint) as conversions,
    cast(conversions.revenue as decimal(18, 2)) as revenue

from users

left join conversions on users.user_bucket = conversions.user_bucket
