with switch as (

    select
        simulation.*,
        billed.is_billed

    from {{ ref('int_simulation_switch') }} as simulation

    cross join (select count(*) > 0 as is_billed from {{ ref('int_spend_billed') }}) as billed

),

interaction_rows as (

    select
        'ad_interactions' as raw_table,
        interactions._source_file,
        interactions.clicks > interactions.impressions as clicks_above_impressions,
        not interactions.is_platform_known as unknown_platform,
        interactions.device_type is not null
        and not interactions.is_device_known as unknown_device,
        interactions.age <> users.age as other_age,
        interactions.gender <> users.gender as other_gender,
        interactions.is_revenue_ignored as revenue_without_conversion,
        interactions.conversions = 1
        and interactions.revenue is null
        and not switch.is_revenue_simulated as revenue_blank,
        interactions.spend is null
        and not switch.is_billed
        and not switch.is_spend_simulated as spend_blank,
        interactions.spend is not null and switch.is_billed as spend_ignored

    from {{ ref('int_interactions') }} as interactions

    cross join switch

    left join {{ ref('dim_users') }} as users on interactions.user_id = users.user_id

),

spend_rows as (

    select
        'ad_spend' as raw_table,
        _source_file,
        false as clicks_above_impressions,
        not is_platform_known as unknown_platform,
        false as unknown_device,
        false as other_age,
        false as other_gender,
        false as revenue_without_conversion,
        false as revenue_blank,
        spend is null as spend_blank,
        false as spend_ignored

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null

),

user_rows as (

    select
        'users' as raw_table,
        user_rows._source_file,
        false as clicks_above_impressions,
        false as unknown_platform,
        user_rows.device_type is not null and not user_rows.is_device_known as unknown_device,
        user_rows.age <> users.age as other_age,
        user_rows.gender <> users.gender as other_gender,
        false as revenue_without_conversion,
        false as revenue_blank,
        false as spend_blank,
        false as spend_ignored

    from {{ ref('stg_users') }} as user_rows

    left join {{ ref('dim_users') }} as users on user_rows.user_id = users.user_id

    where user_rows.reject_reason is null

),

all_rows as (

    select * from interaction_rows

    union all

    select * from spend_rows

    union all

    select * from user_rows

)

select
    raw_table,
    _source_file,
    count(case when clicks_above_impressions then 1 end) as clicks_above_impressions,
    count(case when unknown_platform then 1 end) as unknown_platform,
    count(case when unknown_device then 1 end) as unknown_device,
    count(case when other_age then 1 end) as other_age,
    count(case when other_gender then 1 end) as other_gender,
    count(case when revenue_without_conversion then 1 end) as revenue_without_conversion,
    count(case when revenue_blank then 1 end) as revenue_blank,
    count(case when spend_blank then 1 end) as spend_blank,
    count(case when spend_ignored then 1 end) as spend_ignored

from all_rows

group by raw_table, _source_file

union all

select
    'ad_events' as raw_table,
    events._source_file,
    0 as clicks_above_impressions,
    cast(sum(events.unknown_platform) as bigint) as unknown_platform,
    cast(sum(events.unknown_device) as bigint) as unknown_device,
    0 as other_age,
    0 as other_gender,
    cast(sum(events.revenue_ignored) as bigint) as revenue_without_conversion,
    cast(
        sum(
            case
                when switch.is_revenue_simulated then 0
                else events.conversions - events.conversions_with_revenue
            end
        ) as bigint
    ) as revenue_blank,
    0 as spend_blank,
    0 as spend_ignored

from {{ ref('int_event_counts') }} as events

cross join switch

group by events._source_file
