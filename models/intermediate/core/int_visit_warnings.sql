with orders as (

    select * from {{ ref('int_orders') }} where is_counted

),

systems as (

    select
        layout,
        cast(min(ordered_at) as date) as first_date,
        cast(max(ordered_at) as date) as last_date

    from orders

    group by layout

),

sales as (

    select * from {{ ref('int_conversions_deduplicated') }} where not is_duplicate

),

events as (

    select
        cast(min(converted_at) as date) as first_date,
        cast(max(converted_at) as date) as last_date

    from sales

    where raw_table = 'ad_events'

)

select
    'web_events' as raw_table,
    _source_file,
    'purchases that no order of the shop tells, on days that it tells: not counted' as warning,
    coalesce(order_id, event_id) as name,
    cast(coalesce(revenue, 0) as decimal(18, 2)) as amount

from {{ ref('int_web_purchases') }}

where is_untold

union all

select
    'orders' as raw_table,
    orders._source_file,
    'orders of several systems on the same days: a sale that both have counts twice' as warning,
    orders.order_id as name,
    cast(coalesce(orders.revenue, 0) as decimal(18, 2)) as amount

from orders

inner join systems
    on orders.layout > systems.layout
    and cast(orders.ordered_at as date) between systems.first_date and systems.last_date

union all

select
    sales.raw_table,
    sales._source_file,
    'sales on days of which ad_events has conversions: a sale that both have counts twice'
        as warning,
    sales.conversion_id as name,
    cast(coalesce(sales.revenue, 0) as decimal(18, 2)) as amount

from sales

inner join events
    on cast(sales.converted_at as date) between events.first_date and events.last_date

where sales.raw_table in ('orders', 'web_events')
