-- an id that begins again with each export loses all conversions but the first
select
    repeated.raw_table,
    rows_of_events._source_file,
    'event_id repeats with another user, time or amount: only the first counts' as warning,
    repeated.source_id as name,
    rows_of_events.revenue as amount

from {{ ref('int_duplicate_rows') }} as repeated

inner join {{ ref('stg_ad_events') }} as rows_of_events
    on repeated._source_file = rows_of_events._source_file
    and repeated._source_line = rows_of_events._source_line

inner join {{ ref('int_events_deduplicated') }} as kept
    on repeated.source_id = kept.event_id

where
    repeated.raw_table = 'ad_events'
    and rows_of_events.event_type = 'conversion'
    and (
        rows_of_events.event_type <> kept.event_type
        or rows_of_events.user_id <> kept.user_id
        or rows_of_events.occurred_at <> kept.occurred_at
        or coalesce(rows_of_events.revenue, 0) <> coalesce(kept.revenue, 0)
    )

union all

-- an order number that starts again each day loses all but its first order
select
    repeated.raw_table,
    repeated._source_file,
    'conversion_id repeats with another user, day or amount: only the earliest counts' as warning,
    repeated.conversion_id as name,
    repeated.revenue as amount

from {{ ref('int_conversions_deduplicated') }} as repeated

inner join {{ ref('int_conversions_deduplicated') }} as kept
    on repeated.raw_table = kept.raw_table
    and repeated.conversion_id = kept.conversion_id
    and not kept.is_duplicate

where
    repeated.is_duplicate
    and (
        repeated.user_id <> kept.user_id
        or cast(repeated.converted_at as date) <> cast(kept.converted_at as date)
        or coalesce(repeated.revenue, 0) <> coalesce(kept.revenue, 0)
    )

union all

-- receipts that are numbered anew each day are no orders of one id
select
    'orders' as raw_table,
    lines._source_file,
    'order_id repeats with another customer, day or amount: only one counts' as warning,
    lines.order_id as name,
    lines.revenue as amount

from {{ ref('stg_orders') }} as lines

inner join {{ ref('int_orders') }} as kept on lines.order_key = kept.order_key

where
    lines.reject_reason is null
    and lines.counts
    and lines.revenue is not null
    and (
        cast(lines.ordered_at as date) <> cast(kept.ordered_at as date)
        or (
            lines.account_key <> kept.account_key
            and not lines.account_key like 'order:%'
            and not kept.is_guest
        )
        -- a later file may know of a changed amount
        or (lines._source_file = kept._source_file and lines.revenue <> kept.revenue)
    )

union all

select
    'web_events' as raw_table,
    repeated._source_file,
    'order_id repeats with another customer, day or amount: only one counts' as warning,
    repeated.order_id as name,
    repeated.revenue as amount

from {{ ref('int_web_events') }} as repeated

inner join {{ ref('int_web_purchases') }} as kept
    on repeated.order_key = kept.order_key
    and repeated.event_id <> kept.event_id
    and not kept.is_in_orders

where
    repeated.event_name = 'purchase'
    and (
        repeated.user_id <> kept.user_id
        or cast(repeated.occurred_at as date) <> cast(kept.purchased_at as date)
        or coalesce(repeated.revenue, 0) <> coalesce(kept.revenue, 0)
    )
