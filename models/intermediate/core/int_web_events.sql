{%- set timeline = 'partition by user_key order by occurred_at, event_id' %}
{#- events of one moment are of one visit: sums up to a moment hold all of it -#}
{%- set moments = 'partition by user_key order by occurred_at' %}
{#- the shop knows who bought, where the log does not -#}
{%- set account = 'case when not orders.is_guest then orders.account_key end' %}
{%- set account_key = 'coalesce(events.account_key, ' ~ account ~ ')' %}

{#- inlined in each place: DuckDB would materialize all rows of a CTE that is read often -#}
{%- set usable_events -%}
    (
        select
            events.event_id,
            events.user_key,
            coalesce(aliases.person_key, {{ account_key }}) as person_key,
            events.event_name,
            events.session_id,
            events.{{ source_columns() | join(', events.') }},
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

        left join {{ ref('int_account_aliases') }} as aliases
            on {{ account_key }} = aliases.account_key

        where events.reject_reason is null and repeated.event_id is null
    )
{%- endset %}

-- windows over few columns of the events that need them: over whole rows they take thrice as long
with pauses as (

    select
        event_id,
        user_key,
        occurred_at,
        case
            when occurred_at <= lag(occurred_at) over ({{ moments }})
                + interval '{{ var("session_minutes") }}' minute
                then 0
            else 1
        end as is_session_start

    from {{ usable_events }} as events

    where session_id is null

),

sessions as (

    select
        event_id,
        sum(is_session_start) over ({{ moments }}) as session_number

    from pauses

),

browsers as (

    select
        user_key,
        min(person_key) as person_key,
        min(person_key) <> max(person_key) as is_shared

    from {{ usable_events }} as events

    where person_key is not null

    group by user_key

),

-- how many times a browser of several persons has been somebody's so far
followed as (

    select
        event_id,
        user_key,
        person_key,
        count(person_key) over ({{ timeline }} rows unbounded preceding) as times_known

    from {{ usable_events }} as events

    where user_key in (select browsers.user_key from browsers where browsers.is_shared)

),

-- the first person owns what came before it, each further one what comes from it on
shared as (

    select
        event_id,
        max(person_key) over (partition by user_key, greatest(times_known, 1)) as person_key

    from followed

)

select
    events.event_id,
    coalesce(shared.person_key, browsers.person_key, events.user_key) as user_id,
    events.user_key,
    events.session_id,
    cast(sessions.session_number as bigint) as session_number,
    events.event_name,
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
    {{ hive_time('events.occurred_at') }} as occurred_at,
    events._source_file,
    events._source_line,
    events._load_id

from {{ usable_events }} as events

left join sessions on events.event_id = sessions.event_id

left join browsers on events.user_key = browsers.user_key

left join shared on events.event_id = shared.event_id
