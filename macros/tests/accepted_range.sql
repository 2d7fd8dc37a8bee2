{#
    Numbers stay inside these limits, which belong to them: a column's, or those of several columns
    in one look at the table. Null is no number: it passes.
#}
{% test accepted_range(model, column_name=none, columns=none, min_value=none, max_value=none) %}
{%- set columns = columns or [column_name] %}

select {{ columns | join(', ') }}

from {{ model }}

where
    false
    {%- for column in columns %}
    {%- if min_value is not none %}
    or {{ column }} < {{ min_value }}
    {%- endif %}
    {%- if max_value is not none %}
    or {{ column }} > {{ max_value }}
    {%- endif %}
    {%- endfor %}

{% endtest %}
