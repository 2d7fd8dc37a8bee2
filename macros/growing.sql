{#
    Tables that grow with the data are not made anew in every build: rows of files that landed since
    the last one are added, and of a user with new rows everything is made again. All of it rests
    on `_landing`, the time at which a row landed, which never goes back. What rows alone cannot tell, such as
    a file that was removed or a variable that changed, has all of them made anew.
#}

{#
    Config of such a table. Athena: Iceberg, whose inserts, deletes and merges are whole or not at all.
    On DuckDB a delete and an insert take a fifth of the time of a merge, in one transaction.
#}
{% macro grows(unique_key=none, by_user=false) -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='append' if not unique_key
            else 'merge' if target.type == 'athena' else 'delete+insert',
        unique_key=unique_key,
    ) }}
    {%- if by_user -%} {{ config(pre_hook="{{ forget_changed_users() }}") }} {%- endif -%}
    {%- if target.type == 'athena' -%}
        {{ config(table_type='iceberg') }}
    {%- endif -%}
{%- endmacro %}

{# The time at which a row landed in milliseconds since 1970: a number is half the work of a text
   wherever it is kept, compared and carried along. #}
{% macro landing(loaded_at) -%}
    date_diff('millisecond', timestamp '1970-01-01 00:00:00', cast({{ loaded_at }} as timestamp))
{%- endmacro %}

{# What is in the table, or in that of another model, had landed by then: rows after it are new. #}
{% macro landed_until(model=none) -%}
    {%- set table = adapter.get_relation(this.database, this.schema, model) if model else this -%}
    {%- set latest = run_query('select max(_landing) from ' ~ table).columns[0].values()[0]
        if execute and table else none -%}
    {{ latest or 0 }}
{%- endmacro %}

{# The same as raw tables spell it, so that whole files are passed over unread. #}
{% macro loaded_until() -%}
    {%- set until = modules.datetime.timedelta(milliseconds=landed_until() | int) -%}
    '{{ (modules.datetime.datetime(1970, 1, 1) + until).isoformat(' ', 'milliseconds') }}'
{%- endmacro %}

{# Before a table by user grows: the rows of users with new rows go. A crash between this and the
   insert leaves the table behind in time, so the next build makes up for it. #}
{% macro forget_changed_users() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where user_id in (
            select user_id from {{ ref('int_active_users') }} where _landing > {{ landed_until() }}
        )
    {%- endif -%}
{%- endmacro %}

{# What decides over the tables that grow, beside the data, macros and seeds above 1 MB, as one text. #}
{% macro made_with() -%}
    {%- set parts = [] -%}
    {%- for name in [
        'lookback_days', 'sensitivity_lookback_days', 'platform_click_days', 'platform_view_days',
        'markov_order'
    ] -%}
        {%- do parts.append(name ~ '=' ~ var(name)) -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed')
        and not node.path.startswith('solvers') -%}
        {%- do parts.append(node.name ~ '=' ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {{ return(local_md5(parts | sort | join(';'))) }}
{%- endmacro %}

{# Whether a build may add to what is there. #}
{% macro is_made_with_other_things(state) -%}
    {%- if state is none or '_made_with' not in (
        adapter.get_columns_in_relation(state) | map(attribute='name') | list
    ) -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set gone = run_query(
        "select count(*) from " ~ state ~ " as former where former._made_with <> '" ~ made_with() ~ "'"
    ).columns[0].values()[0] -%}
    {%- if gone == 0 and var('input', 'demo') == 'landed' -%}
        {%- set gone = run_query(
            'select count(*) from ' ~ state ~ ' as former left join ' ~ raw('landed_files') ~ ' as files'
            ~ ' on former.raw_table = files.raw_table and former._source_file = files._source_file'
            ~ ' and former._landing = ' ~ landing('files._loaded_at') ~ ' where files._source_file is null'
        ).columns[0].values()[0] -%}
    {%- endif -%}
    {{ return(gone > 0) }}
{%- endmacro %}

{# At the start of a run. stg_landed_files says what the last one was made with: it goes first, so
   that a crash here leaves no table that looks as if it could grow. #}
{% macro make_anew_what_changed() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set growing = graph.nodes.values() | selectattr('config.materialized', 'equalto', 'incremental')
            | list -%}
        {%- set selected = growing | map(attribute='unique_id') | select('in', selected_resources) | list -%}
        {%- set landed_files = graph.nodes['model.social_roi.stg_landed_files'] -%}
        {%- set state = adapter.get_relation(
            landed_files.database, landed_files.schema, landed_files.alias
        ) -%}
        {%- set is_state_made = landed_files.unique_id in selected_resources -%}
        {%- set is_all_made = is_state_made and selected | length == growing | length -%}
        {#- of a large seed, such as the demo's events, dbt knows the path alone: it may have changed -#}
        {%- set large_seeds = graph.nodes.values() | selectattr('checksum.name', 'equalto', 'path') | list -%}
        {%- if (selected or is_state_made)
            and ((is_all_made and large_seeds) or is_made_with_other_things(state)) -%}
            {%- if not is_all_made -%}
                {{ exceptions.raise_compiler_error(
                    'files were removed or replaced, or variables or models changed, since the last build:'
                    ~ ' build everything once, without --select'
                ) }}
            {%- endif -%}
            {%- for node in [landed_files] + growing -%}
                {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
                {%- if relation -%} {%- do adapter.drop_relation(relation) -%} {%- endif -%}
            {%- endfor -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
