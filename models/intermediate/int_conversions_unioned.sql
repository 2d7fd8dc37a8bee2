with event_conversions as (

    select
        coalesce(conversion_id, event_id) as conversion_id,
        event_id as draw_key,
        user_id,
        ad_platform,
        campaign_id,
        device_type,
        revenue,
        false as is_order_approximate,
        occurred_at as converted_at,
        cast(null as varchar) as file_order

    from {{ ref('stg_ad_events') }}

    where reject_reason is null and event_type = 'conversion'

),

interaction_conversions as (

    select
        interaction_id as conversion_id,
        interaction_id as draw_key,
        user_id,
        ad_platform,
        campaign_id,
        device_type,
        revenue,
        is_order_approximate,
        interacted_at as converted_at,
        {{ file_order() }} as file_order

    from {{ ref('stg_ad_interactions') }}

    where reject_reason is null and conversions = 1

),

conversions as (

    select * from event_conversions

    union all

    select * from interaction_conversions

),

platform_economics as (

    select * from {{ ref('platform_economics') }}

),

switch as (

    select * from {{ ref('int_simulation_switch') }}

)

select
    conversions.conversion_id,
    conversions.user_id,
    conversions.ad_platform,
    conversions.campaign_id,
    conversions.device_type,
    case
        when switch.is_revenue_simulated
            then
                cast(
                    cast(coalesce(known.revenue_low, fallback.revenue_low) as double)
                    + {{ hash_unit("'revenue|' || conversions.draw_key") }}
                    * cast(
                        coalesce(known.revenue_high, fallback.revenue_high)
                        - coalesce(known.revenue_low, fallback.revenue_low) as double
                    ) as decimal(18, 2)
                )
        else conversions.revenue
    end as revenue,
    switch.is_revenue_simulated,
    conversions.is_order_approximate,
    conversions.converted_at,
    conversions.file_order

from conversions

cross join switch

left join platform_economics as known on conversions.ad_platform = known.ad_platform

inner join platform_economics as fallback on fallback.ad_platform = 'default'
