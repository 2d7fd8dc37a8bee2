{%- set columns = [
    'level', 'ad_platform', 'campaign_id', 'attribution_model',
    'spend', 'ripe_spend', 'spend_outside_events', 'conversions',
    'converting_users', 'revenue', 'revenue_low', 'revenue_high',
    'revenue_low_90', 'revenue_high_90', 'why_cannot_tell', 'is_simulated'
] | join(', ') -%}

select {{ columns }} from {{ ref('int_channel_performance_by_touch') }}

union all

select {{ columns }} from {{ ref('int_channel_performance_by_markov') }}

union all

-- conversions without a touch are the same under every path-based model
select {{ columns | replace('attribution_model', "'markov' as attribution_model") }}

from {{ ref('int_channel_performance_by_touch') }}

where
    attribution_model = 'linear'
    and ad_platform = 'unattributed'
    and level in (select markov.level from {{ ref('int_channel_performance_by_markov') }} as markov)
