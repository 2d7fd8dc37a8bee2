{%- set order = var('markov_order') | int -%}

with touches as (

    select * from {{ ref('int_path_touches') }}

),
{% for level in ['platform', 'campaign'] %}
{%- set number = level ~ '_number' %}
-- a state is {{ order }} touch(es) in a row; a path shorter than that is one state
{{ level }}_states as (

    select
        is_converting,
        journey_id,
        user_bucket,
        touch_index,
        touches_in_path,
        cast({{ number }} as varchar)
        {%- for step in range(1, order) %}
        || coalesce('>' || cast(lead({{ number }}, {{ step }}) over journey as varchar), '')
        {%- endfor %} as state

    from touches

    where {{ number }} is not null

    window journey as (partition by is_converting, journey_id order by touch_index)

),

{{ level }}_moves as (

    select
        '{{ level }}' as level,
        is_converting,
        user_bucket,
        state,
        lag(state) over (
            partition by is_converting, journey_id
            order by touch_index
        ) as previous_state,
        touch_index = greatest(touches_in_path - {{ order - 1 }}, 1) as is_last

    from {{ level }}_states

    where touch_index <= greatest(touches_in_path - {{ order - 1 }}, 1)

),
{% endfor %}
moves as (

    select * from platform_moves

    union all

    select * from campaign_moves

),

counted as (

    select
        level,
        is_converting,
        user_bucket,
        state,
        previous_state,
        is_last,
        cast(count(*) as bigint) as moves

    from moves

    group by level, is_converting, user_bucket, state, previous_state, is_last

),

-- a move arrives at a state, and a journey's last one leaves it for the end; equal states merge
edges as (

    select
        counted.level,
        counted.user_bucket,
        case
            when sides.side = 'arrival' then coalesce(counted.previous_state, '(start)')
            else counted.state
        end as from_state,
        case
            when sides.side = 'arrival' then counted.state
            when counted.is_converting then '(conversion)'
            else '(null)'
        end as to_state,
        counted.moves

    from counted

    cross join (values ('arrival'), ('end')) as sides (side)

    where
        case
            when sides.side = 'end' then counted.is_last
            else counted.previous_state is null or counted.previous_state <> counted.state
        end

)

select
    level,
    user_bucket,
    from_state,
    to_state,
    cast(sum(moves) as bigint) as journeys

from edges

group by level, user_bucket, from_state, to_state
