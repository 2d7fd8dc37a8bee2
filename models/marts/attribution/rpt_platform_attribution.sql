with returns as (

    select * from {{ ref('int_returns') }} where level = 'platform'

),

attributed as (

    select attribution_model, sum(conversions) as conversions

    from returns

    where ad_platform <> 'unattributed'

    group by attribution_model

),

intervals as (

    select * from {{ ref('attribution_intervals') }} where level = 'platform'

),

removal_effects as (

    select * from {{ ref('removal_effects') }} where level = 'platform'

)

select
    returns.ad_platform,
    returns.attribution_model,
    returns.conversions,
    returns.revenue,
    case
        when returns.ad_platform <> 'unattributed'
            then {{ safe_divide('returns.conversions', 'attributed.conversions') }}
    end as share,
    intervals.share_low,
    intervals.share_high,
    intervals.share_low_90,
    intervals.share_high_90,
    intervals.next_platform,
    intervals.is_ahead_of_next,
    case
        when returns.attribution_model in ('markov', 'markov_path')
            then removal_effects.is_identified
    end as is_identified

from returns

left join attributed on returns.attribution_model = attributed.attribution_model

left join intervals
    on returns.ad_platform = intervals.ad_platform
    and returns.attribution_model = intervals.attribution_model

left join removal_effects on returns.ad_platform = removal_effects.ad_platform
