{{ config(materialized='view') }}

with touches as (

    select
        user_id,
        ad_platform,
        ad_id,
        ad_type,
        ad_category,
        impressions,
        clicks,
        0 as conversions_after_click

    from {{ ref('fct_customer_journey') }}

    where impressions > 0 or clicks > 0

),

converted as (

    select
        touches.user_id,
        touches.ad_platform,
        touches.ad_id,
        touches.ad_type,
        touches.ad_category,
        0 as impressions,
        0 as clicks,
        1 as conversions_after_click

    from {{ ref('fct_conversions') }} as conversions

    inner join {{ ref('fct_customer_journey') }} as touches
        on conversions.last_click_touch_id = touches.touch_id
        and touches.clicks > 0

),

together as (

    select * from touches

    union all

    select * from converted

),

-- clicks are often logged without the format that the impressions have
ads as (

    select
        ad_platform,
        ad_id,
        case when min(ad_type) = max(ad_type) then min(ad_type) end as ad_type,
        case when min(ad_category) = max(ad_category) then min(ad_category) end as ad_category

    from {{ ref('fct_customer_journey') }}

    where ad_type is not null or ad_category is not null

    group by ad_platform, ad_id

),

named as (

    select
        together.user_id,
        together.ad_platform,
        together.ad_id,
        coalesce(together.ad_type, ads.ad_type, 'unknown') as ad_type,
        coalesce(together.ad_category, ads.ad_category, 'unknown') as ad_category,
        together.impressions,
        together.clicks,
        together.conversions_after_click

    from together

    left join ads on together.ad_platform = ads.ad_platform and together.ad_id = ads.ad_id

)

select
    user_id,
    ad_platform,
    ad_id,
    ad_type,
    ad_category,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(conversions_after_click) as bigint) as conversions_after_click

from named

group by user_id, ad_platform, ad_id, ad_type, ad_category
