with rules as (

    {{ listed_rule_models() }}

),

credited as (

    select
        summed.lookback_days,
        summed.ad_platform,
        {%- for figure, suffix in [('conversions', ''), ('revenue', '_revenue')] %}
        case rules.attribution_model
            {%- for model in rule_models() %}
            when '{{ model }}' then summed.{{ model }}{{ suffix }}
            {%- endfor %}
        end as {{ figure }},
        {%- endfor %}
        rules.attribution_model

    from {{ ref('int_attribution_by_lookback') }} as summed

    cross join rules

),

measured as (

    select
        performance.ad_platform,
        performance.attribution_model,
        lookbacks.lookback_days,
        performance.spend,
        performance.is_simulated,
        cast(coalesce(credited.conversions, 0) as double) as conversions,
        -- NULL when the source has no revenue for the credited conversions
        case
            when credited.ad_platform is null then cast(0 as decimal(18, 2))
            else cast(credited.revenue as decimal(18, 2))
        end as revenue

    from {{ ref('int_channel_performance_by_touch') }} as performance

    inner join rules on performance.attribution_model = rules.attribution_model

    cross join {{ lookbacks() }}

    left join credited
        on performance.ad_platform = credited.ad_platform
        and performance.attribution_model = credited.attribution_model
        and lookbacks.lookback_days = credited.lookback_days

    where performance.level = 'platform' and performance.ad_platform <> 'unattributed'

),

with_ratios as (

    select
        ad_platform,
        attribution_model,
        lookback_days,
        spend,
        conversions,
        {{ safe_divide(
            'conversions', 'sum(conversions) over (partition by attribution_model, lookback_days)'
        ) }} as share,
        revenue,
        {{ roi('revenue') }} as roi,
        {{ cpa() }} as cpa,
        is_simulated

    from measured

)

select
    *,
    case
        when roi is not null and not is_simulated
            then rank() over (partition by attribution_model, lookback_days order by roi desc)
    end as roi_rank

from with_ratios
