{#
    Athena: one folder per month, so that a query over a period reads only that period; the column
    must be the table's last. DuckDB: nothing, since it stores the range of each row group.
#}
{% macro partition_by_month(column) -%}
    {%- if target.type == 'athena' -%}
        {{ config(partitioned_by=[column]) }}
    {%- endif -%}
{%- endmacro %}
