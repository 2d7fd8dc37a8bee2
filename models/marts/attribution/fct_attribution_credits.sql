{{ partition_by_month('converted_month') }}

{%- set models = rule_models() + ['markov_path'] -%}

with platform_rule_credits as (

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
        -- wide enough for any revenue times a share
        cast(conversions.revenue as decimal(20, 2)) as revenue,
        case models.attribution_model
            {%- for model in models %}
            when '{{ model }}' then cumulated.{{ model }}_before
            {%- endfor %}
        end as share_before,
        case models.attribution_model
            {%- for model in models %}
            when '{{ model }}' then cumulated.{{ model }}_through
            {%- endfor %}
        end as cumulative_share

    from {{ ref('int_cumulative_weights') }} as cumulated

    inner join {{ ref('fct_conversions') }} as conversions
        on cumulated.conversion_id = conversions.conversion_id

    cross join {{ ref('attribution_models') }} as models

    where models.has_touch_credits and models.attribution_model <> 'platform_rule'

),

-- difference of cumulative amounts: each touch within a cent of its share, no cent lost
attributed as (

    select
        conversion_id,
        touch_id,
        attribution_model,
        user_id,
        ad_platform,
        campaign_id,
        cast(cumulative_share - share_before as decimal(13, 12)) as credit,
        cast(
            cast(revenue * cumulative_share as decimal(18, 2))
            - cast(revenue * share_before as decimal(18, 2)) as decimal(18, 2)
        ) as credited_revenue,
        touched_at,
        converted_at

    from path_credits

    where cumulative_share > share_before

    union all

    select
        credits.conversion_id,
        credits.touch_id,
        'platform_rule' as attribution_model,
        credits.user_id,
        credits.ad_platform,
        credits.campaign_id,
        cast(1 as decimal(13, 12)) as credit,
        conversions.revenue as credited_revenue,
        credits.touched_at,
        conversions.converted_at

    from platform_rule_credits as credits

    inner join {{ ref('fct_conversions') }} as conversions
        on credits.conversion_id = conversions.conversion_id

),

unattributed as (

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

    left join platform_rule_credits
        on conversions.conversion_id = platform_rule_credits.conversion_id

    where
        models.has_touch_credits
        and case
            when models.attribution_model = 'platform_rule'
                then platform_rule_credits.conversion_id is null
            else credited_by_path.conversion_id is null
        end

),

together as (

    select * from attributed

    union all

    select * from unattributed

)

select
    together.conversion_id,
    together.touch_id,
    together.attribution_model,
    together.user_id,
    together.ad_platform,
    together.campaign_id,
    together.credit,
    together.credited_revenue,
    flags.is_revenue_simulated,
    {{ hive_time('together.touched_at') }} as touched_at,
    cast(date_trunc('month', together.converted_at) as date) as converted_month

from together

cross join {{ ref('int_simulation_flags') }} as flags
