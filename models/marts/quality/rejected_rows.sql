{%- for raw_table in ['ad_events', 'ad_interactions', 'ad_spend', 'ad_reports', 'users']
    + ['web_events', 'orders'] -%}
{{ unusable_rows(raw_table) }}

union all

{% endfor -%}
select 'web_events' as raw_table, _source_file, _source_line, 'event_id repeats' as reason

from {{ ref('int_web_duplicates') }}

union all

select raw_table, _source_file, _source_line, reason from {{ ref('stg_landing_rejects') }}
