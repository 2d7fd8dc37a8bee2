with users as (

    select * from {{ ref('dim_users') }}

),

user_platforms as (

    select * from {{ ref('int_user_platform_totals') }}

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
        cast(sum(user_platforms.revenue) as decimal(18, 2)) as revenue,
        cast(sum(user_platforms.spend) as decimal(18, 4)) as spend

    from user_platforms

    inner join users on user_platforms.user_id = users.user_id

    group by users.age_band, users.gender, user_platforms.ad_platform

)

select
    age_band,
    gender,
    ad_platform,
    users,
    impressions,
    clicks,
    conversions,
    revenue,
    spend,
    {{ rate('ctr', 'clicks', 'impressions') }},
    {{ rate('cvr', 'conversions', 'clicks') }}

from cells
