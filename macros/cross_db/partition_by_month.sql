{#
    Athena: one folder per month, so that a query over a time reads that time only; the column must
    be the table's last. DuckDB: nothing, its files know the range of each row group.
#}
{% macro partition_by_month(column) -%}
    {%- if target.type == 'athena' -%}
        {{ config(partitioned_by=[column]) }}
    {%- endif -%}
{%- endmacro %}
