-- Without it the confidence intervals of ROI, which count all users, count too few or too many.
{{ config(group='core') }}

with staged as (

    select user_id from {{ ref('stg_users') }} where reject_reason is null

    union

    select user_id

    from {{ ref('int_events_deduplicated') }}

    where event_type not in ('refund', 'conversion')

    union

    -- who only has an order that counts for another is no user
    select user_id from {{ ref('int_conversions_deduplicated') }} where not is_duplicate

    union

    select user_id from {{ ref('int_interactions_deduplicated') }}

    union

    select user_id from {{ ref('int_web_events') }}

    union

    select user_id from {{ ref('int_shop_conversions') }}

    union

    select user_id from {{ ref('int_order_touches') }}
    {%- if not var('unpaid_touches') %} where is_paid {%- endif %}

)

select
    staged.user_id as staged_user_id,
    users.user_id

from staged

full outer join {{ ref('dim_users') }} as users on staged.user_id = users.user_id

where staged.user_id is null or users.user_id is null
