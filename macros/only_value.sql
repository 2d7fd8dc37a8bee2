{# The value of a column in a group of rows where it has just one; NULL where it has none or several. #}
{% macro only_value(column, group) -%}
    case
        when min({{ column }}) over (partition by {{ group }}) = max({{ column }}) over (partition by {{ group }})
            then min({{ column }}) over (partition by {{ group }})
    end
{%- endmacro %}
