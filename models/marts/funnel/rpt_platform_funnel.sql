with by_user as (

    select
        user_id,
        ad_platform,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(conversions_after_click) as bigint) as conversions_after_click

    from {{ ref('int_funnel_by_user') }}

    group by user_id, ad_platform

),

steps as (

    select
        ad_platform,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(conversions_after_click) as bigint) as conversions_after_click,
        max(clicks) as clicks_of_top_user,
        {{ design_effect('clicks', 'impressions') }} as click_effect,
        {{ design_effect('conversions_after_click', 'clicks') }} as conversion_effect

    from by_user

    group by ad_platform

)

select
    ad_platform,
    impressions,
    clicks,
    conversions,
    conversions - conversions_after_click as conversions_without_click,
    clicks_of_top_user,
    {{ rate('ctr', 'clicks', 'impressions', 'click_effect') }},
    {{ rate('cvr', 'conversions_after_click', 'clicks', 'conversion_effect') }},
    {{ safe_divide('conversions', 'impressions') }} as conversions_per_impression

from steps
