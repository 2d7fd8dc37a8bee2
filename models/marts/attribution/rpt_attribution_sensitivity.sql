with summed as (

    select * from {{ ref('int_attribution_by_lookback') }}

),

rules as (

    select attribution_model

    from {{ ref('attribution_models') }}

    where has_touch_credits and attribution_model not in ('markov_path', 'platform_rule')

),

credited as (

    select
        summed.lookback_days,
        summed.ad_platform,
        rules.attribution_model,
        case rules.attribution_model
            {%- for model in rule_models() %}
            when '{{ model }}' then summed.{{ model }}
            {%- endfor %}
        end as conversions,
        case rules.attribution_model
            {%- for model in rule_models() %}
            when '{{ model }}' then summed.{{ model }}_revenue
            {%- endfor %}
        end as revenue

    from summed

    cross join rules

),

platforms as (

    select
        performance.ad_platform,
        performance.attribution_model,
        performance.spend,
        performance.is_simulated

    from {{ ref('int_channel_performance_by_touch') }} as performance

    inner join rules on performance.attribution_model = rules.attribution_model

    where performance.level = 'platform' and performance.ad_platform <> 'unattributed'

),

measured as (

    select
        platforms.ad_platform,
        platforms.attribution_model,
        lookbacks.lookback_days,
        platforms.spend,
        platforms.is_simulated,
        cast(coalesce(credited.conversions, 0) as double) as conversions,
        -- NULL when the source has no revenue for the credited conversions
        case
            when credited.ad_platform is null then cast(0 as decimal(18, 2))
            else cast(credited.revenue as decimal(18, 2))
        end as revenue

    from platforms

    cross join {{ lookbacks() }}

    left join credited
        on platforms.ad_platform = credited.ad_platform
        and platforms.attribution_model = credited.attribution_model
        and lookbacks.lookback_days = credited.lookback_days

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
