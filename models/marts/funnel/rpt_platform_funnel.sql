with steps as (

    select
        ad_platform,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(conversions) as bigint) as conversions

    from {{ ref('int_funnel_by_platform_and_device') }}

    group by ad_platform

)

select
    ad_platform,
    impressions,
    clicks,
    conversions,
    {{ rate('ctr', 'clicks', 'impressions') }},
    {{ rate('cvr', 'conversions', 'clicks') }},
    {{ safe_divide('conversions', 'impressions') }} as conversions_per_impression

from steps
