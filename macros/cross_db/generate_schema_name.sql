{#
    DuckDB: `raw`, `lookups` and `marts` inside one file. Athena: databases are shared by the whole
    account, so the project's name is their prefix (`social_roi_lookups`).
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.type == 'duckdb' -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
