with shown as (

    select
        ad_platform,
        device_type,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(0 as bigint) as conversions

    from {{ ref('int_touches_daily') }}

    group by ad_platform, device_type

),

converted as (

    select
        ad_platform,
        device_type,
        cast(0 as bigint) as impressions,
        cast(0 as bigint) as clicks,
        cast(count(*) as bigint) as conversions

    from {{ ref('fct_conversions') }}

    group by ad_platform, device_type

),

cells as (

    select * from shown

    union all

    select * from converted

)

select
    ad_platform,
    device_type,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(conversions) as bigint) as conversions

from cells

group by ad_platform, device_type
