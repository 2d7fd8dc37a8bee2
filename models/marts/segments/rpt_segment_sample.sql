with sample as (

    select * from {{ ref('int_user_sample') }}

),

segments as (

    select * from {{ ref('dim_user_segments') }}

)

select
    segments.segment,
    {% for feature in segment_features() -%}
    sample.{{ feature }},
    {% endfor -%}
    {{ hash_unit("'shown|' || sample.user_id") }} as place

from sample

inner join segments on sample.user_id = segments.user_id

order by place

limit 600
