with summed as (

    select * from {{ ref('int_attribution_lookbacks') }}

),

platforms as (

    select
        ad_platform,
        attribution_model,
        spend

    from {{ ref('int_returns_credited') }}

    where
        level = 'platform'
        and ad_platform <> 'unattributed'
        and attribution_model in ('{{ rule_models() | join("', '") }}')

),

measured as (

    select
        platforms.ad_platform,
        platforms.attribution_model,
        lookbacks.lookback_days,
        platforms.spend,
        cast(coalesce(
            case platforms.attribution_model
                {%- for model in rule_models() %}
                when '{{ model }}' then summed.{{ model }}
                {%- endfor %}
            end, 0
        ) as double) as conversions,
        -- null where conversions are credited but nobody knows their revenue
        case
            when summed.ad_platform is null then cast(0 as decimal(18, 2))
            else cast(
                case platforms.attribution_model
                    {%- for model in rule_models() %}
                    when '{{ model }}' then summed.{{ model }}_revenue
                    {%- endfor %}
                end as decimal(18, 2)
            )
        end as revenue

    from platforms

    cross join {{ lookbacks() }}

    left join summed
        on platforms.ad_platform = summed.ad_platform
        and lookbacks.lookback_days = summed.lookback_days

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
        {{ safe_divide('spend', 'conversions') }} as cpa

    from measured

)

select
    *,
    case
        when roi is not null
            then rank() over (partition by attribution_model, lookback_days order by roi desc)
    end as roi_rank

from with_ratios
