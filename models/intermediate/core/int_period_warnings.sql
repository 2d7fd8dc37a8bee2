{%- set words_of = {} -%}
{%- for table in ['spend_outside', 'span'] -%}
    {%- do words_of.update({
        table: "case when " ~ table ~ ".raw_table = 'ad_spend' then 'bill' else 'reports' end"
    }) -%}
{%- endfor -%}
{%- set days_of = {} -%}
{%- for span in ['span', 'period'] -%}
    {%- do days_of.update({
        span: 'cast(' ~ span ~ ".first_date as varchar) || ' to ' || cast(" ~ span
        ~ '.last_date as varchar)'
    }) -%}
{%- endfor -%}

with period as (

    select * from {{ ref('int_event_period') }}

),

spent as (

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
        cast(min(first_day) as date) as first_date,
        cast(max(last_day) as date) as last_date

    from spent

    group by raw_table

),

-- of bills and reports together: `ad_spend` comes last
span as (

    select
        max(raw_table) as raw_table,
        cast(min(first_day) as date) as first_date,
        cast(max(last_day) as date) as last_date,
        max(case when raw_table = 'ad_spend' then _source_file end) as bill_file,
        max(_source_file) as any_file

    from spent

),

-- an ROI of money and events that are not of the same days is wrong, and nothing else shows it
spend_outside as (

    select
        spent.raw_table,
        spent._source_file,
        cast(count(*) as bigint) as warned_rows,
        cast(sum(spent.spend) as decimal(18, 2)) as spend

    from spent

    cross join period

    where spent.last_day < period.first_date or spent.first_day > period.last_date

    group by spent.raw_table, spent._source_file

),

events_outside as (

    select cast(count(distinct touches.touched_date) as bigint) as event_days

    from {{ ref('int_touches_daily') }} as touches

    cross join span

    where
        not touches.is_order_approximate
        and (touches.touched_date < span.first_date or touches.touched_date > span.last_date)

)

select
    spend_outside.raw_table,
    spend_outside._source_file,
    'spend outside the days of the events: ' || cast(spend_outside.spend as varchar)
    || ' (' || {{ words_of.spend_outside }} || ' ' || {{ days_of.span }}
    || ', events ' || {{ days_of.period }} || ')' as warning,
    spend_outside.warned_rows

from spend_outside

inner join spans as span on spend_outside.raw_table = span.raw_table

cross join period

union all

select
    span.raw_table,
    coalesce(span.bill_file, span.any_file) as _source_file,
    'events outside the days of the ' || {{ words_of.span }} || ': '
    || cast(events_outside.event_days as varchar)
    || ' days (' || {{ words_of.span }} || ' ' || {{ days_of.span }}
    || ', events ' || {{ days_of.period }} || ')'
        as warning,
    events_outside.event_days as warned_rows

from events_outside

cross join span

cross join period

where events_outside.event_days > 0
