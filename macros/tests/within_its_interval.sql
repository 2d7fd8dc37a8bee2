{#
    An estimate x lies between its own limits x_low and x_high, which are given together or not at
    all. A rate's limits also stay between 0 and 1, although the rate itself may not (more clicks
    than impressions): then it must have none.
#}
{% test within_its_interval(model, column_name, is_rate=true) %}
{%- set low = column_name ~ '_low' -%}
{%- set high = column_name ~ '_high' %}

select
    {{ low }},
    {{ column_name }},
    {{ high }}

from {{ model }}

where
    {{ column_name }} < {{ low }}
    or {{ column_name }} > {{ high }}
    or ({{ low }} is null) <> ({{ high }} is null)
    or ({{ column_name }} is null and {{ low }} is not null)
    {%- if is_rate %}
    or {{ low }} < 0e0
    or {{ high }} > 1e0
    {%- endif %}

{% endtest %}
