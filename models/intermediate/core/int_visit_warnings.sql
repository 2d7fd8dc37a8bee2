with orders as (

    select orders.*, users.user_id

    from {{ ref('int_orders') }} as orders

    inner join {{ ref('int_order_users') }} as users on orders.order_key = users.order_key

    where orders.is_counted

),

users_with_visits as (

    select user_id from {{ ref('int_web_touches') }}

    union

    select user_id from {{ ref('int_order_touches') }}

),

systems as (

    select
        layout,
        cast(min(ordered_at) as date) as first_date,
        cast(max(ordered_at) as date) as last_date

    from orders

    group by layout

),

events as (

    select
        cast(min(converted_at) as date) as first_date,
        cast(max(converted_at) as date) as last_date

    from {{ ref('int_conversions_deduplicated') }}

    where raw_table = 'ad_events' and not is_duplicate

),

warned as (

    select
        'web_events' as raw_table,
        _source_file,
        'page views without orders: orders are missing: land them too' as warning,
        cast(null as varchar) as name,
        cast(null as decimal(18, 2)) as amount

    from {{ ref('int_web_events') }}

    where
        not exists (select 1 from {{ ref('int_orders') }})
        and not exists (select 1 from {{ ref('int_web_purchases') }})

    union all

    select
        'web_events' as raw_table,
        _source_file,
        'purchases that no order of the shop tells, on days that it tells: not counted' as warning,
        coalesce(order_id, event_id) as name,
        coalesce(revenue, 0) as amount

    from {{ ref('int_web_purchases') }}

    where is_untold

    union all

    select
        'orders' as raw_table,
        _source_file,
        'orders without source: revenue by day only; for journeys take the export with attribution'
        || ', or a page log' as warning,
        cast(null as varchar) as name,
        cast(null as decimal(18, 2)) as amount

    from orders

    where user_id not in (select users_with_visits.user_id from users_with_visits)

    union all

    select
        'orders' as raw_table,
        orders._source_file,
        'orders of several systems on the same days: a sale that both have counts twice' as warning,
        orders.order_id as name,
        coalesce(orders.revenue, 0) as amount

    from orders

    inner join systems
        on orders.layout <> systems.layout
        and cast(orders.ordered_at as date) between systems.first_date and systems.last_date
        and orders.layout > systems.layout

    union all

    select
        sales.raw_table,
        sales._source_file,
        'sales on days of which ad_events has conversions: a sale that both have counts twice'
            as warning,
        sales.conversion_id as name,
        coalesce(sales.revenue, 0) as amount

    from {{ ref('int_conversions_deduplicated') }} as sales

    inner join events
        on cast(sales.converted_at as date) between events.first_date and events.last_date

    where sales.raw_table in ('orders', 'web_events') and not sales.is_duplicate

)

select
    raw_table,
    _source_file,
    warning,
    name,
    cast(amount as decimal(18, 2)) as amount

from warned
