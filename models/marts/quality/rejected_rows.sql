{%- for table in ['ad_events', 'ad_interactions', 'ad_spend', 'users'] %}
select
    '{{ table }}' as raw_table,
    _source_file,
    _source_line,
    reject_reason as reason

from {{ ref('stg_' ~ table) }}

where reject_reason is not null

union all
{% endfor %}
select
    raw_table,
    _source_file,
    _source_line,
    reject_reason as reason

from {{ ref('int_repeated_rows') }}

union all

select
    raw_table,
    _source_file,
    _source_line,
    reason

from {{ ref('stg_landing_rejects') }}
