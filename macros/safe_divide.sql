{# The one division: in double on both engines (Trino keeps the scale of decimals), null for 0. #}
{% macro safe_divide(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0e0)
{%- endmacro %}
