with paths as (

    select
        journeys.path,
        cast(count(journeys.conversion_id) as bigint) as conversions,
        cast(count(*) - count(journeys.conversion_id) as bigint) as non_conversions,
        cast(sum(conversions.revenue) as decimal(18, 2)) as revenue

    from {{ ref('int_journeys') }} as journeys

    left join {{ ref('fct_conversions') }} as conversions
        on journeys.conversion_id = conversions.conversion_id

    group by journeys.path

)

select
    paths.path,
    paths.conversions,
    paths.non_conversions,
    paths.revenue,
    flags.is_revenue_simulated

from paths

cross join {{ ref('int_simulation_flags') }} as flags

order by paths.conversions desc, paths.non_conversions desc, paths.path

limit 1000
