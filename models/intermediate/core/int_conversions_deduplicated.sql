{{ config(post_hook=[
    "{{ fail_on_rejected_share('ad_events', conversions=this) }}",
    "{{ fail_on_rejected_share('ad_interactions', conversions=this) }}",
]) }}
-- depends_on: {{ ref('stg_ad_events') }}, {{ ref('stg_ad_interactions') }}
-- depends_on: {{ ref('int_duplicate_rows') }}

with refunds as (

    select
        conversion_id,
        sum(revenue) as refunded,
        -- without an amount all of it was paid back
        count(*) > count(revenue) as is_all_refunded

    from {{ ref('int_events_deduplicated') }}

    where event_type = 'refund'

    group by conversion_id

),

-- equal in person, moment and amount: one purchase, exported in two layouts
purchases_of_events as (

    select distinct
        user_id,
        converted_at,
        revenue

    from {{ ref('int_conversions_unioned') }}

    where raw_table = 'ad_events' and revenue > 0 and not is_time_missing

),

-- what was paid back, never more than was paid
refunded as (

    select
        conversions.*,
        case
            when refunds.is_all_refunded or refunds.refunded > conversions.revenue
                then conversions.revenue
            when conversions.revenue is not null
                then coalesce(refunds.refunded, conversions.refunded, cast(0 as decimal(18, 2)))
        end as paid_back,
        conversions.raw_table = 'ad_interactions'
        and not conversions.is_order_approximate
        and events.user_id is not null as is_of_event

    from {{ ref('int_conversions_unioned') }} as conversions

    left join refunds
        on conversions.conversion_id = refunds.conversion_id
        and conversions.raw_table = 'ad_events'

    left join purchases_of_events as events
        on conversions.user_id = events.user_id
        and conversions.converted_at = events.converted_at
        and conversions.revenue = events.revenue

)

select
    conversion_id,
    user_id,
    ad_platform,
    campaign_id,
    campaign_name,
    device_type,
    is_platform_mapped,
    is_device_mapped,
    cast(revenue - paid_back as decimal(18, 2)) as revenue,
    cast(paid_back as decimal(18, 2)) as refunded,
    is_order_approximate,
    is_time_missing,
    {{ hive_time('converted_at') }} as converted_at,
    source_position,
    -- the earliest counts; an earlier one that lands later replaces it. An event knows the touches
    -- before it, so it counts before a shop's order with its id, and before an interaction's
    is_of_event
    or raw_table <> 'ad_interactions'
    and row_number() over (
        partition by raw_table = 'ad_interactions', conversion_id
        order by raw_table, converted_at, source_id
    ) > 1 as is_duplicate,
    source_id,
    raw_table,
    _source_file,
    _source_line,
    _load_id

from refunded
