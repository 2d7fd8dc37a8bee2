with changes as (

    select user_id, _loaded_at from {{ ref('int_user_activity') }}

    union all

    -- a conversion that takes another's place changes the users of both
    select
        user_id,
        max(_loaded_at) over (partition by conversion_id) as _loaded_at

    from {{ ref('int_conversion_events') }}

)

select
    user_id,
    {{ user_bucket() }} as user_bucket,
    max(_loaded_at) as _loaded_at

from changes

group by user_id
