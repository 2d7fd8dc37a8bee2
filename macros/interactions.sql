{#
    An interaction has no id of its own: every column that the source gave, as one text. The columns
    are those after spelling, so `facebook` and `Facebook` are the same row.
#}
{% macro interaction_key() -%}
    {%- set columns = [
        'user_id', 'age', 'user_gender', 'location', 'interests', 'ad_id', 'ad_category', 'platform',
        'ad_type', 'impressions', 'clicks', 'conversion', 'time_spent_on_ad', 'day_of_week', 'device',
        'engagement_score', 'interaction_at', 'campaign_id', 'ad_spend', 'revenue'
    ] -%}
    concat(
    {%- for column in columns -%}
        coalesce({{ column }}, ''), '|'{{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}

{# A weekday alone gives an order, not a date: it stands for a day in the week of Monday 1970-01-05. #}
{% macro weekday_as_timestamp(weekday) -%}
    case lower(substr({{ weekday }}, 1, 3))
        {%- for day in ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] %}
        when '{{ day }}' then timestamp '1970-01-{{ '%02d' % (loop.index0 + 5) }} 00:00:00'
        {%- endfor %}
    end
{%- endmacro %}

{#
    Where in the files a row without a time stands, as text that sorts like file, then line.
    Null for a row with a time: its order needs no file.
#}
{% macro source_position() -%}
    case
        when is_order_approximate
            then _source_file || '|' || lpad(cast(_source_line as varchar), 12, '0')
    end
{%- endmacro %}
