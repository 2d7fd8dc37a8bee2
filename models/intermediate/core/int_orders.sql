{%- set visit = "row(version, _source_line)" %}
{%- set has_source = "click_id_kind || utm_source || utm_medium || referrer_domain <> ''" %}

with lines as (

    select
        *,
        case when not is_status_known then status else '' end as unlisted_status,
        max(ordered_at) over (partition by _source_file) as file_reach

    from {{ ref('stg_orders') }}

    where reject_reason is null

),

-- an order in several files is as the latest tells it: landed last, then reaching further
versions as (

    select
        *,
        dense_rank() over (
            partition by order_key order by _load_id desc, file_reach desc, _source_file desc
        ) as version

    from lines

),

-- lines of one order: each value once, from the first line that has it
folded as (

    select
        order_key,
        min_by(order_id, {{ visit }}) as order_id,
        min_by(account_key, row(
            case when account_key like 'order:%' then 1 else 0 end, version, _source_line
        )) as account_key,
        min(case when version = 1 then ordered_at end) as ordered_at,
        min_by(counts, {{ visit }}) filter (where status is not null) as counts,
        min_by(is_refunded, {{ visit }}) filter (where status is not null) as is_refunded,
        min_by(unlisted_status, {{ visit }}) filter (where status is not null) as unlisted_status,
        max(case when version = 1 then revenue end) as revenue,
        max(case when version = 1 then refunded end) as refunded,
        min_by(device_type, {{ visit }}) filter (where device_type is not null) as device_type,
        min_by(layout, {{ visit }}) as layout,
        -- as rows, so that a visit stays whole: DuckDB's min_by passes over NULLs, Trino's does not
        {%- for column in source_columns() + ['campaign_id', 'visited_at'] %}
        min_by(row({{ column }}), {{ visit }}) filter (where {{ has_source }})[1] as {{ column }},
        {%- endfor %}
        {%- for column in ['utm_source', 'utm_medium', 'campaign_id', 'visited_at'] %}
        min_by(row(first_{{ column }}), {{ visit }}) filter (where first_utm_source <> '')[1]
            as first_{{ column }},
        {%- endfor %}
        min_by(_source_file, {{ visit }}) as _source_file,
        min_by(_source_line, {{ visit }}) as _source_line,
        max(_load_id) as _load_id

    from versions

    group by order_key

)

select
    order_key,
    order_id,
    account_key,
    account_key like 'order:%' as is_guest,
    coalesce(counts, true) as is_counted,
    nullif(unlisted_status, '') as unlisted_status,
    revenue,
    -- never more than was paid
    case
        when is_refunded and coalesce(refunded, 0) = 0 or refunded > revenue then revenue
        when revenue is not null then coalesce(refunded, cast(0 as decimal(18, 2)))
    end as refunded,
    device_type,
    layout,
    {%- for column in source_columns() %}
    {{ column }},
    {%- endfor %}
    campaign_id,
    first_utm_source,
    first_utm_medium,
    first_campaign_id,
    visited_at,
    first_visited_at,
    ordered_at,
    _source_file,
    _source_line,
    _load_id

from folded
