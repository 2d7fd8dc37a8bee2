select * from {{ ref('int_period_warnings') }}

union all

select
    'web_events' as raw_table,
    _source_file,
    'page views without orders: orders are missing: land them too' as warning,
    cast(count(*) as bigint) as warned_rows

from {{ ref('int_web_events') }}

where
    not exists (select 1 from {{ ref('int_orders') }})
    and not exists (select 1 from {{ ref('int_web_purchases') }})

group by _source_file

union all

select
    'orders' as raw_table,
    orders._source_file,
    'orders without source: revenue by day only; for journeys take the export with attribution'
    || ', or a page log' as warning,
    cast(count(*) as bigint) as warned_rows

from {{ ref('int_orders') }} as orders

inner join {{ ref('int_order_users') }} as users on orders.order_key = users.order_key

where
    orders.is_counted
    and users.user_id not in (select touches.user_id from {{ ref('int_web_touches') }} as touches)
    and users.user_id not in (select touches.user_id from {{ ref('int_order_touches') }} as touches)

group by orders._source_file

union all

select
    raw_table,
    _source_file,
    'columns that look like money are not used: ' || unknown_columns as warning,
    landed_rows as warned_rows

from {{ ref('stg_landed_files') }}

where
    -- the layouts of logs and orders know which of the shop's amounts is the order's
    raw_table not in ('web_events', 'orders') and {{ looks_like_money('unknown_columns') }}

union all

-- what landing had to assume about a whole file
select
    raw_table,
    _source_file,
    warning,
    landed_rows as warned_rows

from {{ ref('stg_landed_files') }}

where warning is not null
