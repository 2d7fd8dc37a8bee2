{{ config(materialized='view') }}

select interactions.*

from {{ ref('stg_ad_interactions') }} as interactions

left join {{ ref('int_repeated_ids') }} as repeated
    on interactions.interaction_id = repeated.source_id
    and interactions._source_file = repeated._source_file
    and interactions._source_line = repeated._source_line

where interactions.reject_reason is null and repeated.source_id is null
