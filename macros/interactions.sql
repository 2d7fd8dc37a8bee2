{#
    The identity of an interaction, which has no id: all columns that the source gave, as one text.
    Spellings are unified first, so `facebook` and `Facebook` are the same row.
#}
{% macro interaction_key() -%}
    {%- set columns = [
        'user_id', 'age', 'user_gender', 'location', 'interests', 'ad_id', 'ad_category', 'platform',
        'ad_type', 'impressions', 'clicks', 'conversion', 'time_spent_on_ad', 'day_of_week', 'device',
        'engagement_score', 'interaction_at', 'campaign', 'ad_spend', 'revenue'
    ] -%}
    concat(
    {%- for column in columns -%}
        {{ escaped("coalesce(" ~ column ~ ", '')") }}, '|'{{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}

{# A weekday gives an order but no date: it becomes a day in the week of Monday 1970-01-05. #}
{% macro weekday_as_timestamp(weekday) -%}
    case lower(substr({{ weekday }}, 1, 3))
        {%- for day in ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] %}
        when '{{ day }}' then timestamp '1970-01-{{ '%02d' % (loop.index0 + 5) }} 00:00:00'
        {%- endfor %}
    end
{%- endmacro %}

{#
    Position of a row without a time, as text that sorts by file, then line.
    NULL for a row with a time, which is ordered by that time.
#}
{% macro source_position() -%}
    case
        when is_order_approximate
            then _source_file || '|' || lpad(cast(_source_line as varchar), 12, '0')
    end
{%- endmacro %}

{# Whether a text of column names holds one that looks like money. Totals of counts are none. #}
{% macro looks_like_money(names) -%}
    {%- set text = namespace(sql='lower(' ~ names ~ ')') -%}
    {%- for counts in ['total conversions', 'total clicks', 'total impressions'] -%}
        {%- set text.sql = 'replace(' ~ text.sql ~ ", '" ~ counts ~ "', '')" -%}
    {%- endfor -%}
    (
        {%- for word in [
            'value', 'amount', 'price', 'total', 'cost', 'spend', 'spent', 'revenue', 'sales'
        ] %}
        {{ text.sql }} like '%{{ word }}%' {{- ' or' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
