{# All divisions: in double on both engines (Trino keeps the scale of decimals); NULL when the
   denominator is 0. #}
{% macro safe_divide(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0e0)
{%- endmacro %}
