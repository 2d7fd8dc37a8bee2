-- depends_on: {{ ref('segment_centroids') }}, {{ ref('segment_selection') }}
{{ solved('segment_personas', {
    'segment': 'bigint',
    'persona': 'varchar',
    'what_sets_it_apart': 'varchar',
    'what_to_do': 'varchar',
    'warning': 'varchar',
}) }}
