with credited as (

    select * from {{ ref('int_returns_credited') }}

),

markov as (

    select * from {{ ref('int_returns_markov') }}

),

intervals as (

    select * from {{ ref('attribution_intervals') }} where attribution_model = 'markov'

)

select
    level,
    ad_platform,
    campaign_id,
    attribution_model,
    spend,
    conversions,
    converting_users,
    revenue,
    {{ normal_limits('revenue', 'revenue_standard_error') }},
    is_simulated

from credited

union all

select
    markov.level,
    markov.ad_platform,
    markov.campaign_id,
    markov.attribution_model,
    markov.spend,
    markov.conversions,
    markov.converting_users,
    markov.revenue,
    intervals.revenue_low,
    intervals.revenue_high,
    intervals.revenue_low_90,
    intervals.revenue_high_90,
    markov.is_simulated

from markov

left join intervals
    on markov.level = intervals.level
    and markov.ad_platform = intervals.ad_platform
    and markov.campaign_id = intervals.campaign_id
