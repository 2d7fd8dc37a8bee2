{{ config(post_hook="{{ stop_with_many_rejects('ad_events') }}") }}

with landed as (

    select * from {{ raw('ad_events') }}

),

spellings as (

    select * from {{ ref('spellings') }}

),

typed as (

    select
        landed.event_id,
        landed.user_id,
        coalesce(platforms.name, landed.ad_platform) as ad_platform,
        landed.campaign_id,
        landed.campaign_name,
        landed.ad_id,
        coalesce(devices.name, landed.device_type) as device_type,
        landed.conversion_id,
        lower(landed.event_type) as event_type,
        landed.revenue as revenue_text,
        {{ to_decimal('landed.revenue', 2) }} as revenue,
        platforms.name is not null as is_platform_known,
        devices.name is not null as is_device_known,
        {{ to_timestamp('landed.occurred_at') }} as occurred_at,
        landed._source_file,
        landed._source_line

    from landed

    left join spellings as platforms
        on platforms.kind = 'platform' and platforms.spelling = lower(landed.ad_platform)

    left join spellings as devices
        on devices.kind = 'device' and devices.spelling = lower(landed.device_type)

),

checked as (

    select
        *,
        case
            when event_id is null then 'event_id is missing'
            when user_id is null then 'user_id is missing'
            when occurred_at is null then 'occurred_at is not a time'
            when event_type is null then 'event_type is missing'
            when event_type not in ('impression', 'view', 'click', 'conversion')
                then 'event_type is unknown'
            when ad_platform is null and event_type <> 'conversion' then 'ad_platform is missing'
            {{ reject_number('revenue', 'revenue_text', 'revenue') }}
        end as row_reject_reason

    from typed

),

-- a row that is rejected anyway does not make a later one a repeat
numbered as (

    select
        *,
        row_number() over (
            partition by event_id, row_reject_reason is null
            order by _source_file, _source_line
        ) as event_occurrence

    from checked

),

distinct_events as (

    select
        *,
        coalesce(
            row_reject_reason,
            case when event_occurrence > 1 then 'event_id repeats' end
        ) as event_reject_reason

    from numbered

),

conversions_numbered as (

    select
        event_id,
        row_number() over (
            partition by coalesce(conversion_id, event_id)
            order by occurred_at, event_id
        ) as conversion_occurrence

    from distinct_events

    where event_type = 'conversion' and event_reject_reason is null

),

repeated_conversions as (

    select event_id from conversions_numbered where conversion_occurrence > 1

)

select
    distinct_events.event_id,
    distinct_events.user_id,
    distinct_events.ad_platform,
    distinct_events.campaign_id,
    distinct_events.campaign_name,
    distinct_events.ad_id,
    distinct_events.device_type,
    distinct_events.conversion_id,
    distinct_events.event_type,
    case when distinct_events.event_type = 'conversion' then distinct_events.revenue end as revenue,
    distinct_events.event_type <> 'conversion'
    and distinct_events.revenue is not null as is_revenue_ignored,
    distinct_events.is_platform_known,
    distinct_events.is_device_known,
    distinct_events.occurred_at,
    coalesce(
        distinct_events.event_reject_reason,
        case when repeated_conversions.event_id is not null then 'conversion_id repeats' end
    ) as reject_reason,
    distinct_events._source_file,
    distinct_events._source_line

from distinct_events

left join repeated_conversions
    on distinct_events.event_id = repeated_conversions.event_id
    and distinct_events.event_reject_reason is null
