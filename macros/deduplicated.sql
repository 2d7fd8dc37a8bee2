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

where is_duplicate and raw_table = 'ad_events'
{%- endif %}
{%- endmacro %}

{#
    How many duplicate rows repeat an event in every column, or an interaction with a time from another
    file: with such rows no information is lost. Interactions of one file that are equal, or that know
    their weekday only, may well be different ones.
#}
{% macro rows_held_twice(raw_table) -%}
{%- set id = {'ad_events': 'event_id', 'ad_interactions': 'interaction_id'}[raw_table] -%}
with repeated as (

    select source_id, _source_file, _source_line

    from {{ ref('int_duplicate_rows') }}

    where raw_table = '{{ raw_table }}'

),

kept as (

    {{ deduplicated('stg_' ~ raw_table, id) }}

)

select count(*) as rows_held_twice

from repeated

inner join {{ ref('stg_' ~ raw_table) }} as duplicate
    on repeated.source_id = duplicate.{{ id }}
    and repeated._source_file = duplicate._source_file
    and repeated._source_line = duplicate._source_line

inner join kept on duplicate.{{ id }} = kept.{{ id }}

where
    {%- if raw_table == 'ad_events' %}
    {%- for column in ['user_id', 'ad_platform', 'campaign_id', 'campaign_name', 'ad_id', 'device_type',
        'conversion_id', 'event_type', 'revenue', 'occurred_at'] %}
    {{ 'and ' if not loop.first }}duplicate.{{ column }} is not distinct from kept.{{ column }}
    {%- endfor %}
    {%- else %}
    duplicate._source_file <> kept._source_file and not duplicate.is_order_approximate
    {%- endif %}
{%- endmacro %}
