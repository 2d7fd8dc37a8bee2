{# A text with each accent as part of its letter (Unicode normal form C). #}
{% macro composed(text) -%}{{ return(adapter.dispatch('composed')(text)) }}{%- endmacro %}

{% macro default__composed(text) -%}
    normalize({{ text }}, NFC)
{%- endmacro %}

{% macro duckdb__composed(text) -%}
    nfc_normalize({{ text }})
{%- endmacro %}
