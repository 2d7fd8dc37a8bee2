{{ config(materialized='view') }}

select
    touches.*,
    conversions.revenue

from {{ ref('int_touches_in_reach') }} as touches

inner join {{ ref('int_conversions_unioned') }} as conversions
    on touches.conversion_id = conversions.conversion_id
