-- Without it the confidence intervals of ROI, which count all users, count too few or too many.
{{ config(group='core') }}

with staged as (

    select user_id from {{ ref('stg_users') }} where reject_reason is null

    union

    select user_id from {{ ref('int_events_deduplicated') }}

    union

    select user_id from {{ ref('int_interactions_deduplicated') }}

)

select
    staged.user_id as staged_user_id,
    users.user_id

from staged

full outer join {{ ref('dim_users') }} as users on staged.user_id = users.user_id

where staged.user_id is null or users.user_id is null
