with sample as (

    select * from {{ ref('int_segment_sample') }}

),

segments as (

    select * from {{ ref('dim_user_segments') }}

)

select
    segments.segment,
    {% for feature in segment_features() -%}
    sample.{{ feature }},
    {% endfor -%}
    {{ hash_unit("'shown|' || sample.user_id") }} as random_order

from sample

inner join segments on sample.user_id = segments.user_id

order by random_order

limit 600
