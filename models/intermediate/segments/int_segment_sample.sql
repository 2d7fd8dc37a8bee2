select *

from {{ ref('int_user_features') }}

order by {{ hash_unit("'sample|' || user_id") }}, user_id

limit {{ var('segment_sample_users') }}
