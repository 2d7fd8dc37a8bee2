with events as (

    select *, coalesce(order_key, event_id) as purchase_key

    from {{ ref('int_web_events') }}

    where event_name in ('purchase', 'refund')

),

-- a purchase that is logged again, as when its page is loaded anew, counts once
purchases as (

    select
        *,
        row_number() over (partition by purchase_key order by occurred_at, event_id) as occurrence

    from events

    where event_name = 'purchase'

),

refunds as (

    select
        purchase_key,
        sum(revenue) as refunded,
        -- without an amount all of it was paid back
        count(*) > count(revenue) as is_all_refunded

    from events

    where event_name = 'refund'

    group by purchase_key

),

shop as (

    select
        cast(min(orders.ordered_at) as date) as first_date,
        cast(max(orders.ordered_at) as date) as last_date,
        count(purchases.order_key) > 0 as has_purchases

    from {{ ref('int_orders') }} as orders

    left join purchases on orders.order_key = purchases.order_key

)

select
    purchases.event_id,
    purchases.order_id,
    purchases.order_key,
    purchases.user_id,
    purchases.revenue,
    case
        when refunds.is_all_refunded or refunds.refunded > purchases.revenue then purchases.revenue
        when purchases.revenue is not null
            then coalesce(refunds.refunded, cast(0 as decimal(18, 2)))
    end as refunded,
    purchases.device_type,
    purchases.occurred_at as purchased_at,
    orders.order_key is not null as is_in_orders,
    -- on days that the shop tells, a purchase that cannot be told apart from its orders
    coalesce(
        orders.order_key is null
        and cast(purchases.occurred_at as date) between shop.first_date and shop.last_date
        and (purchases.order_key is null or not shop.has_purchases),
        false
    ) as is_untold,
    purchases._source_file,
    purchases._source_line,
    purchases._load_id

from purchases

cross join shop

left join refunds on purchases.purchase_key = refunds.purchase_key

left join {{ ref('int_orders') }} as orders on purchases.order_key = orders.order_key

where purchases.occurrence = 1
