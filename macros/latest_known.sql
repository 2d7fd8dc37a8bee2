{# Of several values the latest known one; of several at that time the smallest. #}
{% macro latest_known(column, authority=none, known_at='known_at') -%}
    min_by(
        {{ column }},
        row(
            {{ '-' ~ authority ~ ',' if authority }}
            date_diff('millisecond', {{ known_at }}, timestamp '2200-01-01 00:00:00'),
            {{ column }}
        )
    ) filter (where {{ column }} is not null)
{%- endmacro %}
