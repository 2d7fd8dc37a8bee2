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
        {%- do run_query('create schema if not exists raw') -%}
        {%- for source in graph.sources.values() if source.source_name == 'raw' -%}
            {%- if source.name not in landed_tables -%}
                {{ exceptions.raise_compiler_error(
                    "the files were landed by an earlier version, without " ~ source.name
                    ~ ": land them again with `social-roi land PATH`"
                ) }}
            {%- endif -%}
            {%- do run_query(
                "create or replace view raw." ~ source.name
                ~ " as select * from read_parquet('" ~ landed ~ source.name ~ "/*.parquet')"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
