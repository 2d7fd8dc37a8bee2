with users as (

    select * from {{ ref('dim_users') }}

),

user_platforms as (

    select
        *,
        conversions - conversions_without_click as conversions_after_click

    from {{ ref('int_user_platform_totals') }}

),

cells as (

    select
        users.age_band,
        users.gender,
        user_platforms.ad_platform,
        cast(count(*) as bigint) as users,
        cast(sum(user_platforms.impressions) as bigint) as impressions,
        cast(sum(user_platforms.clicks) as bigint) as clicks,
        cast(sum(user_platforms.conversions) as bigint) as conversions,
        cast(sum(user_platforms.conversions_after_click) as bigint) as conversions_after_click,
        cast(sum(user_platforms.revenue) as decimal(18, 2)) as revenue,
        cast(sum(user_platforms.spend) as decimal(18, 4)) as spend,
        {{ design_effect('user_platforms.clicks', 'user_platforms.impressions') }} as click_effect,
        {{ design_effect('user_platforms.conversions_after_click', 'user_platforms.clicks') }}
            as conversion_effect

    from user_platforms

    inner join users on user_platforms.user_id = users.user_id

    group by users.age_band, users.gender, user_platforms.ad_platform

)

select
    cells.age_band,
    cells.gender,
    cells.ad_platform,
    cells.users,
    cells.impressions,
    cells.clicks,
    cells.conversions,
    cells.conversions - cells.conversions_after_click as conversions_without_click,
    cells.revenue,
    flags.is_revenue_simulated,
    cells.spend,
    {{ rate('ctr', 'cells.clicks', 'cells.impressions', 'cells.click_effect') }},
    {{ rate('cvr', 'cells.conversions_after_click', 'cells.clicks', 'cells.conversion_effect') }}

from cells

cross join {{ ref('int_simulation_flags') }} as flags
