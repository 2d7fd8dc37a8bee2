{%- set order = var('markov_order') | int -%}
{%- set touches = [('previous_platform', 'previous_campaign'), ('ad_platform', 'campaign_id')] -%}
{%- for step in range(1, order) -%}
    {%- do touches.append(('platform_after_' ~ step, 'campaign_after_' ~ step)) -%}
{%- endfor -%}

-- a state is {{ order }} consecutive touch(es); a shorter path is one state
with steps as (

    select
        {%- for touch in touches %}
        {{ touch | join(', ') }},
        {%- endfor %}
        user_bucket,
        conversion_id is not null as is_converting,
        is_last,
        count(*) as touches

    from {{ ref('int_journey_touches') }}
    {%- if order > 1 %}

    where touch_index = 1 or platform_after_{{ order - 1 }} is not null
    {%- endif %}

    group by
        {%- for touch in touches %}
        {{ touch | join(', ') }},
        {%- endfor %}
        user_bucket,
        conversion_id is not null,
        is_last

),

steps_by_level as (

    select
        levels.level,
        steps.is_converting,
        steps.user_bucket,
        {%- for state, first in [('previous_state', 0), ('state', 1)] %}
        {% for touch in range(first, first + order) -%}
        {{ ' || ' if not loop.first }}
        {%- set number = 'cast(channel_' ~ touch ~ '.channel_number as varchar)' -%}
        {{ number if touch == first else "coalesce('>' || " ~ number ~ ", '')" }}
        {%- endfor %} as {{ state }},
        {%- endfor %}
        steps.is_last,
        steps.touches

    from steps

    cross join (values ('platform'), ('campaign')) as levels (level)
    {% for platform, campaign in touches %}
    {%- set channel = 'channel_' ~ loop.index0 %}
    {{ 'inner' if loop.index0 == 1 else 'left' }} join
        {{ ref('int_markov_channels') }} as {{ channel }}
        on levels.level = {{ channel }}.level
        and steps.{{ platform }} = {{ channel }}.ad_platform
        and case levels.level when 'platform' then 'all' else steps.{{ campaign }} end
        = {{ channel }}.campaign_id
    {% endfor %}
),

counted as (

    select
        level,
        is_converting,
        user_bucket,
        state,
        previous_state,
        is_last,
        cast(sum(touches) as bigint) as touches

    from steps_by_level

    group by level, is_converting, user_bucket, state, previous_state, is_last

),

-- each touch is a transition into its state; the last one is also a transition to the end
transitions as (

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
        counted.touches

    from counted

    cross join (values ('arrival'), ('end')) as sides (side)

    where
        case
            when sides.side = 'end' then counted.is_last
            else counted.previous_state is null or counted.previous_state <> counted.state
        end

),

by_bucket as (

    select
        level,
        user_bucket,
        from_state,
        to_state,
        cast(sum(touches) as bigint) as transitions

    from transitions

    group by level, user_bucket, from_state, to_state

)

-- all buckets in one row: the solver reads one row per transition instead of 200
select
    level,
    from_state,
    to_state,
    cast(sum(transitions) as bigint) as transitions,
    {{ join_text(
        "cast(user_bucket as varchar) || ' ' || cast(transitions as varchar)", ' ', 'user_bucket'
    ) }} as transitions_by_bucket

from by_bucket

group by level, from_state, to_state
