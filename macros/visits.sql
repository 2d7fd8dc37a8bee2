{#
    Visits: what a log of a site and the orders of a shop tell about where a user came from.
#}

{# A word of a UTM parameter or a status as look-ups have it: lower case, `_`, `-` and `+` as blanks. #}
{% macro utm_word(text) -%}
    trim(translate(lower({{ text }}), '_-+', '   '))
{%- endmacro %}

{# Whether a list such as `cpc|ppc` is empty or has the word. #}
{% macro is_listed(word, list) -%}
    ({{ list }} is null or {{ list }} = ''
    or strpos('|' || {{ utm_word(list) }} || '|', '|' || {{ word }} || '|') > 0)
{%- endmacro %}

{# The channels of visits that no ad brought: those with a source, and those without any. #}
{% macro unpaid_channels() -%}
    {{ return({'organic': 'Organic', 'direct': 'Direct'}) }}
{%- endmacro %}

{# Whether a channel is a visit that no ad brought: no spend can be held against its revenue. #}
{% macro is_unpaid(ad_platform) -%}
    ({{ ad_platform }} in ('{{ unpaid_channels().values() | join("', '") }}'))
{%- endmacro %}

{# An order's id under which a shop and a log of its site meet: `#1001` and `1001` are one. #}
{% macro order_key(order_id) -%}
    lower(trim(leading '#' from trim({{ order_id }})))
{%- endmacro %}

{# The columns that tell a visit's source, uniform and never NULL: the key of int_visit_sources. #}
{% macro source_columns() -%}
    {{ return(['click_id_kind', 'utm_source', 'utm_medium', 'referrer_domain']) }}
{%- endmacro %}

{# A source column from raw text. #}
{% macro source_word(text) -%}
    coalesce({{ utm_word(null_if_word(text)) }}, '')
{%- endmacro %}

{# A campaign's name or id; NULL for what analytics tools write in its place for unpaid visits. #}
{% macro campaign_or_null(text) -%}
    case
        when lower({{ text }}) not in (
            '(organic)', '(direct)', '(referral)', '(cross-network)', '(not set)', '(data deleted)'
        )
        then {{ null_if_word(text) }}
    end
{%- endmacro %}

{# Where a visit came from and on which device, of raw rows `landed` with join_visit_names(). #}
{% macro visit_columns() -%}
    {%- set campaign = campaign_or_null('coalesce(campaign_names.name, landed.utm_campaign)') -%}
    {%- for column in source_columns() %}
    {{ source_word('landed.' ~ column) }} as {{ column }},
    {%- endfor %}
    coalesce(id_names.name, {{ null_if_word('landed.utm_id') }}, {{ campaign }}) as campaign_id,
    {{ campaign }} as campaign_name,
    {{ null_if_unknown('coalesce(devices.name, landed.device_type)') }} as device_type,
    coalesce(devices.is_known, false) as is_device_mapped
{%- endmacro %}

{# The names under which device, campaign id and campaign of raw rows `landed` are shown. #}
{% macro join_visit_names() -%}
    {%- for alias, kind, column in [
        ('devices', 'device', 'device_type'), ('id_names', 'campaign', 'utm_id'),
        ('campaign_names', 'campaign', 'utm_campaign')
    ] %}
    left join {{ ref('stg_names') }} as {{ alias }}
        on {{ alias }}.kind = '{{ kind }}' and landed.{{ column }} = {{ alias }}.spelling
    {%- endfor %}
{%- endmacro %}
