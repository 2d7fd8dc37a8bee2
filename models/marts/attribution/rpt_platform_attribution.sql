with performance as (

    select * from {{ ref('int_channel_performance') }} where level = 'platform'

),

attributed as (

    select attribution_model, sum(conversions) as conversions

    from performance

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
    performance.ad_platform,
    performance.attribution_model,
    performance.conversions,
    performance.revenue,
    case
        when performance.ad_platform <> 'unattributed'
            then {{ safe_divide('performance.conversions', 'attributed.conversions') }}
    end as share,
    intervals.share_low,
    intervals.share_high,
    intervals.share_low_90,
    intervals.share_high_90,
    intervals.next_platform,
    intervals.is_ahead_of_next,
    case
        when performance.attribution_model in ('markov', 'markov_path')
            then removal_effects.is_identified
    end as is_identified

from performance

left join attributed on performance.attribution_model = attributed.attribution_model

left join intervals
    on performance.ad_platform = intervals.ad_platform
    and performance.attribution_model = intervals.attribution_model

left join removal_effects on performance.ad_platform = removal_effects.ad_platform
