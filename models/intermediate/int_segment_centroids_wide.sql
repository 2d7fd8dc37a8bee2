-- one row per segment; a feature that was left out gets no weight
select
    segment
    {%- for feature in segment_features() %},
    coalesce(max(case when feature = '{{ feature }}' then fill end), 0e0) as {{ feature }}_fill,
    coalesce(max(case when feature = '{{ feature }}' then mean end), 0e0) as {{ feature }}_mean,
    coalesce(max(case when feature = '{{ feature }}' then 1e0 / sd end), 0e0) as {{ feature }}_scale,
    coalesce(max(case when feature = '{{ feature }}' then centroid end), 0e0) as {{ feature }}
    {%- endfor %}

from {{ ref('segment_centroids') }}

group by segment
