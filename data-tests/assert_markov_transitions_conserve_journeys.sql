-- Without it the Markov chain loses or invents journeys: every journey must start and end once.
{{ config(group='attribution') }}

with transitions as (

    select * from {{ ref('int_markov_transitions') }}

),

journeys as (

    select
        count(*) as journeys,
        count(conversion_id) as conversions

    from {{ ref('int_journeys') }}

),

levels as (

    select distinct level from {{ ref('int_markov_channels') }}

),

counted as (

    select
        levels.level,
        sum(case when transitions.from_state = '(start)' then transitions.transitions else 0 end)
            as begun,
        sum(case when transitions.to_state = '(conversion)' then transitions.transitions else 0 end)
            as converted,
        sum(case when transitions.to_state = '(null)' then transitions.transitions else 0 end)
            as lost

    from levels

    left join transitions on levels.level = transitions.level

    group by levels.level

)

select counted.*, journeys.journeys, journeys.conversions

from counted

cross join journeys

where
    counted.begun <> journeys.journeys
    or counted.converted <> journeys.conversions
    or counted.begun <> counted.converted + counted.lost
