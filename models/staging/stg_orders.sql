{{ config(post_hook=[
    "{{ fail_on_rejected_share('orders') }}",
    "{{ fail_on_missing_exchange_rate('orders') }}",
]) }}

{%- set times = ['refunded_at', 'visited_at', 'first_visited_at'] %}

with landed as (

    select * from {{ raw('orders') }}

),

typed as (

    select
        {{ null_if_word('landed.order_id') }} as order_id,
        {{ order_key(null_if_word('landed.order_id')) }} as order_key,
        {{ null_if_word('landed.account_key') }} as account_key,
        nullif({{ source_word('landed.status') }}, '') as status,
        landed.revenue as revenue_text,
        landed.refunded as refunded_text,
        {{ to_decimal('landed.revenue', 2) }} as revenue_in_currency,
        -- some shops write what they paid back with a minus
        abs({{ to_decimal('landed.refunded', 2) }}) as refunded_in_currency,
        upper({{ null_if_word('landed.currency') }}) as currency,
        {{ visit_columns() }},
        {{ source_word('landed.first_utm_source') }} as first_utm_source,
        {{ source_word('landed.first_utm_medium') }} as first_utm_medium,
        {{ campaign_or_null('coalesce(first_names.name, landed.first_utm_campaign)') }}
            as first_campaign_id,
        {{ to_timestamp('landed.ordered_at') }} as ordered_at,
        {%- for column in times %}
        landed.{{ column }} as {{ column }}_text,
        {{ to_timestamp('landed.' ~ column) }} as {{ column }},
        {%- endfor %}
        landed.layout,
        {{ load_id('landed._loaded_at') }} as _load_id,
        landed._source_file,
        landed._source_line

    from landed

    {{ join_visit_names() }}

    left join {{ ref('stg_names') }} as first_names
        on first_names.kind = 'campaign' and landed.first_utm_campaign = first_names.spelling

),

checked as (

    select
        *,
        case
            when order_id is null then 'order_id is missing'
            when account_key is null then 'account_key is missing'
            when ordered_at is null then 'ordered_at is not a time'
            {{ reject_number('revenue', 'revenue_text', 'revenue_in_currency', is_decimal=true) }}
            {{ reject_number(
                'refunded', 'refunded_text', 'refunded_in_currency', is_decimal=true
            ) }}
            {%- for column in times %}
            when {{ column }}_text is not null and {{ column }} is null
                then '{{ column }} is not a time'
            {%- endfor %}
        end as reject_reason

    from typed

)

select
    checked.order_id,
    checked.order_key,
    checked.account_key,
    checked.status,
    coalesce(statuses.counts, true) as counts,
    coalesce(statuses.is_refunded, false) as is_refunded,
    checked.status is null or statuses.status is not null as is_status_known,
    {{ in_project_currency('checked.revenue_in_currency', 'checked', scale=2) }} as revenue,
    {{ in_project_currency('checked.refunded_in_currency', 'checked', scale=2) }} as refunded,
    checked.currency,
    {{ exchange_rate('checked') }} as exchange_rate,
    {%- for column in source_columns() %}
    checked.{{ column }},
    {%- endfor %}
    checked.campaign_id,
    checked.campaign_name,
    checked.first_utm_source,
    checked.first_utm_medium,
    checked.first_campaign_id,
    checked.device_type,
    checked.is_device_mapped,
    checked.ordered_at,
    checked.refunded_at,
    checked.visited_at,
    checked.first_visited_at,
    checked.layout,
    checked.reject_reason,
    checked._load_id,
    checked._source_file,
    checked._source_line

from checked

left join {{ ref('stg_exchange_rates') }} as exchange_rates
    on checked.currency = exchange_rates.currency

left join {{ ref('order_statuses') }} as statuses on checked.status = statuses.status
