{#
    The grain of a model with a composite key: no two rows are alike in these columns. Nulls count as
    alike, so a key with a null in it cannot hide a repeat.
#}
{% test unique_combination_of_columns(model, combination_of_columns) %}

select
    {{ combination_of_columns | join(', ') }},
    count(*) as rows_alike

from {{ model }}

group by {{ combination_of_columns | join(', ') }}

having count(*) > 1

{% endtest %}
