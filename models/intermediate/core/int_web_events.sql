{%- set timeline = 'order by occurred_at, event_id' %}
{%- set so_far = 'partition by user_key, session_id ' ~ timeline ~ ' rows unbounded preceding' %}

with events as (

    select
        events.event_id,
        events.user_key,
        -- the shop knows who bought, where the log does not
        coalesce(
            events.account_key,
            case when not orders.is_guest then orders.account_key end
        ) as account_key,
        events.event_name,
        events.session_id,
        {%- for column in source_columns() %}
        events.{{ column }},
        {%- endfor %}
        events.campaign_id,
        events.campaign_name,
        events.ad_id,
        events.device_type,
        events.country,
        events.order_id,
        events.order_key,
        events.revenue,
        events.occurred_at,
        events._source_file,
        events._source_line,
        events._load_id

    from {{ ref('stg_web_events') }} as events

    left join {{ ref('int_web_duplicates') }} as repeated
        on events.event_id = repeated.event_id
        and events._source_file = repeated._source_file
        and events._source_line = repeated._source_line

    left join {{ ref('int_orders') }} as orders
        on events.event_name = 'purchase' and events.order_key = orders.order_key

    where events.reject_reason is null and repeated.event_id is null

),

-- how many known accounts a browser has seen so far, and its pauses where it has no sessions
followed as (

    select
        events.*,
        coalesce(aliases.person_key, events.account_key) as person_key,
        count(events.account_key) over (
            partition by events.user_key {{ timeline }} rows unbounded preceding
        ) as accounts_seen,
        case
            when events.session_id is null and events.occurred_at
                <= lag(events.occurred_at) over (
                    partition by events.user_key, events.session_id {{ timeline }}
                ) + interval '{{ var("session_minutes") }}' minute
                then 0
            else 1
        end as is_session_start

    from events

    left join {{ ref('int_account_aliases') }} as aliases
        on events.account_key = aliases.account_key

),

-- the first account owns what came before it, each further one what comes from it on
identified as (

    select
        *,
        coalesce(
            max(person_key) over (partition by user_key, accounts_seen),
            max(case when accounts_seen = 1 then person_key end) over (partition by user_key),
            user_key
        ) as user_id,
        case
            when session_id is null
                then sum(is_session_start) over ({{ so_far }})
        end as session_number

    from followed

)

select
    event_id,
    user_id,
    user_key,
    session_id,
    cast(session_number as bigint) as session_number,
    event_name,
    {%- for column in source_columns() %}
    {{ column }},
    {%- endfor %}
    campaign_id,
    campaign_name,
    ad_id,
    device_type,
    country,
    order_id,
    order_key,
    revenue,
    {{ hive_time('occurred_at') }} as occurred_at,
    _source_file,
    _source_line,
    _load_id

from identified
