{{ config(materialized='view') }}

-- only interactions say on whom the money was spent
with money_events as (

    select
        user_id,
        ad_platform,
        1 as conversions,
        revenue,
        cast(null as decimal(18, 4)) as spend

    from {{ ref('fct_conversions') }}

    union all

    select
        user_id,
        ad_platform,
        0 as conversions,
        cast(null as decimal(18, 2)) as revenue,
        spend

    from {{ ref('int_interactions') }}

    where spend is not null

),

money as (

    select
        user_id,
        ad_platform,
        sum(conversions) as conversions,
        sum(revenue) as revenue,
        sum(spend) as spend

    from money_events

    group by user_id, ad_platform

)

select
    user_id,
    ad_platform,
    cast(1 as bigint) as users,
    impressions,
    clicks,
    cast(0 as bigint) as conversions,
    cast(null as decimal(18, 2)) as revenue,
    cast(null as decimal(18, 4)) as spend

from {{ ref('int_user_activity') }}

union all

-- a user who did something there has a row already
select
    money.user_id,
    money.ad_platform,
    cast(case when activity.user_id is null then 1 else 0 end as bigint) as users,
    cast(0 as bigint) as impressions,
    cast(0 as bigint) as clicks,
    cast(money.conversions as bigint) as conversions,
    cast(money.revenue as decimal(18, 2)) as revenue,
    cast(money.spend as decimal(18, 4)) as spend

from money

left join {{ ref('int_user_activity') }} as activity
    on money.user_id = activity.user_id and money.ad_platform = activity.ad_platform
