-- one row per segment; a feature that the solver left out gets scale 0, so no weight
with centroids as (

    select
        {%- for feature in segment_features() %}
        {%- set of_feature = "case when feature = '" ~ feature ~ "' then" %}
        coalesce(max({{ of_feature }} fill end), 0e0) as {{ feature }}_fill,
        coalesce(max({{ of_feature }} mean end), 0e0) as {{ feature }}_mean,
        coalesce(max({{ of_feature }} 1e0 / sd end), 0e0) as {{ feature }}_scale,
        coalesce(max({{ of_feature }} centroid end), 0e0) as {{ feature }},
        {%- endfor %}
        segment

    from {{ ref('segment_centroids') }}

    group by segment

),

distances as (

    select
        users.user_id,
        centroids.segment,
        -- rounded, so that both engines find the same nearest segment
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

    cross join centroids

),

nearest as (

    select
        user_id,
        -- noqa: disable=PRS,LT01
        min(cast(row(distance, segment) as row(distance double, segment integer))) as best
        -- noqa: enable=all

    from distances

    group by user_id

)

select
    users.user_id,
    coalesce((nearest.best).segment, 0) as segment

from {{ ref('dim_users') }} as users

left join nearest on users.user_id = nearest.user_id

-- before the first solve no user has one
where exists (select 1 from centroids)
