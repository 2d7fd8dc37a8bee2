select
    level,
    ad_platform as from_platform,
    campaign_id as from_campaign,
    to_platform,
    to_campaign,
    attribution_model,
    change,
    gain,
    gain_at_worst,
    probability,
    is_sure,
    is_sure_in_every_model,
    needed_ratio,
    ratio

from {{ ref('budget_advice') }}

where part = 'pair'
