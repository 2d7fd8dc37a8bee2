with levels as (

    select 'ad' as level

    union all

    select 'format' as level

    union all

    select 'category' as level

),

named as (

    select
        levels.level,
        shown.user_id,
        shown.ad_platform,
        case levels.level
            when 'ad' then shown.ad_id
            when 'format' then shown.ad_type
            else shown.ad_category
        end as name,
        shown.impressions,
        shown.clicks,
        shown.conversions_after_click

    from {{ ref('int_ad_funnel_by_user') }} as shown

    cross join levels

),

by_user as (

    select
        level,
        user_id,
        ad_platform,
        name,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(conversions_after_click) as bigint) as conversions_after_click

    from named

    group by level, user_id, ad_platform, name

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
