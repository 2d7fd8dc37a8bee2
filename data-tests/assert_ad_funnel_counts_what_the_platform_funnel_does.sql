-- Without this an ad, a format or a category could count a click or a conversion of its platform
-- twice, or lose it.
with levels as (

    select distinct level

    from {{ ref('rpt_ad_funnel') }}

),

counted as (

    select
        level,
        ad_platform,
        impressions,
        clicks,
        conversions_after_click

    from {{ ref('rpt_ad_funnel') }}

    union all

    select
        levels.level,
        platforms.ad_platform,
        -platforms.impressions as impressions,
        -platforms.clicks as clicks,
        platforms.conversions_without_click - platforms.conversions as conversions_after_click

    from {{ ref('rpt_platform_funnel') }} as platforms

    cross join levels

)

select
    level,
    ad_platform,
    sum(impressions) as impressions,
    sum(clicks) as clicks,
    sum(conversions_after_click) as conversions_after_click

from counted

group by level, ad_platform

having sum(impressions) <> 0 or sum(clicks) <> 0 or sum(conversions_after_click) <> 0
