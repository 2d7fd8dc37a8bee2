-- depends_on: {{ ref('int_bootstrap_credits') }}, {{ ref('int_bootstrap_path_profiles') }}
-- depends_on: {{ ref('int_markov_transitions') }}, {{ ref('int_markov_channels') }}
-- depends_on: {{ ref('int_bootstrap_totals') }}
{{ solved('attribution_intervals', {
    'level': 'varchar',
    'attribution_model': 'varchar',
    'ad_platform': 'varchar',
    'campaign_id': 'varchar',
    'share_low': 'double',
    'share_high': 'double',
    'share_low_90': 'double',
    'share_high_90': 'double',
    'revenue_low': 'double',
    'revenue_high': 'double',
    'revenue_low_90': 'double',
    'revenue_high_90': 'double',
    'next_platform': 'varchar',
    'is_ahead_of_next': 'boolean',
}) }}
