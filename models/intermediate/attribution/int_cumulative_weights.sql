{{ config(materialized='view') }}

{%- set models = rule_models() + ['markov_path'] %}

with removal_effects as (

    -- decimals: their sum is the same in any order and on both engines
    select ad_platform, cast(removal_effect as decimal(19, 18)) as removal_effect

    from {{ ref('removal_effects') }}

    where level = 'platform'

),

effects_in_path as (

    select
        weights.*,
        removal_effects.removal_effect,
        count(removal_effects.removal_effect) over (partition by weights.conversion_id)
            as touches_with_effect,
        sum(removal_effects.removal_effect) over (partition by weights.conversion_id)
            as effect_of_path

    from {{ ref('int_conversion_paths') }} as weights

    left join removal_effects on weights.ad_platform = removal_effects.ad_platform

),

weights as (

    select
        *,
        case
            -- an effect is missing, or all are 0: as linear
            when touches_with_effect < touches_in_path or effect_of_path = 0 then linear
            else cast({{ safe_divide('removal_effect', 'effect_of_path') }} as decimal(13, 12))
        end as markov_path

    from effects_in_path

)

-- share of the conversion before this touch and through it; the last touch completes it to 1
select
    {%- for model in models %}
    cast(
        least(coalesce(sum({{ model }}) over touches_before, 0), 1) as decimal(13, 12)
    ) as {{ model }}_before,
    case
        when touch_index = touches_in_path then cast(1 as decimal(13, 12))
        else cast(least(sum({{ model }}) over touches_through, 1) as decimal(13, 12))
    end as {{ model }}_through,
    {%- endfor %}
    conversion_id,
    touch_id,
    user_id,
    ad_platform,
    campaign_id,
    touched_at

from weights

window
    touches_before as (
        partition by conversion_id
        order by touch_index
        rows between unbounded preceding and 1 preceding
    ),
    touches_through as (
        partition by conversion_id
        order by touch_index
        rows between unbounded preceding and current row
    )
