select
    {{ user_bucket() }} as user_bucket,
    cast(count(*) as bigint) as conversions,
    cast(sum(revenue) as decimal(18, 2)) as revenue

from {{ ref('int_conversion_touches') }}

where touch_index = 1

group by 1
