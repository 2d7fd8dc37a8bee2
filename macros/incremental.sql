{#
    Incremental models: a build adds the rows of files that landed since the last one, and rebuilds
    the rows of users with new rows. All of it rests on the watermark `_load_id`, the time at which a
    row landed, which never goes back. What rows alone cannot tell, such as a removed file or a changed
    variable, is a full refresh (full_refresh.sql).
#}

{#
    Config of an incremental model. Athena: Iceberg, whose inserts, deletes and merges are atomic. On
    DuckDB a delete and an insert take a fifth of the time of a merge, in one transaction.
#}
{% macro incremental_by_load(unique_key=none, by_user=false) -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='append' if not unique_key
            else 'merge' if target.type == 'athena' else 'delete+insert',
        unique_key=unique_key,
    ) }}
    {%- if by_user -%} {{ config(pre_hook="{{ delete_changed_users() }}") }} {%- endif -%}
    {%- if target.type == 'athena' -%}
        {{ config(table_type='iceberg') }}
    {%- endif -%}
{%- endmacro %}

{# The time at which a row landed in milliseconds since 1970: a number costs half of what a text costs
   to store, compare and carry along. #}
{% macro load_id(loaded_at) -%}
    date_diff('millisecond', timestamp '1970-01-01 00:00:00', cast({{ loaded_at }} as timestamp))
{%- endmacro %}

{# Watermark: the latest load id in this (or another) model's table; rows after it are new. #}
{% macro max_load_id(model=none) -%}
    {%- set table = adapter.get_relation(this.database, this.schema, model) if model else this -%}
    {%- set latest = run_query('select max(_load_id) from ' ~ table).columns[0].values()[0]
        if execute and table else none -%}
    {{ latest or 0 }}
{%- endmacro %}

{# The watermark as raw tables spell it, so that whole files are skipped unread. #}
{% macro max_loaded_at_text() -%}
    {%- set until = modules.datetime.timedelta(milliseconds=max_load_id() | int) -%}
    '{{ (modules.datetime.datetime(1970, 1, 1) + until).isoformat(' ', 'milliseconds') }}'
{%- endmacro %}

{# Before rows are added to a table by user: delete the rows of users with new rows. A crash between
   this and the insert leaves the table's watermark behind, so the next build catches up. #}
{% macro delete_changed_users() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where user_id in (
            select user_id from {{ ref('int_user_activity') }} where _load_id > {{ max_load_id() }}
        )
    {%- endif -%}
{%- endmacro %}
