{# Every row has a value in each of these columns: one look at a table instead of one a column. #}
{% test not_null_columns(model, columns) %}

select {{ columns | join(', ') }}

from {{ model }}

where
    {%- for column in columns %}
    {{ 'or ' if not loop.first }}{{ column }} is null
    {%- endfor %}

{% endtest %}
