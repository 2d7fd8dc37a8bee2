{#
    The rows of a staging model that are used: those without a reason against them and not listed
    in another model as repeats. id: the column whose repeats are listed there as source_id.
#}
{% macro used_rows(staged, id, repeats) -%}
select staged.*

from {{ ref(staged) }} as staged

left join {{ ref(repeats) }} as repeated
    on staged.{{ id }} = repeated.source_id
    and staged._source_file = repeated._source_file
    and staged._source_line = repeated._source_line

where staged.reject_reason is null and repeated.source_id is null
{%- endmacro %}
