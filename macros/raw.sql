{# The rows of one raw table: the demo's seeds, what `social-roi land` wrote, or tables that are there. #}
{% macro raw(table) -%}
    {%- if var('input', 'demo') == 'demo' -%}
        {{ ref('demo_' ~ table) }}
    {%- elif var('input', 'demo') == 'tables' -%}
        {{ existing_table(table) }}
    {%- else -%}
        {{ source('raw', table) }}
    {%- endif -%}
{%- endmacro %}

{# Makes landed Parquet files available on DuckDB, as views with the names of Athena's Glue tables. #}
{% macro register_raw() -%}
    {%- if execute and target.type == 'duckdb' and var('input', 'demo') == 'landed' -%}
        {%- set landed = env_var('SOCIAL_ROI_BUILD', 'build') ~ '/landed/current/' -%}
        {%- set landed_tables = run_query(
            "select distinct parse_path(file)[-2] from glob('" ~ landed ~ "*/*.parquet')"
        ).columns[0].values() | list -%}
        {%- if not landed_tables -%}
            {{ exceptions.raise_compiler_error("nothing is landed yet: run `social-roi land PATH` first") }}
        {%- endif -%}
        {%- set landed_columns = run_query(
            "select parse_path(file_name)[-2] || '.' || name"
            ~ " from parquet_schema('" ~ landed ~ "*/no_rows.parquet')"
        ).columns[0].values() | list -%}
        {%- do run_query('create schema if not exists raw') -%}
        {%- for source in graph.sources.values() if source.source_name == 'raw' -%}
            {%- set wanted = [source.name] -%}
            {%- for column in source.columns -%} {%- do wanted.append(source.name ~ '.' ~ column) -%} {%- endfor -%}
            {%- for one in wanted if one not in landed_tables + landed_columns -%}
                {{ exceptions.raise_compiler_error(
                    "the files were landed by an earlier version, without " ~ one
                    ~ ": land them again with `social-roi land PATH`"
                ) }}
            {%- endfor -%}
            {%- do run_query(
                "create or replace view raw." ~ source.name
                ~ " as select * from read_parquet('" ~ landed ~ source.name ~ "/*.parquet')"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
