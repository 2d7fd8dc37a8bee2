{#
    Raw rows from tables that are in the warehouse already (`input: tables`): the variable `sources`
    says for each raw table which one, and which of its columns is which.
#}

{# The raw table that an existing table stands for, as a subquery with the columns that landing
   would have written, all as text. Rows of raw tables that `sources` does not name: none. #}
{% macro existing_table(table) -%}
    {%- set given = var('sources') -%}
    {%- if table == 'landed_files' -%}
        {%- set parts = [] -%}
        {%- for name in given -%} {%- do parts.append(file_of_existing_table(name)) -%} {%- endfor -%}
        ({{ parts | join(' union all ') or rows_of_none(table) }}) as existing
    {%- elif table in given -%}
        (select {{ columns_of_existing_table(table) }} from {{ existing_relation(table) }}) as existing
    {%- else -%}
        ({{ rows_of_none(table) }}) as existing
    {%- endif -%}
{%- endmacro %}

{# A model of the project, which dbt then builds first, or a table of the source. #}
{% macro existing_relation(table) -%}
    {%- set given = var('sources')[table] -%}
    {{ return(ref(given['model']) if given.get('model') else source('raw', table)) }}
{%- endmacro %}

{# Columns of ours that other packages' tables name otherwise: ours first, then theirs. #}
{% macro known_columns(name) -%}
    {{ return({
        'fivetran_ad_reporting': {
            'period_start': 'date_day', 'ad_platform': 'platform',
            'reported_conversions': 'conversions', 'reported_revenue': 'conversions_value'
        }
    }.get(name)) }}
{%- endmacro %}

{# The columns of `sources` by ours. Stops at a name that no raw table has. #}
{% macro named_columns(table, contract) -%}
    {%- set given = var('sources')[table].get('columns') or {} -%}
    {%- set named = known_columns(given) if given is string else given -%}
    {%- set all = contract + ((var('sources')[table].get('constants') or {}) | list) -%}
    {%- for key in var('sources')[table] if key not in ['identifier', 'model', 'columns', 'constants'] -%}
        {{ exceptions.raise_compiler_error(
            'sources: ' ~ table ~ ' has ' ~ key ~ '; known are identifier, model, columns, constants'
        ) }}
    {%- endfor -%}
    {%- if named is none -%}
        {{ exceptions.raise_compiler_error(
            'sources: ' ~ table ~ ': columns is ' ~ given ~ '; it has to be fivetran_ad_reporting, or'
            ~ ' our columns with theirs'
        ) }}
    {%- endif -%}
    {%- for name in (named | list) + all if name not in contract -%}
        {{ exceptions.raise_compiler_error(
            'sources: ' ~ table ~ ' has no column ' ~ name ~ '; did you mean '
            ~ nearest_name(name, contract) | trim ~ '?'
        ) }}
    {%- endfor -%}
    {{ return(named) }}
{%- endmacro %}

{# The columns of an existing table by their names in lower case. Stops where there is no such table,
   or it lacks a column that `sources` names. #}
{% macro columns_there(table, relation, named, constants) -%}
    {%- set there = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do there.update({column.name | lower: column.name}) -%}
    {%- endfor -%}
    {%- if not there -%}
        {{ exceptions.raise_compiler_error('sources: ' ~ table ~ ': there is no table ' ~ relation) }}
    {%- endif -%}
    {%- for ours, theirs in named.items() if ours not in constants and theirs | lower not in there
        and not var('sources')[table].get('columns') is string -%}
        {{ exceptions.raise_compiler_error(
            'sources: ' ~ table ~ ': ' ~ relation ~ ' has no column ' ~ theirs ~ '; did you mean '
            ~ nearest_name(theirs, there | list) | trim ~ '?'
        ) }}
    {%- endfor -%}
    {{ return(there) }}
{%- endmacro %}

{# Each column of the raw table: a constant, a column of the existing one as text, or nothing. #}
{% macro columns_of_existing_table(table) -%}
    {%- if not execute -%}
        {%- do existing_relation(table) -%} {{ return('1 as one') }}
    {%- endif -%}
    {%- set contract = contract_of(table) -%}
    {%- set named = named_columns(table, contract) -%}
    {%- set constants = var('sources')[table].get('constants') or {} -%}
    {%- set relation = existing_relation(table) -%}
    {%- set there = columns_there(table, relation, named, constants) -%}
    {%- set read = {} -%}
    {%- for ours in contract -%}
        {%- set theirs = there.get(named.get(ours, ours) | lower) -%}
        {%- if ours in constants -%}
            {%- do read.update({ours: dbt.string_literal(dbt.escape_single_quotes(constants[ours] | string))}) -%}
        {%- elif theirs -%}
            {%- do read.update({ours: 'cast(' ~ adapter.quote(theirs) ~ ' as varchar)'}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set order = read.values() | list | join(', ') -%}
    {%- if table == 'ad_reports' -%} {%- do add_report_columns(read) -%} {%- endif -%}
    {%- do read.update({
        '_source_file': dbt.string_literal(relation.identifier),
        '_source_line': 'row_number() over (order by ' ~ order ~ ')',
        '_loaded_at': "'2000-01-01 00:00:00.000'"
    }) -%}
    {%- for ours in contract %}
    {{ read.get(ours, 'cast(null as varchar)') }} as {{ ours }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# What landing adds to a report's line: a day's end, its grain, how its clicks are counted. #}
{% macro add_report_columns(read) -%}
    {%- set level = 'ad' if 'ad_id' in read else 'ad group' if 'ad_group_id' in read
        else 'campaign' if 'campaign_id' in read or 'campaign_name' in read else 'account' -%}
    {%- for ours, default in {
        'period_end': read.get('period_start'), 'grain': "'day x " ~ level ~ "'",
        'clicks_kind': "'clicks'", 'conversion_kind': "'conversions'", 'layout': "'table'"
    }.items() if ours not in read -%}
        {%- do read.update({ours: default}) -%}
    {%- endfor -%}
{%- endmacro %}

{# The row of `landed_files` for an existing table. #}
{% macro file_of_existing_table(table) -%}
    {%- set relation = existing_relation(table) -%}
    select
        '{{ table }}' as raw_table,
        '{{ relation.identifier }}' as _source_file,
        count(*) as records,
        count(*) as landed_rows,
        cast(0 as bigint) as rejected_records,
        cast(null as varchar) as date_order,
        '.' as decimal_mark,
        cast(null as varchar) as unknown_columns,
        cast(null as varchar) as warning,
        '2000-01-01 00:00:00.000' as _loaded_at
    from {{ relation }}
{%- endmacro %}

{# No row, with the columns of a raw table. #}
{% macro rows_of_none(table) -%}
    select
    {%- for name in contract_of(table) %}
        cast(null as {{ 'bigint' if name in ['_source_line', 'records', 'landed_rows', 'rejected_records']
            else 'varchar' }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    where 1 = 0
{%- endmacro %}

{# The columns of a raw table, in their order; none while dbt reads the project. #}
{% macro contract_of(table) -%}
    {%- set sources = graph.sources.values() if execute else [] -%}
    {%- for source in sources if source.source_name == 'raw' and source.name == table
        and source.package_name == 'social_roi' -%}
        {{ return(source.columns | list) }}
    {%- endfor -%}
    {{ return(['one']) }}
{%- endmacro %}
