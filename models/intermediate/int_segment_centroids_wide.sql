-- one row per segment; a feature that was left out gets no weight
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
