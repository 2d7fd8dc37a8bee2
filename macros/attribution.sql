{# The attribution models that need only the path; each is a column of int_conversion_paths. #}
{% macro rule_models() %}
    {{ return([
        'first_touch', 'last_touch', 'linear', 'position_based', 'time_decay', 'shapley'
    ]) }}
{%- endmacro %}

{# Those of them that the seed lists, one per row. #}
{% macro listed_rule_models() -%}
    select attribution_model from {{ ref('attribution_models') }}

    where attribution_model in ('{{ rule_models() | join("', '") }}')
{%- endmacro %}

{# The attribution model of the answers; last_touch where it is one that needs more than the path. #}
{% macro rule_model() %}
    {%- set chosen = var('attribution_model') -%}
    {{ return(chosen if chosen in rule_models() else 'last_touch') }}
{%- endmacro %}

{#
    Position of a touch in its path. `path`: the columns that identify a path. A window that
    includes a touch includes all later ones, so touches_after is the same in every window.
#}
{% macro path_columns(path) -%}
    count(*) over (partition by {{ path }}) - touches_after as touch_index,
    count(*) over (partition by {{ path }}) as touches_in_path,
    count(*) over (partition by {{ path }}, ad_platform) as touches_of_platform,
    -- relative to the path's last touch, so that weights of old paths do not underflow to 0
    power(
        0.5e0,
        date_diff('millisecond', touched_at, max(touched_at) over (partition by {{ path }}))
        / ({{ var('half_life_days') }} * 86400000e0)
    ) as decay
{%- endmacro %}

{#
    The weight of a touch under each rule, from the path_columns. Decimals, so that sums are exact
    and the same on both engines.
#}
{% macro rule_weights(path) -%}
    {%- set ends = var('position_based_weights') -%}
    {%- if ends.first < 0 or ends.last < 0 or ends.first + ends.last > 1
        or ends.first + ends.last == 0 -%}
        {{ exceptions.raise_compiler_error(
            "position_based_weights: first and last must not be negative, and add up to more than "
            ~ "0 and at most 1"
        ) }}
    {%- endif -%}
    {%- set first = 'cast(' ~ ends.first ~ ' as double)' -%}
    {%- set last = 'cast(' ~ ends.last ~ ' as double)' -%}
    cast(case when touch_index = 1 then 1 else 0 end as decimal(13, 12)) as first_touch,
    cast(case when touch_index = touches_in_path then 1 else 0 end as decimal(13, 12))
        as last_touch,
    cast(1e0 / touches_in_path as decimal(13, 12)) as linear,
    cast(
        case
            when touches_in_path = 1 then 1e0
            when touches_in_path = 2 and touch_index = 1 then {{ first }} / ({{ first }} + {{ last }})
            when touches_in_path = 2 then {{ last }} / ({{ first }} + {{ last }})
            when touch_index = 1 then {{ first }}
            when touch_index = touches_in_path then {{ last }}
            else (1e0 - {{ first }} - {{ last }}) / (touches_in_path - 2)
        end as decimal(13, 12)
    ) as position_based,
    cast(decay / sum(decay) over (partition by {{ path }}) as decimal(13, 12)) as time_decay,
    cast(
        1e0 / touches_of_platform / sum(1e0 / touches_of_platform) over (partition by {{ path }})
        as decimal(13, 12)
    ) as shapley
{%- endmacro %}

{# One of 200 buckets of users, by hash, for the bootstrap. The same on every engine and run. #}
{% macro user_bucket(user_id='user_id') -%}
    cast(floor({{ hash_unit("'bootstrap|' || " ~ user_id) }} * 200e0) as bigint)
{%- endmacro %}

{# The lookback windows to compare, that of the answers among them, as a relation. #}
{% macro lookbacks() -%}
    (
        values
        {%- for days in (var('sensitivity_lookback_days') + [var('lookback_days')]) | unique %}
        (cast({{ days }} as bigint)){{ ',' if not loop.last }}
        {%- endfor %}
    ) as lookbacks (lookback_days)
{%- endmacro %}

{# Touches per platform as one text: `number:touches`, separated by blanks. #}
{% macro path_profile() -%}
    {{ join_text(
        "cast(platform_number as varchar) || ':' || cast(touches as varchar)",
        ' ',
        'platform_number'
    ) }}
{%- endmacro %}
