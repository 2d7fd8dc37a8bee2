with credits as (

    select
        attribution_model,
        ad_platform,
        sum(conversions) as conversions,
        cast(sum(revenue) as decimal(18, 2)) as revenue

    from {{ ref('int_credits_by_user') }}

    group by attribution_model, ad_platform

),

attributed as (

    select attribution_model, sum(conversions) as conversions

    from credits

    where ad_platform <> 'unattributed'

    group by attribution_model

)

select
    credits.ad_platform,
    credits.attribution_model,
    credits.conversions,
    credits.revenue,
    case
        when credits.ad_platform <> 'unattributed'
            then {{ safe_divide('credits.conversions', 'attributed.conversions') }}
    end as share

from credits

left join attributed on credits.attribution_model = attributed.attribution_model
