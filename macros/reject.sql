{# Rejects a text that does not parse as a number, and a negative number. #}
{% macro reject_number(name, text, value) -%}
    when {{ text }} is not null and {{ value }} is null then '{{ name }} is not a number'
    when {{ value }} < 0 then '{{ name }} is negative'
{%- endmacro %}
