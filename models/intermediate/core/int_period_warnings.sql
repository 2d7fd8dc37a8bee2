with spent as (

    select
        'ad_spend' as raw_table,
        _source_file,
        spend_date as first_day,
        spend_date as last_day,
        spend

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null and spend > 0

    union all

    select
        'ad_reports' as raw_table,
        _source_file,
        period_start as first_day,
        period_end as last_day,
        spend

    from {{ ref('fct_ad_reports') }}

    where is_in_totals and spend > 0 and period_start is not null

),

spans as (

    select
        raw_table,
        case raw_table when 'ad_spend' then 'bill' else 'reports' end as kind,
        cast(min(first_day) as date) as first_date,
        cast(max(last_day) as date) as last_date,
        max(_source_file) as last_file

    from spent

    group by raw_table

),

-- of bills and reports together: `ad_spend` comes last
span as (

    select
        max(raw_table) as raw_table,
        max_by(kind, raw_table) as kind,
        min(first_date) as first_date,
        max(last_date) as last_date,
        max_by(last_file, raw_table) as last_file

    from spans

),

-- an ROI of money and events that are not of the same days is wrong, and nothing else shows it
outside as (

    select
        spent.raw_table,
        spent._source_file,
        'spend outside the days of the events: '
        || cast(cast(sum(spent.spend) as decimal(18, 2)) as varchar) as finding,
        count(*) as warned_rows,
        spans.kind,
        spans.first_date,
        spans.last_date

    from spent

    inner join spans on spent.raw_table = spans.raw_table

    cross join {{ ref('int_event_period') }} as period

    where spent.last_day < period.first_date or spent.first_day > period.last_date

    group by
        spent.raw_table,
        spent._source_file,
        spans.kind,
        spans.first_date,
        spans.last_date

    union all

    select
        span.raw_table,
        span.last_file as _source_file,
        'events outside the days of the ' || span.kind || ': '
        || cast(count(distinct touches.touched_date) as varchar) || ' days' as finding,
        count(distinct touches.touched_date) as warned_rows,
        span.kind,
        span.first_date,
        span.last_date

    from {{ ref('int_touches_daily') }} as touches

    cross join span

    where
        not touches.is_order_approximate
        and (touches.touched_date < span.first_date or touches.touched_date > span.last_date)

    group by span.raw_table, span.last_file, span.kind, span.first_date, span.last_date

)

select
    outside.raw_table,
    outside._source_file,
    outside.finding || ' (' || outside.kind || ' ' || cast(outside.first_date as varchar) || ' to '
    || cast(outside.last_date as varchar) || ', events ' || cast(period.first_date as varchar)
    || ' to ' || cast(period.last_date as varchar) || ')' as warning,
    cast(outside.warned_rows as bigint) as warned_rows

from outside

cross join {{ ref('int_event_period') }} as period
