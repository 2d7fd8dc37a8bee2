{# Texts of a group joined in an order. DuckDB: string_agg; Trino: array_join of array_agg. #}
{% macro join_text(text, separator, order_by) -%}
    {{ return(adapter.dispatch('join_text')(text, separator, order_by)) }}
{%- endmacro %}

{% macro default__join_text(text, separator, order_by) -%}
    array_join(array_agg({{ text }} order by {{ order_by }}), '{{ separator }}')
{%- endmacro %}

{% macro duckdb__join_text(text, separator, order_by) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}
