{# A number stays inside these limits, which belong to it. Null is no number: it passes. #}
{% test within(model, column_name, min_value=none, max_value=none) %}

select {{ column_name }} as outside

from {{ model }}

where
    {%- if min_value is not none %}
    {{ column_name }} < {{ min_value }}
    {%- endif %}
    {%- if min_value is not none and max_value is not none %}
    or
    {%- endif %}
    {%- if max_value is not none %}
    {{ column_name }} > {{ max_value }}
    {%- endif %}

{% endtest %}
