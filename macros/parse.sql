{#
    Landing writes canonical text; text that it could not read stays as it was and becomes NULL here.
    The form is checked first, since DuckDB's casts accept more than Trino's ('1e3', '2024-1-5', 'Z').
#}
{% macro to_timestamp(text) -%}
    case
        when {{ text }} like '____-__-__ __:__:__' or {{ text }} like '____-__-__ __:__:__.___'
        then try_cast({{ text }} as timestamp)
    end
{%- endmacro %}

{# NULL for the word `unknown`, with which some sources mark missing values. #}
{% macro null_if_unknown(name) -%}
    case when lower({{ name }}) <> 'unknown' then {{ name }} end
{%- endmacro %}

{% macro to_date(text) -%}
    case when {{ text }} like '____-__-__' then try_cast({{ text }} as date) end
{%- endmacro %}

{% macro to_integer(text) -%}
    case
        when trim(leading '-0123456789' from {{ text }}) = '' then try_cast({{ text }} as bigint)
    end
{%- endmacro %}

{% macro to_decimal(text, scale) -%}
    case
        when trim(leading '-.0123456789' from {{ text }}) = ''
        then try_cast({{ text }} as decimal(18, {{ scale }}))
    end
{%- endmacro %}
