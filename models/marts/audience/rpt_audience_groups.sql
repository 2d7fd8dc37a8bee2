with user_platforms as (

    select
        user_id,
        ad_platform,
        clicks,
        conversions - conversions_without_click as conversions_after_click

    from {{ ref('int_user_platform_totals') }}

    where clicks > 0 or conversions > conversions_without_click

),

platforms as (

    select
        ad_platform,
        {{ safe_divide('sum(conversions_after_click)', 'sum(clicks)') }} as cvr

    from user_platforms

    group by ad_platform

),

users as (

    select
        user_platforms.user_id,
        sum(user_platforms.clicks) as clicks,
        sum(user_platforms.conversions_after_click) as conversions_after_click,
        -- decimals: the sum of doubles depends on their order
        sum(
            cast(round(user_platforms.clicks * coalesce(platforms.cvr, 0e0), 12) as decimal(38, 12))
        ) as expected_conversions

    from user_platforms

    inner join platforms on user_platforms.ad_platform = platforms.ad_platform

    group by user_platforms.user_id

),

deviations as (

    select
        *,
        cast(conversions_after_click as double) - cast(expected_conversions as double) as deviation

    from users

)

select
    dim_users.age_band,
    dim_users.gender,
    cast(count(*) as bigint) as users,
    cast(sum(deviations.clicks) as bigint) as clicks,
    cast(sum(deviations.conversions_after_click) as bigint) as conversions_after_click,
    cast(sum(deviations.expected_conversions) as double) as expected_conversions,
    cast(
        sum(cast(round(deviations.deviation * deviations.deviation, 12) as decimal(38, 12)))
        as double
    ) as squared_deviation

from deviations

inner join {{ ref('dim_users') }} as dim_users on deviations.user_id = dim_users.user_id

group by dim_users.age_band, dim_users.gender
