-- the person of an order: whoever bought it in the log, else its customer
with buyers as (

    select order_key, min_by(user_id, row(occurred_at, event_id)) as user_id

    from {{ ref('int_web_events') }}

    where event_name = 'purchase' and order_key is not null

    group by order_key

)

select
    orders.order_key,
    coalesce(buyers.user_id, aliases.person_key, orders.account_key) as user_id

from {{ ref('int_orders') }} as orders

left join buyers on orders.order_key = buyers.order_key

left join {{ ref('int_account_aliases') }} as aliases
    on orders.account_key = aliases.account_key
