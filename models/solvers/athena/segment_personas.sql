-- depends_on: {{ ref('segment_centroids') }}, {{ ref('segment_selection') }}
-- depends_on: {{ ref('int_segment_sample') }}
{{ solved('segment_personas', {
    'segment': 'bigint',
    'persona': 'varchar',
    'what_sets_it_apart': 'varchar',
    'what_to_do': 'varchar',
    'warning': 'varchar',
}) }}
