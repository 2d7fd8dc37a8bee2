{# Why a number cannot be used: its text is there but no value came of it, or it is below 0. #}
{% macro reject_number(name, text, value) -%}
    when {{ text }} is not null and {{ value }} is null then '{{ name }} is not a number'
    when {{ value }} < 0 then '{{ name }} is negative'
{%- endmacro %}
