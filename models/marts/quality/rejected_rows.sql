{%- for raw_table in ['ad_events', 'ad_interactions', 'ad_spend', 'ad_reports', 'users'] -%}
{{ unusable_rows(raw_table) }}

union all

{% endfor -%}
select raw_table, _source_file, _source_line, reason from {{ ref('stg_landing_rejects') }}
