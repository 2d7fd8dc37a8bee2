-- Without it the Markov chain loses or invents journeys: as many must end as begin, all of them.
{{ config(group='attribution') }}

with journeys as (

    select
        count(*) as journeys,
        count(conversion_id) as conversions

    from {{ ref('int_journeys') }}

),

edges as (

    select
        levels.level,
        sum(case when edges.from_state = '(start)' then edges.journeys else 0 end) as begun,
        sum(case when edges.to_state = '(conversion)' then edges.journeys else 0 end) as converted,
        sum(case when edges.to_state = '(null)' then edges.journeys else 0 end) as lost

    from (select distinct level from {{ ref('int_markov_channels') }}) as levels

    left join {{ ref('int_markov_transitions') }} as edges on levels.level = edges.level

    group by levels.level

)

select edges.*, journeys.journeys, journeys.conversions

from edges

cross join journeys

where
    edges.begun <> journeys.journeys
    or edges.converted <> journeys.conversions
    or edges.begun <> edges.converted + edges.lost
