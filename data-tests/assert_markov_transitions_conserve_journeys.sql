-- Without it the Markov chain loses or invents journeys: as many must end as begin, all of them.
{{ config(group='attribution') }}

with journeys as (

    select
        count(*) as journeys,
        count(conversion_id) as conversions

    from {{ ref('int_journeys') }}

),

transitions as (

    select
        levels.level,
        sum(case when transitions.from_state = '(start)' then transitions.transitions else 0 end) as begun,
        sum(case when transitions.to_state = '(conversion)' then transitions.transitions else 0 end) as converted,
        sum(case when transitions.to_state = '(null)' then transitions.transitions else 0 end) as lost

    from (select distinct level from {{ ref('int_markov_channels') }}) as levels

    left join {{ ref('int_markov_transitions') }} as transitions on levels.level = transitions.level

    group by levels.level

)

select transitions.*, journeys.journeys, journeys.conversions

from transitions

cross join journeys

where
    transitions.begun <> journeys.journeys
    or transitions.converted <> journeys.conversions
    or transitions.begun <> edges.converted + edges.lost
