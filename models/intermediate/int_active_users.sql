with changes as (

    select user_id, _landing from {{ ref('int_user_activity') }}

    union all

    -- a conversion that takes another's place changes the users of both
    select
        user_id,
        max(_landing) over (partition by conversion_id) as _landing

    from {{ ref('int_conversion_events') }}

)

select
    user_id,
    {{ user_bucket() }} as user_bucket,
    max(_landing) as _landing

from changes

group by user_id
