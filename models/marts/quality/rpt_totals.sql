with touches as (

    select
        cast(count(case when touches > 0 then 1 end) as bigint) as reached_users,
        cast(count(case when clicks > 0 then 1 end) as bigint) as clicking_users,
        cast(coalesce(sum(impressions), 0) as bigint) as impressions,
        cast(coalesce(sum(clicks), 0) as bigint) as clicks,
        cast(min(first_dated_touch_at) as date) as first_date,
        cast(max(last_dated_touch_at) as date) as last_date

    from {{ ref('int_user_activity') }}

),

buyers as (

    select
        user_id,
        count(*) as conversions,
        cast(sum(revenue) as double) as revenue,
        sum(refunded) as refunded

    from {{ ref('fct_conversions') }}

    group by user_id

),

conversions as (

    select
        cast(count(*) as bigint) as converting_users,
        cast(coalesce(sum(conversions), 0) as bigint) as conversions,
        cast(sum(conversions * conversions) as double) as conversions_squared,
        cast(max(conversions) as double) as most_conversions,
        round(sum(revenue), 2) as revenue,
        sum(revenue * revenue) as revenue_squared,
        coalesce(max(revenue), 0e0) as largest_revenue,
        cast(sum(refunded) as decimal(18, 2)) as refunded

    from buyers

),

bills as (

    select
        coalesce(
            upper(nullif('{{ var("currency") }}', '')),
            max(case when is_project_currency then currency end),
            min(case when rate = 1 then currency end)
        ) as currency

    from {{ ref('stg_exchange_rates') }}

)

select
    users.users,
    touches.reached_users,
    touches.clicking_users,
    conversions.converting_users,
    touches.impressions,
    touches.clicks,
    conversions.conversions,
    {{ gamma_limits(
        'conversions.conversions', 'conversions.conversions_squared',
        'conversions.most_conversions', prefix='conversions'
    ) }},
    conversions.revenue,
    {{ gamma_limits(
        'conversions.revenue', 'conversions.revenue_squared', 'conversions.largest_revenue'
    ) }},
    conversions.refunded,
    '{{ var("attribution_model") }}' as attribution_model,
    cast({{ var("lookback_days") }} as bigint) as lookback_days,
    cast({{ var("gross_margin") }} as double) as gross_margin,
    cast({{ var("target_roas") or 'null' }} as double) as target_roas,
    cast({{ var("target_cpa") or 'null' }} as double) as target_cpa,
    flags.is_spend_simulated,
    flags.is_revenue_simulated,
    bills.currency,
    touches.first_date,
    touches.last_date,
    spend.first_spend_date,
    spend.last_spend_date

from touches

cross join conversions

cross join bills

cross join (
    select
        min(spend_date) as first_spend_date,
        max(spend_date) as last_spend_date

    from {{ ref('fct_ad_spend') }}

    where not is_order_approximate and spend > 0
) as spend

cross join {{ ref('int_simulation_flags') }} as flags

cross join (select cast(count(*) as bigint) as users from {{ ref('dim_users') }}) as users
