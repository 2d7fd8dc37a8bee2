-- Without it users are missing from the segments, such as those with a NULL feature.
select users.user_id

from {{ ref('dim_users') }} as users

left join {{ ref('dim_user_segments') }} as segments on users.user_id = segments.user_id

where
    segments.user_id is null
    -- no user has one before the first solve
    and exists (select 1 from {{ ref('segment_centroids') }})
