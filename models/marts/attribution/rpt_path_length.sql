with lengths as (

    select
        journeys.touches,
        cast(count(journeys.conversion_id) as bigint) as conversions,
        cast(count(*) - count(journeys.conversion_id) as bigint) as non_conversions,
        cast(sum(conversions.revenue) as decimal(18, 2)) as revenue

    from {{ ref('int_journeys') }} as journeys

    left join {{ ref('fct_conversions') }} as conversions
        on journeys.conversion_id = conversions.conversion_id

    group by journeys.touches

)

select
    lengths.touches,
    lengths.conversions,
    lengths.non_conversions,
    lengths.revenue,
    flags.is_revenue_simulated

from lengths

cross join {{ ref('int_simulation_flags') }} as flags
