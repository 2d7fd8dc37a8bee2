-- depends_on: {{ ref('int_attribution_buckets') }}, {{ ref('int_path_parts') }}
-- depends_on: {{ ref('int_channel_edges') }}, {{ ref('int_channels') }}
-- depends_on: {{ ref('int_attribution_totals') }}
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
