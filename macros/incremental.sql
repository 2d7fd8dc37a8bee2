{#
    Incremental models: a build adds the rows of files that landed since the last build, and rebuilds
    the rows of users with new rows. New rows are those above the watermark, the table's latest
    `_load_id`: the time at which a row landed, which never decreases. Changes that new rows do not
    show, such as a removed file or a changed variable, trigger a full refresh (full_refresh.sql).
#}

{#
    Config of an incremental model. Athena: Iceberg, whose inserts, deletes and merges are atomic.
    DuckDB: delete and insert in one transaction take a fifth of the time of a merge.
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

{# The time at which a row landed, in milliseconds since 1970: a number costs half as much as a text to
   store and compare. #}
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

{# The watermark as text, as raw tables store it, so that files without new rows are skipped unread. #}
{% macro max_loaded_at_text(model=none) -%}
    {%- set until = modules.datetime.timedelta(milliseconds=max_load_id(model) | int) -%}
    '{{ (modules.datetime.datetime(1970, 1, 1) + until).isoformat(' ', 'milliseconds') }}'
{%- endmacro %}

{# Pre-hook of models by user: delete the rows of users with new rows. A crash between this and the
   insert leaves the old watermark, so the next build catches up. #}
{% macro delete_changed_users() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where user_id in (
            select user_id from {{ ref('int_user_activity') }} where _load_id > {{ max_load_id() }}
        )
    {%- endif -%}
{%- endmacro %}
