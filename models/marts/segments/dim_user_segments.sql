with distances as (

    select
        users.user_id,
        centroids.segment,
        -- rounded, so that both engines agree on the nearest
        round(
            {%- for feature in segment_features() %}
            power(
                (
                    coalesce(users.{{ feature }}, centroids.{{ feature }}_fill)
                    - centroids.{{ feature }}_mean
                ) * centroids.{{ feature }}_scale
                - centroids.{{ feature }},
                2e0
            ){{ ' +' if not loop.last }}
            {%- endfor %},
            9
        ) as distance

    from {{ ref('int_user_features') }} as users

    cross join {{ ref('int_segment_centroids_wide') }} as centroids

)

select
    user_id,
    -- noqa: disable=PRS,LT01
    (min(cast(row(distance, segment) as row(distance double, segment integer)))).segment as segment
    -- noqa: enable=all

from distances

group by user_id
