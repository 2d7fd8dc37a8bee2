{#
    Full refresh: when incremental tables cannot simply be added to, the start of a run drops them
    and the build recreates them in full.
#}

{# Fingerprint of the variables, models and seeds that determine incremental tables. Not included:
   macros, and seeds above 1 MB, for which dbt has no checksum of the content. #}
{% macro build_fingerprint() -%}
    {%- set parts = [] -%}
    {%- for name in [
        'lookback_days', 'sensitivity_lookback_days', 'platform_click_days', 'platform_view_days',
        'markov_order', 'session_minutes', 'unpaid_touches', 'currency'
    ] -%}
        {%- do parts.append(name ~ '=' ~ var(name)) -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'seed')
        and not node.path.startswith('solvers') -%}
        {%- do parts.append(node.name ~ '=' ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {{ return(local_md5(parts | sort | join(';'))) }}
{%- endmacro %}

{# Whether incremental tables were built from other files, variables or models than today's. #}
{% macro is_stale(state) -%}
    {#- nothing tells which rows of existing tables are new -#}
    {%- if var('input', 'demo') == 'tables' or state is none or '_build_fingerprint' not in (
        adapter.get_columns_in_relation(state) | map(attribute='name') | list
    ) -%}
        {{ return(true) }}
    {%- endif -%}
    {%- set stale_rows = run_query(
        "select count(*) from " ~ state ~ " as former where former._build_fingerprint <> '" ~ build_fingerprint() ~ "'"
    ).columns[0].values()[0] -%}
    {%- if stale_rows == 0 and var('input', 'demo') == 'landed' -%}
        {#- a file that is gone; a new log or list of orders, which may make two users one; a bill or a report,
            which may tell whose campaign is meant where an order's source names no platform -#}
        {%- set rebuilding = "'web_events', 'orders'" -%}
        {%- set sources = adapter.get_relation(state.database, state.schema, 'int_visit_sources') -%}
        {%- if sources and run_query('select count(*) from ' ~ sources ~ ' where is_unnamed').columns[0].values()[0] -%}
            {%- set rebuilding = rebuilding ~ ", 'ad_spend', 'ad_reports'" -%}
        {%- endif -%}
        {%- set stale_rows = run_query(
            'select count(*) from ' ~ state ~ ' as former full outer join ' ~ raw('landed_files') ~ ' as files'
            ~ ' on former.raw_table = files.raw_table and former._source_file = files._source_file'
            ~ ' and former._load_id = ' ~ load_id('files._loaded_at') ~ ' where files._source_file is null'
            ~ ' or former._source_file is null and files.raw_table in (' ~ rebuilding ~ ')'
        ).columns[0].values()[0] -%}
    {%- endif -%}
    {{ return(stale_rows > 0) }}
{%- endmacro %}

{# On-run-start hook. stg_landed_files holds the last build's fingerprint: it is dropped first, so that
   after a crash here the next run does not mistake the other tables for current ones. #}
{% macro full_refresh_if_stale() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set incremental = graph.nodes.values() | selectattr('config.materialized', 'equalto', 'incremental')
            | list -%}
        {%- set selected = incremental | map(attribute='unique_id') | select('in', selected_resources) | list -%}
        {%- set landed_files = graph.nodes['model.social_roi.stg_landed_files'] -%}
        {%- set former = adapter.get_relation(
            landed_files.database, landed_files.schema, landed_files.alias
        ) -%}
        {%- set is_state_built = landed_files.unique_id in selected_resources -%}
        {%- set is_all_built = is_state_built and selected | length == incremental | length -%}
        {#- a seed above 1 MB, such as the demo's events, has no checksum: it may have changed -#}
        {%- set large_seeds = graph.nodes.values() | selectattr('checksum.name', 'equalto', 'path') | list -%}
        {%- if (selected or is_state_built)
            and ((is_all_built and large_seeds) or is_stale(former)) -%}
            {%- if not is_all_built -%}
                {{ exceptions.raise_compiler_error(
                    'files were removed or replaced, logs, orders or what tells their campaigns landed, or variables'
                    ~ ' or models changed, since the last build:'
                    ~ ' build everything once, without --select'
                ) }}
            {%- endif -%}
            {#- landed_files first: see above -#}
            {%- for name in ([landed_files] + incremental) | map(attribute='alias') | list
                + former_models() -%}
                {%- set relation = adapter.get_relation(
                    landed_files.database, landed_files.schema, name
                ) -%}
                {%- if relation -%} {%- do adapter.drop_relation(relation) -%} {%- endif -%}
            {%- endfor -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Models of former versions that no longer exist: a full refresh drops their tables. #}
{% macro former_models() -%}
    {{ return([
        'int_active_users', 'int_ad_funnel_by_user', 'int_attribution_buckets',
        'int_attribution_claims', 'int_attribution_cumulated', 'int_attribution_lookbacks',
        'int_attribution_shares', 'int_attribution_totals', 'int_attribution_weights',
        'int_channel_edges', 'int_channels', 'int_conversion_events', 'int_conversion_touches',
        'int_credits_by_seller', 'int_credits_by_user', 'int_event_counts', 'int_events',
        'int_funnel_by_platform_and_device', 'int_funnel_cells', 'int_interactions',
        'int_markov_credits', 'int_path_journeys', 'int_path_parts', 'int_path_steps',
        'int_repeated_ids', 'int_repeated_rows', 'int_returns', 'int_returns_credited',
        'int_returns_markov', 'int_segment_centroids_wide', 'int_simulation_switch',
        'int_spend_billed', 'int_touch_cells', 'int_touch_event_counts',
        'int_touches_before_conversions', 'int_touches_in_reach', 'int_usable_ids',
        'int_user_attributes', 'int_user_platforms', 'int_user_sample', 'int_warning_counts'
    ]) }}
{%- endmacro %}
