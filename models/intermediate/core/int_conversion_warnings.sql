select
    interactions.raw_table,
    interactions._source_file,
    case
        when interactions.is_duplicate then 'conversion that ad_events has, too: counted once'
        else 'conversion that ad_events may have, too: counted twice'
    end as warning,
    interactions.ad_platform as name,
    interactions.revenue as amount

from {{ ref('int_conversions_deduplicated') }} as interactions

inner join (
    select distinct
        user_id,
        cast(converted_at as date) as converted_date,
        revenue
    from {{ ref('int_conversions_deduplicated') }}
    where raw_table = 'ad_events' and not is_duplicate
) as of_events
    on interactions.user_id = of_events.user_id
    and coalesce(interactions.revenue, -1) = coalesce(of_events.revenue, -1)
    and (
        interactions.is_order_approximate
        or cast(interactions.converted_at as date) = of_events.converted_date
    )

where interactions.raw_table = 'ad_interactions'

union all

select
    orders.raw_table,
    orders._source_file,
    'order that ad_events has, too: counted once, as it is there' as warning,
    orders.conversion_id as name,
    orders.revenue as amount

from {{ ref('int_conversions_deduplicated') }} as orders

where orders.is_duplicate and orders.raw_table not in ('ad_events', 'ad_interactions')

union all

select
    'orders' as raw_table,
    _source_file,
    'order with a status that seeds/lookups/order_statuses.csv does not list: counted as a sale'
        as warning,
    unlisted_status as name,
    revenue as amount

from {{ ref('int_orders') }}

where unlisted_status is not null

union all

select
    'ad_events' as raw_table,
    refunds._source_file,
    'refund of a conversion that is not in the data' as warning,
    refunds.conversion_id as name,
    refunds.revenue as amount

from {{ ref('int_events_deduplicated') }} as refunds

left join {{ ref('int_conversions_deduplicated') }} as conversions
    on refunds.conversion_id = conversions.conversion_id
    and conversions.raw_table = 'ad_events'

where refunds.event_type = 'refund' and conversions.conversion_id is null

union all

select
    raw_table,
    _source_file,
    'conversion without a time of day: counted at the end of its day' as warning,
    cast(cast(converted_at as date) as varchar) as name,
    revenue as amount

from {{ ref('int_conversions_deduplicated') }}

where is_time_missing and not is_duplicate
