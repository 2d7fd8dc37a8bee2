{{ config(materialized='view') }}

select events.*

from {{ ref('stg_ad_events') }} as events

left join {{ ref('int_repeated_rows') }} as repeated
    on events.event_id = repeated.source_id
    and events._source_file = repeated._source_file
    and events._source_line = repeated._source_line

where events.reject_reason is null and repeated.source_id is null
