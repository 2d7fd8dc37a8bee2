with weights as (

    select
        {{ user_bucket() }} as user_bucket,
        {%- for model in rule_models() %}
        sum({{ model }}) as {{ model }},
        {%- endfor %}
        ad_platform

    from {{ ref('int_attribution_weights') }}

    group by {{ user_bucket() }}, ad_platform

),

by_model as (

    select
        weights.user_bucket,
        models.attribution_model,
        weights.ad_platform,
        case models.attribution_model
            {%- for model in rule_models() %}
            when '{{ model }}' then weights.{{ model }}
            {%- endfor %}
        end as conversions

    from weights

    cross join {{ ref('attribution_models') }} as models

)

select
    user_bucket,
    attribution_model,
    ad_platform,
    cast(conversions as double) as conversions

from by_model

where conversions > 0

union all

select
    {{ user_bucket() }} as user_bucket,
    'platform_rule' as attribution_model,
    ad_platform,
    cast(count(*) as double) as conversions

from {{ ref('int_attribution_claims') }}

where is_credited

group by {{ user_bucket() }}, ad_platform
