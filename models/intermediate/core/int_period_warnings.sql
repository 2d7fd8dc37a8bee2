{%- set days_of = {} -%}
{%- for span in ['bill', 'period'] -%}
    {%- do days_of.update({
        span: 'cast(' ~ span ~ ".first_date as varchar) || ' to ' || cast(" ~ span
        ~ '.last_date as varchar)'
    }) -%}
{%- endfor -%}

with period as (

    select * from {{ ref('int_event_period') }}

),

bill as (

    select
        cast(min(spend_date) as date) as first_date,
        cast(max(spend_date) as date) as last_date,
        max(_source_file) as _source_file

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null and spend > 0

),

-- an ROI of money and events that are not of the same days is wrong, and nothing else shows it
spend_outside as (

    select
        used._source_file,
        cast(count(*) as bigint) as warned_rows,
        cast(sum(used.spend) as decimal(18, 2)) as spend

    from {{ ref('stg_ad_spend') }} as used

    cross join period

    where
        used.reject_reason is null
        and used.spend > 0
        and (used.spend_date < period.first_date or used.spend_date > period.last_date)

    group by used._source_file

),

events_outside as (

    select cast(count(distinct touches.touched_date) as bigint) as event_days

    from {{ ref('int_touches_daily') }} as touches

    cross join bill

    where
        not touches.is_order_approximate
        and (touches.touched_date < bill.first_date or touches.touched_date > bill.last_date)

)

select
    'ad_spend' as raw_table,
    spend_outside._source_file,
    'spend outside the days of the events: ' || cast(spend_outside.spend as varchar)
    || ' (bill ' || {{ days_of.bill }} || ', events ' || {{ days_of.period }} || ')' as warning,
    spend_outside.warned_rows

from spend_outside

cross join bill

cross join period

union all

select
    'ad_spend' as raw_table,
    bill._source_file,
    'events outside the days of the bill: ' || cast(events_outside.event_days as varchar)
    || ' days (bill ' || {{ days_of.bill }} || ', events ' || {{ days_of.period }} || ')'
        as warning,
    events_outside.event_days as warned_rows

from events_outside

cross join bill

cross join period

where events_outside.event_days > 0
