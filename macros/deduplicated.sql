{#
    The rows of a staging model that are used: those without a reject reason that are not duplicates.
    id: the column that int_duplicate_rows lists as source_id.
#}
{% macro deduplicated(staged, id) -%}
select staged.*

from {{ ref(staged) }} as staged

left join {{ ref('int_duplicate_rows') }} as repeated
    on staged.{{ id }} = repeated.source_id
    and staged._source_file = repeated._source_file
    and staged._source_line = repeated._source_line

where staged.reject_reason is null and repeated.source_id is null
{%- endmacro %}

{#
    The rows of a raw table that no model uses, each with its reason: rejected by staging, a duplicate
    of an earlier row, or a conversion with the conversion_id of another.
    staged, conversions: the relations, for their own hooks, which cannot `ref` themselves.
#}
{% macro unusable_rows(raw_table, staged=none, conversions=none) -%}
select '{{ raw_table }}' as raw_table, _source_file, _source_line, reject_reason as reason

from {{ staged or ref('stg_' ~ raw_table) }}

where reject_reason is not null
{%- if raw_table in ('ad_events', 'ad_interactions') %}

union all

select raw_table, _source_file, _source_line, reject_reason as reason

from {{ ref('int_duplicate_rows') }}

where raw_table = '{{ raw_table }}'
{%- endif %}
{%- if raw_table == 'ad_events' %}

union all

select raw_table, _source_file, _source_line, 'conversion_id repeats' as reason

from {{ conversions or ref('int_conversions_deduplicated') }}

where is_duplicate
{%- endif %}
{%- endmacro %}
