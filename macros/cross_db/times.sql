{# Athena stores times to the microsecond in Iceberg and to the millisecond in Hive tables, and
   takes no other; DuckDB has one kind. #}
{% macro iceberg_time(column) -%}
    {{ 'cast(' ~ column ~ ' as timestamp(6))' if target.type == 'athena' else column }}
{%- endmacro %}

{% macro hive_time(column) -%}
    {{ 'cast(' ~ column ~ ' as timestamp(3))' if target.type == 'athena' else column }}
{%- endmacro %}
