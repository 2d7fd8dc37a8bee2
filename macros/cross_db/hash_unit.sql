{#
    A number in [0, 1) from 52 bits of the MD5 of a text: the same bits on DuckDB, on Trino and in
    Python, on every run. 52 bits fit a double exactly.
#}
{% macro hash_unit(key) -%}{{ return(adapter.dispatch('hash_unit')(key)) }}{%- endmacro %}

{% macro default__hash_unit(key) -%}
    (cast(from_base(substr(to_hex(md5(to_utf8({{ key }}))), 1, 13), 16) as double) / 4503599627370496e0)
{%- endmacro %}

{% macro duckdb__hash_unit(key) -%}
    (cast(cast('0x' || substr(md5({{ key }}), 1, 13) as bigint) as double) / 4503599627370496e0)
{%- endmacro %}
