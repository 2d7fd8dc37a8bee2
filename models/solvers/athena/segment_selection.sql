-- depends_on: {{ ref('int_segment_sample') }}
{{ solved('segment_selection', {
    'k': 'bigint',
    'inertia': 'double',
    'silhouette': 'double',
    'stability': 'double',
    'knee_distance': 'double',
    'is_selected': 'boolean',
    'reason': 'varchar',
    'warning': 'varchar',
}) }}
