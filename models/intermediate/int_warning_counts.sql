with switch as (

    select * from {{ ref('int_simulation_switch') }}

),

billed as (

    select count(*) > 0 as is_billed from {{ ref('int_spend_billed') }}

),

users as (

    select user_id, age, gender from {{ ref('dim_users') }}

),

events as (

    select
        'ad_events' as raw_table,
        events._source_file,
        0 as clicks_above_impressions,
        count_if(events.ad_platform is not null and not events.is_platform_known)
            as unknown_platform,
        count_if(events.device_type is not null and not events.is_device_known) as unknown_device,
        0 as other_age,
        0 as other_gender,
        count_if(events.is_revenue_ignored) as revenue_without_conversion,
        count_if(
            events.event_type = 'conversion'
            and events.revenue is null
            and not switch.is_revenue_simulated
        ) as revenue_blank,
        0 as spend_blank,
        0 as spend_ignored

    from {{ ref('stg_ad_events') }} as events

    cross join switch

    where events.reject_reason is null

    group by events._source_file

),

interactions as (

    select
        'ad_interactions' as raw_table,
        interactions._source_file,
        count_if(interactions.clicks > interactions.impressions) as clicks_above_impressions,
        count_if(not interactions.is_platform_known) as unknown_platform,
        count_if(interactions.device_type is not null and not interactions.is_device_known)
            as unknown_device,
        count_if(interactions.age <> users.age) as other_age,
        count_if(interactions.gender <> users.gender) as other_gender,
        count_if(interactions.is_revenue_ignored) as revenue_without_conversion,
        count_if(
            interactions.conversions = 1
            and interactions.revenue is null
            and not switch.is_revenue_simulated
        ) as revenue_blank,
        count_if(
            interactions.spend is null and not billed.is_billed and not switch.is_spend_simulated
        ) as spend_blank,
        count_if(interactions.spend is not null and billed.is_billed) as spend_ignored

    from {{ ref('stg_ad_interactions') }} as interactions

    cross join switch

    cross join billed

    left join users on interactions.user_id = users.user_id

    where interactions.reject_reason is null

    group by interactions._source_file

),

spend as (

    select
        'ad_spend' as raw_table,
        _source_file,
        0 as clicks_above_impressions,
        count_if(not is_platform_known) as unknown_platform,
        0 as unknown_device,
        0 as other_age,
        0 as other_gender,
        0 as revenue_without_conversion,
        0 as revenue_blank,
        count_if(spend is null) as spend_blank,
        0 as spend_ignored

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null

    group by _source_file

),

user_rows as (

    select
        'users' as raw_table,
        user_rows._source_file,
        0 as clicks_above_impressions,
        0 as unknown_platform,
        count_if(user_rows.device_type is not null and not user_rows.is_device_known)
            as unknown_device,
        count_if(user_rows.age <> users.age) as other_age,
        count_if(user_rows.gender <> users.gender) as other_gender,
        0 as revenue_without_conversion,
        0 as revenue_blank,
        0 as spend_blank,
        0 as spend_ignored

    from {{ ref('stg_users') }} as user_rows

    left join users on user_rows.user_id = users.user_id

    where user_rows.reject_reason is null

    group by user_rows._source_file

)

select * from events

union all

select * from interactions

union all

select * from spend

union all

select * from user_rows
