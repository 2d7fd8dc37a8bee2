-- Without it credit or revenue is lost or given twice, and no total shows it.
with conversions as (

    select
        conversions.conversion_id,
        models.attribution_model,
        conversions.revenue

    from {{ ref('fct_conversions') }} as conversions

    cross join {{ ref('attribution_models') }} as models

    where models.has_touch_credits

),

credits as (

    select
        conversion_id,
        attribution_model,
        sum(credit) as credit,
        cast(sum(credited_revenue) as decimal(18, 2)) as revenue

    from {{ ref('fct_attribution_credits') }}

    group by conversion_id, attribution_model

)

select
    conversions.conversion_id as conversion,
    credits.conversion_id as credited,
    coalesce(conversions.attribution_model, credits.attribution_model) as attribution_model,
    credits.credit,
    conversions.revenue as earned,
    credits.revenue as credited_revenue

from conversions

full outer join credits
    on conversions.conversion_id = credits.conversion_id
    and conversions.attribution_model = credits.attribution_model

where
    conversions.conversion_id is null
    or coalesce(credits.credit, 0) <> 1
    or coalesce(conversions.revenue, -1) <> coalesce(credits.revenue, -1)
