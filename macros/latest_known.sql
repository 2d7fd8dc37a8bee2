{# Of a user's several values the latest known one; of several at that time the smallest. #}
{% macro latest_known(column) -%}
    (array_agg({{ column }} order by authority desc, known_at desc, {{ column }})
        filter (where {{ column }} is not null))[1]
{%- endmacro %}
