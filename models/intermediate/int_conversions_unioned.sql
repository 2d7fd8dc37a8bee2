with conversions as (

    select events.*

    from {{ ref('int_conversion_events') }} as events

    left join {{ ref('int_repeated_rows') }} as repeated
        on events.source_id = repeated.source_id
        and repeated.reject_reason = 'conversion_id repeats'

    where repeated.source_id is null

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
                    + {{ hash_unit("'revenue|' || conversions.source_id") }}
                    * cast(
                        coalesce(known.revenue_high, fallback.revenue_high)
                        - coalesce(known.revenue_low, fallback.revenue_low) as double
                    ) as decimal(18, 2)
                )
        else conversions.revenue
    end as revenue,
    switch.is_revenue_simulated,
    conversions.is_order_approximate,
    {{ hive_time('conversions.converted_at') }} as converted_at,
    conversions.file_order

from conversions

cross join switch

left join platform_economics as known on conversions.ad_platform = known.ad_platform

inner join platform_economics as fallback on fallback.ad_platform = 'default'
