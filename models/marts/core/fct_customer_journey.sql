{{ incremental_by_load() }}
{{ partition_by_month('touched_month') }}

with event_touches as (

    select
        event_id as touch_id,
        user_id,
        ad_platform,
        coalesce(campaign_id, 'unknown') as campaign_id,
        coalesce(ad_id, 'unknown') as ad_id,
        cast(null as varchar) as ad_type,
        cast(null as varchar) as ad_category,
        coalesce(device_type, 'unknown') as device_type,
        case when event_type = 'click' then 'click' else 'view' end as touch_kind,
        cast(case when event_type = 'click' then 0 else 1 end as bigint) as impressions,
        cast(case when event_type = 'click' then 1 else 0 end as bigint) as clicks,
        cast(null as decimal(18, 4)) as time_spent,
        false as is_order_approximate,
        occurred_at as touched_at,
        cast(null as varchar) as source_position,
        _load_id

    from {{ ref('int_events_deduplicated') }}

    where event_type not in ('conversion', 'refund')

),

interaction_touches as (

    select
        interaction_id as touch_id,
        user_id,
        ad_platform,
        coalesce(campaign_id, 'unknown') as campaign_id,
        coalesce(ad_id, 'unknown') as ad_id,
        ad_type,
        ad_category,
        coalesce(device_type, 'unknown') as device_type,
        case when clicks > 0 then 'click' else 'view' end as touch_kind,
        impressions,
        clicks,
        time_spent,
        is_order_approximate,
        interacted_at as touched_at,
        {{ source_position() }} as source_position,
        _load_id

    from {{ ref('int_interactions_deduplicated') }}

    where impressions > 0 or clicks > 0

),

visits as (

    select
        touch_id,
        user_id,
        ad_platform,
        campaign_id,
        ad_id,
        device_type,
        is_paid,
        is_paid as is_counted,
        touched_at,
        _load_id

    from {{ ref('int_web_touches') }}

    union all

    select
        touch_id,
        user_id,
        ad_platform,
        campaign_id,
        cast(null as varchar) as ad_id,
        device_type,
        is_paid,
        -- orders do not tell the clicks of those who did not buy: no count of clicks, no rate
        false as is_counted,
        touched_at,
        _load_id

    from {{ ref('int_order_touches') }}

),

-- a paid visit is a click on an ad; an unpaid one is a touch, and no click that was paid for
visit_touches as (

    select
        touch_id,
        user_id,
        ad_platform,
        coalesce(campaign_id, 'unknown') as campaign_id,
        coalesce(ad_id, 'unknown') as ad_id,
        cast(null as varchar) as ad_type,
        cast(null as varchar) as ad_category,
        coalesce(device_type, 'unknown') as device_type,
        case when is_paid then 'click' else 'visit' end as touch_kind,
        cast(0 as bigint) as impressions,
        cast(case when is_counted then 1 else 0 end as bigint) as clicks,
        cast(null as decimal(18, 4)) as time_spent,
        false as is_order_approximate,
        {{ iceberg_time('touched_at') }} as touched_at,
        cast(null as varchar) as source_position,
        _load_id

    from visits
    {%- if not var('unpaid_touches') %}

    where is_paid
    {%- endif %}

),

touches as (

    select * from event_touches

    union all

    select * from interaction_touches

    union all

    select * from visit_touches

)

select
    *,
    cast(date_trunc('month', touched_at) as date) as touched_month

from touches
{%- if is_incremental() %}

where _load_id > {{ max_load_id() }}
{%- endif %}
