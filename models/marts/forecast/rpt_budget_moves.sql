select
    level,
    ad_platform,
    campaign_id,
    attribution_model,
    spend,
    change,
    change_share,
    spend_after,
    at_bound,
    reason,
    next_unit_low,
    next_unit_high,
    elasticity_low,
    elasticity_high,
    gain,
    gain_low,
    gain_high,
    gain_low_80,
    gain_high_80,
    gain_at_worst,
    probability,
    weeks

from {{ ref('budget_advice') }}

where part = 'move'
