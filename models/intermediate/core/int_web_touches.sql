with landings as (

    select
        events.event_id,
        events.user_id,
        events.user_key,
        events.session_id,
        events.session_number,
        events.campaign_id,
        events.campaign_name,
        events.ad_id,
        events.device_type,
        events.occurred_at,
        events._source_file,
        events._load_id,
        sources.ad_platform,
        sources.is_paid,
        sources.source_rank

    from {{ ref('int_web_events') }} as events

    inner join {{ ref('int_visit_sources') }} as sources
        on events.click_id_kind = sources.click_id_kind
        {%- for column in source_columns() if column != 'click_id_kind' %}
        and events.{{ column }} = sources.{{ column }}
        {%- endfor %}

    -- a purchase that a server reports is no visit
    where events.event_name not in ('purchase', 'refund')

),

-- a visit's touch is its first paid landing, else its first source, else its beginning
visits as (

    select min(row(source_rank, occurred_at, event_id))[3] as event_id

    from landings

    group by user_id, user_key, session_id, session_number

)

select
    'web ' || event_id as touch_id,
    user_id,
    ad_platform,
    is_paid,
    case when is_paid then campaign_id end as campaign_id,
    case when is_paid then campaign_name end as campaign_name,
    case when is_paid then ad_id end as ad_id,
    device_type,
    occurred_at as touched_at,
    _source_file,
    _load_id

from landings

where event_id in (select visits.event_id from visits)
