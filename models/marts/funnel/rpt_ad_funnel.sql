-- clicks are often logged without the format that the impressions have
with ads as (

    select
        ad_platform,
        ad_id,
        case when min(ad_type) = max(ad_type) then min(ad_type) end as ad_type,
        case when min(ad_category) = max(ad_category) then min(ad_category) end as ad_category

    from {{ ref('fct_customer_journey') }}

    where ad_type is not null or ad_category is not null

    group by ad_platform, ad_id

),

conversions as (

    select last_click_touch_id as touch_id, count(*) as conversions_after_click

    from {{ ref('fct_conversions') }}

    where last_click_touch_id is not null

    group by last_click_touch_id

),

shown as (

    select
        touches.user_id,
        touches.ad_platform,
        touches.ad_id,
        coalesce(touches.ad_type, ads.ad_type, 'unknown') as ad_type,
        coalesce(touches.ad_category, ads.ad_category, 'unknown') as ad_category,
        touches.impressions,
        touches.clicks,
        conversions.conversions_after_click

    from {{ ref('fct_customer_journey') }} as touches

    left join ads on touches.ad_platform = ads.ad_platform and touches.ad_id = ads.ad_id

    left join conversions on touches.touch_id = conversions.touch_id

    where touches.impressions > 0 or touches.clicks > 0

),

by_user as (

    select
        case
            when grouping(ad_id) = 0 then 'ad'
            when grouping(ad_type) = 0 then 'format'
            else 'category'
        end as level,
        user_id,
        ad_platform,
        coalesce(ad_id, ad_type, ad_category) as name,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(coalesce(sum(conversions_after_click), 0) as bigint) as conversions_after_click

    from shown

    group by
        -- the linter does not know them
        grouping sets (  -- noqa: LT02,PRS
            (user_id, ad_platform, ad_id),
            (user_id, ad_platform, ad_type),
            (user_id, ad_platform, ad_category)
        )

),

steps as (

    select
        level,
        ad_platform,
        name,
        cast(count(*) as bigint) as users,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(conversions_after_click) as bigint) as conversions_after_click,
        {{ design_effect('clicks', 'impressions') }} as click_effect,
        {{ design_effect('conversions_after_click', 'clicks') }} as conversion_effect

    from by_user

    group by level, ad_platform, name

)

select
    level,
    ad_platform,
    name,
    users,
    impressions,
    clicks,
    conversions_after_click,
    {{ rate('ctr', 'clicks', 'impressions', 'click_effect') }},
    {{ rate('cvr', 'conversions_after_click', 'clicks', 'conversion_effect') }}

from steps
