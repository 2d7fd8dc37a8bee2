{#
    Landing writes canonical text; text that it could not read stays as it was and becomes NULL here.
    The form is checked first, since DuckDB's casts accept more than Trino's ('1e3', '2024-1-5', 'Z').
    Year 0, which some databases write for no date, and 24:00 are none: the engines differ in them.
#}
{% macro to_timestamp(text) -%}
    case
        when
            ({{ text }} like '____-__-__ __:__:__' or {{ text }} like '____-__-__ __:__:__.___')
            and {{ text }} not like '0000%'
            and {{ text }} not like '____-__-__ 24:%'
        then try_cast({{ text }} as timestamp)
    end
{%- endmacro %}

{#
    Words that exports write where they have nothing; landing has the same list for numbers and dates
    (formats.py). `NA` and `nil` are not among them, since a country or a campaign may be called so.
#}
{% macro words_for_nothing() -%}
    {{ return([
        '-', '--', 'null', '(null)', '<null>', '[null]', 'none', '(none)', 'nan', 'n/a', '#n/a', '<na>',
        'nat', 'undefined', '(not set)', 'not set', '(not provided)', '(blank)', '(empty)', '–', '—'
    ]) }}
{%- endmacro %}

{# A text; NULL for a word for nothing, and for `\N`, which databases write only in upper case. #}
{% macro null_if_word(text) -%}
    case
        when lower({{ text }}) not in ('{{ words_for_nothing() | join("', '") }}') and {{ text }} <> '\N'
        then {{ text }}
    end
{%- endmacro %}

{# As null_if_word, also NULL for `unknown`, with which some sources mark missing attributes. #}
{% macro null_if_unknown(name) -%}
    case when lower({{ name }}) <> 'unknown' then {{ null_if_word(name) }} end
{%- endmacro %}

{% macro to_date(text) -%}
    case
        when {{ text }} like '____-__-__' and {{ text }} not like '0000%'
        then try_cast({{ text }} as date)
    end
{%- endmacro %}

{% macro to_integer(text) -%}
    case
        when {{ holds_only(text, '-0123456789') }} then try_cast({{ text }} as bigint)
    end
{%- endmacro %}

{% macro to_decimal(text, scale) -%}
    case
        when {{ holds_only(text, '-.0123456789') }}
        then try_cast({{ text }} as decimal(18, {{ scale }}))
    end
{%- endmacro %}
