{# The latest value that is not NULL; of several at the same time the smallest. #}
{% macro latest_known(column, source_priority=none, observed_at='observed_at') -%}
    min_by(
        {{ column }},
        row(
            {{ '-' ~ source_priority ~ ',' if source_priority }}
            date_diff('millisecond', {{ observed_at }}, timestamp '2200-01-01 00:00:00'),
            {{ column }}
        )
    ) filter (where {{ column }} is not null)
{%- endmacro %}
