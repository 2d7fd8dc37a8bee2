with shop_orders as (

    select
        'order ' || orders.order_key as source_id,
        orders.order_id as conversion_id,
        users.user_id,
        orders.device_type,
        orders.revenue,
        orders.refunded,
        orders.ordered_at as converted_at,
        'orders' as raw_table,
        orders._source_file,
        orders._source_line,
        orders._load_id

    from {{ ref('int_orders') }} as orders

    inner join {{ ref('int_order_users') }} as users on orders.order_key = users.order_key

    where orders.is_counted

),

-- purchases of the log that the shop does not tell
web_purchases as (

    select
        'web ' || event_id as source_id,
        coalesce(order_id, event_id) as conversion_id,
        user_id,
        device_type,
        revenue,
        refunded,
        purchased_at as converted_at,
        'web_events' as raw_table,
        _source_file,
        _source_line,
        _load_id

    from {{ ref('int_web_purchases') }}

    where not is_in_orders and not is_untold

)

select * from shop_orders

union all

select * from web_purchases
