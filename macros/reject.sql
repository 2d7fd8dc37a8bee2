{# Rejects a text that does not parse as a number, one with more digits than its type has, and a
   negative number unless it may be one. #}
{% macro reject_number(name, text, value, is_decimal=false, is_signed=false) -%}
    when
        {{ text }} is not null and {{ value }} is null
        and {{ holds_only(text, ('-.' if is_decimal else '-') ~ '0123456789') }}
        and try_cast({{ text }} as double) is not null
        then '{{ name }} is too large'
    when {{ text }} is not null and {{ value }} is null then '{{ name }} is not a number'
    {%- if not is_signed %}
    when {{ value }} < 0 then '{{ name }} is negative'
    {%- endif %}
{%- endmacro %}
