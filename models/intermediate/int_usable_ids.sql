{{ config(materialized='view') }}

select
    'ad_events' as raw_table,
    event_id as source_id,
    _source_file,
    _source_line,
    _landing

from {{ ref('stg_ad_events') }}

where reject_reason is null

union all

select
    'ad_interactions' as raw_table,
    interaction_id as source_id,
    _source_file,
    _source_line,
    _landing

from {{ ref('stg_ad_interactions') }}

where reject_reason is null
