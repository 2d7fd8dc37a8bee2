{{ config(post_hook=[
    "{{ fail_on_rejected_share('web_events') }}",
    "{{ fail_on_missing_exchange_rate('web_events') }}",
]) }}

with landed as (

    select * from {{ raw('web_events') }}

),

typed as (

    select
        {{ null_if_word('landed.event_id') }} as event_id,
        {{ null_if_word('landed.user_key') }} as user_key,
        {{ null_if_word('landed.account_key') }} as account_key,
        lower({{ null_if_word('landed.event_name') }}) as event_name,
        {{ null_if_word('landed.session_id') }} as session_id,
        {{ visit_columns() }},
        {{ null_if_word('landed.utm_content') }} as ad_id,
        {{ null_if_unknown('landed.country') }} as country,
        {{ null_if_word('landed.order_id') }} as order_id,
        {{ order_key(null_if_word('landed.order_id')) }} as order_key,
        landed.revenue as revenue_text,
        {{ to_decimal('landed.revenue', 2) }} as revenue_in_currency,
        upper({{ null_if_word('landed.currency') }}) as currency,
        {{ to_timestamp('landed.occurred_at') }} as occurred_at,
        {{ load_id('landed._loaded_at') }} as _load_id,
        landed._source_file,
        landed._source_line

    from landed

    {{ join_visit_names() }}

),

checked as (

    select
        *,
        case
            when event_id is null then 'event_id is missing'
            when user_key is null then 'user_key is missing'
            when occurred_at is null then 'occurred_at is not a time'
            when event_name is null then 'event_name is missing'
            {{ reject_number(
                'revenue', 'revenue_text', 'revenue_in_currency', is_decimal=true, is_signed=true
            ) }}
            when revenue_in_currency < 0 and event_name <> 'refund' then 'revenue is negative'
        end as reject_reason

    from typed

)

select
    checked.event_id,
    checked.user_key,
    checked.account_key,
    checked.event_name,
    checked.session_id,
    {%- for column in source_columns() %}
    checked.{{ column }},
    {%- endfor %}
    checked.campaign_id,
    checked.campaign_name,
    checked.ad_id,
    checked.device_type,
    checked.is_device_mapped,
    checked.country,
    checked.order_id,
    checked.order_key,
    case
        when checked.event_name in ('purchase', 'refund')
            -- some tools log what was paid back with a minus
            then abs({{ in_project_currency('checked.revenue_in_currency', 'checked', scale=2) }})
    end as revenue,
    checked.currency,
    {{ exchange_rate('checked') }} as exchange_rate,
    checked.occurred_at,
    checked.reject_reason,
    checked._load_id,
    checked._source_file,
    checked._source_line

from checked

left join {{ ref('stg_exchange_rates') }} as exchange_rates
    on checked.currency = exchange_rates.currency
