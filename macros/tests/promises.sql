{#
    Tests what the YAML of a table promises about its rows: one scan for all promises about single
    rows, and one scan per key. A promise is in the `meta` of its column, where the docs show it:

        not_null: true      unique: true      accepted_values: [a, b]
        at_least: 0         at_most: 1        (a number or an expression; NULL passes)
        interval: rate      (or `estimate`: x is between x_low and x_high, which are either both NULL
                            or both not; the limits of a rate are between 0 and 1)

    and in the `meta` of the table: `grain`, the columns of its key (NULLs count as equal).
    Each row that the test returns is a broken promise, with its number of rows and an example.
#}
{% test promises(model) %}
{%- if execute %}
{%- set table = (graph.nodes.values() | selectattr('alias', 'equalto', model.identifier) | list)[0] %}
{%- set checks = row_promises(table) %}
{%- set keys = key_promises(table) %}
{{- broken_rows(model, checks) if checks }}
{%- for key in keys %}
{{ 'union all' if checks or not loop.first }}
{{- repeated_keys(model, key) }}
{%- endfor %}
{%- endif %}
{% endtest %}

{# Each promise about rows that some break, from one scan of the table. #}
{% macro broken_rows(model, checks) %}
select promise, broken_rows, example

from (
    select
        promises.promise,
        case promises.number
            {%- for check in checks %}
            when {{ loop.index }} then counted.rows_{{ loop.index }}
            {%- endfor %}
        end as broken_rows,
        case promises.number
            {%- for check in checks %}
            when {{ loop.index }} then counted.example_{{ loop.index }}
            {%- endfor %}
        end as example

    from (
        select
            {%- for check in checks %}
            count(case when {{ check.broken }} then 1 end) as rows_{{ loop.index }},
            min(case when {{ check.broken }} then {{ check.example }} end) as example_{{ loop.index }}
            {{- ',' if not loop.last }}
            {%- endfor %}

        from {{ model }}
    ) as counted

    cross join (
        values
        {%- for check in checks %}
        ({{ loop.index }}, '{{ check.promise | replace("'", "''") }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as promises (number, promise)
) as tested

where broken_rows > 0
{% endmacro %}

{# A key that several rows have, with the number of these rows. #}
{% macro repeated_keys(model, key) %}
select
    '{{ key.promise | replace("'", "''") }}' as promise,
    cast(sum(rows_alike) as bigint) as broken_rows,
    min(example) as example

from (
    select count(*) as rows_alike, {{ promise_example(key.columns) }} as example

    from {{ model }}

    {{ 'where ' ~ key.columns[0] ~ ' is not null' if key.ignores_null }}

    group by {{ key.columns | join(', ') }}

    having count(*) > 1
) as repeated

having count(*) > 0
{% endmacro %}

{# The promises about single rows, each with the condition for a row that breaks it. #}
{% macro row_promises(table) -%}
    {%- set key = table.meta.grain
        or (table.columns.values() | selectattr('meta.unique') | map(attribute='name') | list)[:1] -%}
    {%- set checks = [] -%}
    {%- for column in table.columns.values() -%}
        {%- set name, meta = column.name, column.meta -%}
        {%- set found = [] -%}
        {%- if meta.not_null -%}
            {%- do found.append(('is not null', name ~ ' is null')) -%}
        {%- endif -%}
        {%- if 'accepted_values' in meta -%}
            {%- set values = [] -%}
            {%- for value in meta.accepted_values -%}
                {%- do values.append("'" ~ value ~ "'" if value is string else value | string) -%}
            {%- endfor -%}
            {%- set listed = values | join(', ') -%}
            {%- do found.append(('is one of ' ~ listed, name ~ ' not in (' ~ listed ~ ')')) -%}
        {%- endif -%}
        {%- if 'at_least' in meta -%}
            {%- do found.append(('is at least ' ~ meta.at_least, name ~ ' < ' ~ meta.at_least)) -%}
        {%- endif -%}
        {%- if 'at_most' in meta -%}
            {%- do found.append(('is at most ' ~ meta.at_most, name ~ ' > ' ~ meta.at_most)) -%}
        {%- endif -%}
        {%- if 'interval' in meta -%}
            {%- do found.append(('lies within its interval', outside_interval(name, meta.interval))) -%}
        {%- endif -%}
        {%- for promise, broken in found -%}
            {%- do checks.append({
                'promise': name ~ ' ' ~ promise,
                'broken': broken,
                'example': promise_example((key + [name]) | unique),
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(checks) }}
{%- endmacro %}

{# The promises that keys are unique. #}
{% macro key_promises(table) -%}
    {%- set keys = [] -%}
    {%- if table.meta.grain -%}
        {%- do keys.append({
            'promise': 'one row per ' ~ table.meta.grain | join(', '), 'columns': table.meta.grain
        }) -%}
    {%- endif -%}
    {%- for column in table.columns.values() if column.meta.unique -%}
        {%- do keys.append({
            'promise': column.name ~ ' is unique', 'columns': [column.name], 'ignores_null': true
        }) -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}

{# True for an estimate outside its limits, or with only one of them; a rate's are between 0 and 1. #}
{% macro outside_interval(name, kind) -%}
    {%- set low, high = name ~ '_low', name ~ '_high' -%}
    {{ name }} < {{ low }} or {{ name }} > {{ high }} or ({{ low }} is null) <> ({{ high }} is null)
    {{- ' or (' ~ name ~ ' is null and ' ~ low ~ ' is not null)' -}}
    {{- ' or ' ~ low ~ ' < 0e0 or ' ~ high ~ ' > 1e0' if kind == 'rate' -}}
{%- endmacro %}

{# A row's key as text: `user_id = u1, ad_platform = Facebook`. #}
{% macro promise_example(columns) -%}
    concat(
    {%- for column in columns -%}
        {{ ', ' if not loop.first }}'{{ ', ' if not loop.first }}{{ column | replace("'", "''") }} = ', {# -#}
        coalesce(cast({{ column }} as varchar), 'NULL')
    {%- endfor -%}
    )
{%- endmacro %}

{# At the end of a run: each broken promise of each failed test, as its own line. #}
{% macro name_broken_promises(results) -%}
    {%- if execute -%}
        {%- for result in results if result.status == 'fail'
            and result.node.test_metadata and result.node.test_metadata.name == 'promises' -%}
            {%- for row in run_query(result.node.compiled_code).rows -%}
                {%- do log(
                    result.node.name ~ ': not so: ' ~ row[0] ~ ' (rows: ' ~ row[1] ~ ', such as '
                    ~ printable(row[2]) ~ ')',
                    info=true
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
