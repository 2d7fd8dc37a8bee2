-- depends_on: {{ ref('int_segment_sample') }}, {{ ref('segment_selection') }}
{{ solved('segment_centroids', {
    'segment': 'bigint',
    'feature': 'varchar',
    'centroid': 'double',
    'mean': 'double',
    'sd': 'double',
    'fill': 'double',
    'users_in_sample': 'bigint',
}) }}
