{#
    An estimate x lies between its own limits x_low and x_high, which are given together or not at
    all. A rate's limits also stay between 0 and 1, although the rate itself may not (more clicks
    than impressions): then it must have none. Of one column, or of several in one look at the table.
#}
{% test within_its_interval(model, column_name=none, columns=none, is_rate=true) %}
{%- set columns = columns or [column_name] %}

select
    {%- for column in columns %}
    {{ column }}_low,
    {{ column }},
    {{ column }}_high{{ ',' if not loop.last }}
    {%- endfor %}

from {{ model }}

where
    false
    {%- for column in columns %}
    {%- set low = column ~ '_low' %}
    {%- set high = column ~ '_high' %}
    or {{ column }} < {{ low }}
    or {{ column }} > {{ high }}
    or ({{ low }} is null) <> ({{ high }} is null)
    or ({{ column }} is null and {{ low }} is not null)
    {%- if is_rate %}
    or {{ low }} < 0e0
    or {{ high }} > 1e0
    {%- endif %}
    {%- endfor %}

{% endtest %}
