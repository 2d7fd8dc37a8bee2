with paths as (

    select
        path,
        cast(count_if(is_converting) as bigint) as conversions,
        cast(count_if(not is_converting) as bigint) as non_conversions,
        cast(count(*) as bigint) as journeys,
        cast(sum(revenue) as decimal(18, 2)) as revenue

    from {{ ref('int_path_journeys') }}

    group by path

)

select
    path,
    conversions,
    non_conversions,
    {{ rate('conversion_rate', 'conversions', 'journeys') }},
    revenue

from paths

order by conversions desc, non_conversions desc, path

limit 1000
