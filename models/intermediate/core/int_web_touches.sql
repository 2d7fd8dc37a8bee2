{#- inlined in both places: DuckDB would materialize all rows of a CTE that is read twice -#}
-- the linter does not see where it ends up
-- noqa: disable=LT02
{%- set landings -%}
    {{ ref('int_web_events') }} as events

    inner join {{ ref('int_visit_sources') }} as sources
        on events.click_id_kind = sources.click_id_kind
        {%- for column in source_columns() if column != 'click_id_kind' %}
        and events.{{ column }} = sources.{{ column }}
        {%- endfor %}

    -- a purchase that a server reports is no visit
    where events.event_name not in ('purchase', 'refund')
{%- endset %}
-- noqa: enable=LT02

-- a visit's touch is its first paid landing, else its first source, else its beginning
with visits as (

    select min(row(sources.source_rank, events.occurred_at, events.event_id))[3] as event_id

    from {{ landings }}

    group by events.user_id, events.user_key, events.session_id, events.session_number

)

select
    'web ' || events.event_id as touch_id,
    events.user_id,
    sources.ad_platform,
    sources.is_paid,
    case when sources.is_paid then events.campaign_id end as campaign_id,
    case when sources.is_paid then events.campaign_name end as campaign_name,
    case when sources.is_paid then events.ad_id end as ad_id,
    events.device_type,
    events.occurred_at as touched_at,
    events._source_file,
    events._load_id

from {{ landings }}
    and events.event_id in (select visits.event_id from visits)
