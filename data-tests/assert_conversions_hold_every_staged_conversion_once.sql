-- Without it the join with the last touch multiplies or loses conversions and their revenue.
with expected as (

    select
        cast(converted_at as date) as converted_on,
        count(*) as conversions,
        sum(revenue) as revenue

    from {{ ref('int_conversions_deduplicated') }}

    where not is_duplicate

    group by cast(converted_at as date)

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
    expected.conversions as conversions_expected,
    found.conversions,
    expected.revenue as revenue_expected,
    found.revenue

from expected

full outer join found using (converted_on)

where
    coalesce(expected.conversions, 0) <> coalesce(found.conversions, 0)
    or coalesce(expected.revenue, 0) <> coalesce(found.revenue, 0)
