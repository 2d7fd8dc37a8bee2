{# The value of a column in a group of rows where it has just one; NULL where it has none or
   several. #}
{% macro only_value(column, group) -%}
    {%- set over_group = 'over (partition by ' ~ group ~ ')' -%}
    case
        when min({{ column }}) {{ over_group }} = max({{ column }}) {{ over_group }}
            then min({{ column }}) {{ over_group }}
    end
{%- endmacro %}
