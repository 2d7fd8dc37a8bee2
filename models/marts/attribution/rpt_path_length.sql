with lengths as (

    select
        touches,
        cast(count_if(is_converting) as bigint) as conversions,
        cast(count_if(not is_converting) as bigint) as non_conversions,
        cast(count(*) as bigint) as journeys,
        cast(sum(revenue) as decimal(18, 2)) as revenue

    from {{ ref('int_path_journeys') }}

    group by touches

)

select
    touches,
    conversions,
    non_conversions,
    {{ rate('conversion_rate', 'conversions', 'journeys') }},
    revenue

from lengths
