-- Without it finding a conversion's last touch multiplies or loses conversions and their revenue.
with staged as (

    select
        cast(occurred_at as date) as converted_on,
        revenue

    from {{ ref('int_events') }}

    where event_type = 'conversion'

    union all

    select
        cast(interacted_at as date) as converted_on,
        revenue

    from {{ ref('int_interactions') }}

    where conversions = 1

),

expected as (

    select
        converted_on,
        count(*) as conversions,
        sum(revenue) as revenue

    from staged

    group by converted_on

),

found as (

    select
        cast(converted_at as date) as converted_on,
        count(*) as conversions,
        sum(case when not is_revenue_simulated then revenue end) as revenue

    from {{ ref('fct_conversions') }}

    group by cast(converted_at as date)

)

select
    converted_on,
    expected.conversions as conversions_staged,
    found.conversions,
    expected.revenue as revenue_staged,
    found.revenue

from expected

full outer join found using (converted_on)

where
    coalesce(expected.conversions, 0) <> coalesce(found.conversions, 0)
    or coalesce(expected.revenue, 0) <> coalesce(found.revenue, 0)
