{# Athena requires timestamps in microseconds for Iceberg tables and in milliseconds for Hive tables;
   DuckDB has one precision. #}
{% macro iceberg_time(column) -%}
    {{ 'cast(' ~ column ~ ' as timestamp(6))' if target.type == 'athena' else column }}
{%- endmacro %}

{% macro hive_time(column) -%}
    {{ 'cast(' ~ column ~ ' as timestamp(3))' if target.type == 'athena' else column }}
{%- endmacro %}
