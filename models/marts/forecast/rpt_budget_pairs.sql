select
    ad_platform as from_platform,
    to_platform,
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
