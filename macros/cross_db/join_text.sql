{#
    Concatenates the texts of a group, in an order; only of rows `where` a condition holds.
    DuckDB: string_agg; Trino: array_join of array_agg.
#}
{% macro join_text(text, separator, order_by, where='true') -%}
    {{ return(adapter.dispatch('join_text')(text, separator, order_by, where)) }}
{%- endmacro %}

{% macro default__join_text(text, separator, order_by, where) -%}
    array_join(array_agg({{ text }} order by {{ order_by }}) filter (where {{ where }}), '{{ separator }}')
{%- endmacro %}

{% macro duckdb__join_text(text, separator, order_by, where) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ order_by }}) filter (where {{ where }})
{%- endmacro %}
