with users as (

    select
        {{ user_bucket() }} as user_bucket,
        count(*) as users

    from {{ ref('dim_users') }}

    group by 1

),

attributed as (

    select
        {{ user_bucket('conversions.user_id') }} as user_bucket,
        count(*) as conversions,
        sum(conversions.revenue) as revenue

    from {{ ref('fct_conversions') }} as conversions

    inner join {{ ref('int_conversion_paths') }} as first_touches
        on conversions.conversion_id = first_touches.conversion_id
        and first_touches.touch_index = 1

    group by 1

)

select
    users.user_bucket,
    cast(users.users as bigint) as users,
    cast(coalesce(attributed.conversions, 0) as bigint) as conversions,
    cast(attributed.revenue as decimal(18, 2)) as revenue

from users

left join attributed on users.user_bucket = attributed.user_bucket
