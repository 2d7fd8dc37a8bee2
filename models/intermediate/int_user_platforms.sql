with activity as (

    select
        user_id,
        ad_platform,
        impressions,
        clicks,
        cast(0 as bigint) as conversions,
        cast(null as decimal(18, 2)) as revenue,
        cast(null as decimal(18, 4)) as spend

    from {{ ref('int_user_activity') }}

),

conversions as (

    select
        user_id,
        ad_platform,
        cast(0 as bigint) as impressions,
        cast(0 as bigint) as clicks,
        cast(1 as bigint) as conversions,
        revenue,
        cast(null as decimal(18, 4)) as spend

    from {{ ref('fct_conversions') }}

),

-- only interactions say on whom the money was spent
spend as (

    select
        user_id,
        ad_platform,
        cast(0 as bigint) as impressions,
        cast(0 as bigint) as clicks,
        cast(0 as bigint) as conversions,
        cast(null as decimal(18, 2)) as revenue,
        spend

    from {{ ref('stg_ad_interactions') }}

    where reject_reason is null and spend is not null

),

together as (

    select * from activity

    union all

    select * from conversions

    union all

    select * from spend

)

select
    user_id,
    ad_platform,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(conversions) as bigint) as conversions,
    cast(sum(revenue) as decimal(18, 2)) as revenue,
    cast(sum(spend) as decimal(18, 4)) as spend

from together

group by user_id, ad_platform
