select
    attribution_model,
    ad_platform,
    campaign_id,
    user_id,
    sum(credit) as conversions,
    cast(sum(credited_revenue) as decimal(18, 2)) as revenue

from {{ ref('fct_attribution_credits') }}

group by attribution_model, ad_platform, campaign_id, user_id
