{{ partition_by_month('converted_month') }}

{%- set models = rule_models() + ['markov_path'] -%}

with credited_claims as (

    select * from {{ ref('int_platform_claims') }} where is_credited

),

path_credits as (

    select
        cumulated.conversion_id,
        cumulated.touch_id,
        models.attribution_model,
        cumulated.user_id,
        cumulated.ad_platform,
        cumulated.campaign_id,
        cumulated.touched_at,
        conversions.converted_at,
        {%- for side in ['before', 'through'] %}
        case models.attribution_model
            {%- for model in models %}
            when '{{ model }}' then cumulated.{{ model }}_{{ side }}
            {%- endfor %}
        end as share_{{ side }},
        {%- endfor %}
        -- wide enough for any revenue times a share
        cast(conversions.revenue as decimal(20, 2)) as revenue

    from {{ ref('int_cumulative_weights') }} as cumulated

    inner join {{ ref('fct_conversions') }} as conversions
        on cumulated.conversion_id = conversions.conversion_id

    cross join {{ ref('attribution_models') }} as models

    where models.has_touch_credits and models.attribution_model <> 'platform_rule'

),

-- difference of cumulative amounts: each touch within a cent of its share, no cent lost
credits as (

    select
        conversion_id,
        touch_id,
        attribution_model,
        user_id,
        ad_platform,
        campaign_id,
        cast(share_through - share_before as decimal(13, 12)) as credit,
        cast(
            cast(revenue * share_through as decimal(18, 2))
            - cast(revenue * share_before as decimal(18, 2)) as decimal(18, 2)
        ) as credited_revenue,
        touched_at,
        converted_at

    from path_credits

    where share_through > share_before

    union all

    select
        claims.conversion_id,
        claims.touch_id,
        'platform_rule' as attribution_model,
        claims.user_id,
        claims.ad_platform,
        claims.campaign_id,
        cast(1 as decimal(13, 12)) as credit,
        conversions.revenue as credited_revenue,
        claims.touched_at,
        conversions.converted_at

    from credited_claims as claims

    inner join {{ ref('fct_conversions') }} as conversions
        on claims.conversion_id = conversions.conversion_id

    union all

    select
        conversions.conversion_id,
        cast(null as varchar) as touch_id,
        models.attribution_model,
        conversions.user_id,
        'unattributed' as ad_platform,
        'unattributed' as campaign_id,
        cast(1 as decimal(13, 12)) as credit,
        conversions.revenue as credited_revenue,
        cast(null as timestamp) as touched_at,
        conversions.converted_at

    from {{ ref('fct_conversions') }} as conversions

    cross join {{ ref('attribution_models') }} as models

    left join {{ ref('int_conversion_paths') }} as credited_by_path
        on conversions.conversion_id = credited_by_path.conversion_id
        and credited_by_path.touch_index = 1

    left join credited_claims
        on conversions.conversion_id = credited_claims.conversion_id

    where
        models.has_touch_credits
        and case
            when models.attribution_model = 'platform_rule'
                then credited_claims.conversion_id is null
            else credited_by_path.conversion_id is null
        end

)

select
    credits.conversion_id,
    credits.touch_id,
    credits.attribution_model,
    credits.user_id,
    credits.ad_platform,
    credits.campaign_id,
    credits.credit,
    credits.credited_revenue,
    flags.is_revenue_simulated,
    {{ hive_time('credits.touched_at') }} as touched_at,
    cast(date_trunc('month', credits.converted_at) as date) as converted_month

from credits

cross join {{ ref('int_simulation_flags') }} as flags
