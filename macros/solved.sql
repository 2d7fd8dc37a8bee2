{#
    The results that `social-roi solve` wrote, typed; no rows before the first solve.
    columns: name -> type, in order.
#}
{% macro solved(name, columns) -%}
    {%- set relation = adapter.get_relation(
        database=target.database, schema=target.schema ~ '_solved', identifier=name
    ) if execute else none -%}
    select
    {%- for column, type in columns.items() %}
        cast({{ column if relation else 'null' }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}

    {% if relation -%} from {{ relation }} {%- else -%} where false {%- endif %}
{%- endmacro %}
