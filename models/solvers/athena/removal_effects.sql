-- depends_on: {{ ref('int_markov_transitions') }}, {{ ref('int_markov_channels') }}
{{ solved('removal_effects', {
    'level': 'varchar',
    'ad_platform': 'varchar',
    'campaign_id': 'varchar',
    'removal_effect': 'double',
    'share': 'double',
    'conversion_probability': 'double',
}) }}
