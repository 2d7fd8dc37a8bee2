{#- the windows, shortest first: a touch is in the first that reaches it and in all longer ones -#}
{%- set windows = (var('sensitivity_lookback_days') + [var('lookback_days')]) | unique | sort %}

with reached as (

    select
        *,
        case
            {%- for days in windows %}
            when touched_at >= converted_at - interval '{{ days }}' day then {{ days }}
            {%- endfor %}
        end as from_days

    from {{ ref('int_touches_before_conversion') }}

),

-- the windows that give a conversion another path than the next shorter one
paths as (

    select
        conversion_id,
        from_days,
        lead(from_days) over (partition by conversion_id order by from_days) as until_days

    from reached

    where from_days is not null

    group by conversion_id, from_days

),

placed as (

    select
        paths.conversion_id,
        paths.from_days,
        paths.until_days,
        reached.ad_platform,
        {{ path_columns('paths.conversion_id, paths.from_days') }}

    from paths

    inner join reached
        on paths.conversion_id = reached.conversion_id
        and paths.from_days >= reached.from_days

),

weighed as (

    select
        conversion_id,
        from_days,
        until_days,
        ad_platform,
        {{ rule_weights('conversion_id, from_days') }}

    from placed

),

summed as (

    select
        weighed.from_days,
        weighed.until_days,
        {%- for model in rule_models() %}
        sum(weighed.{{ model }}) as {{ model }},
        sum(cast(conversions.revenue as decimal(20, 2)) * weighed.{{ model }})
            as {{ model }}_revenue,
        {%- endfor %}
        weighed.ad_platform

    from weighed

    inner join {{ ref('fct_conversions') }} as conversions
        on weighed.conversion_id = conversions.conversion_id

    group by weighed.from_days, weighed.until_days, weighed.ad_platform

)

select
    lookbacks.lookback_days,
    {%- for model in rule_models() %}
    sum(summed.{{ model }}) as {{ model }},
    sum(summed.{{ model }}_revenue) as {{ model }}_revenue,
    {%- endfor %}
    summed.ad_platform

from summed

inner join {{ lookbacks() }}
    on summed.from_days <= lookbacks.lookback_days
    and coalesce(summed.until_days > lookbacks.lookback_days, true)

group by lookbacks.lookback_days, summed.ad_platform
