-- Without it the comparison of lookbacks follows another rule than the credits it is compared with.
with reported as (

    select *

    from {{ ref('rpt_attribution_sensitivity') }}

    where lookback_days = {{ var('lookback_days') }}

)

select
    reported.ad_platform,
    reported.attribution_model,
    reported.conversions,
    credited.conversions as credited_conversions

from reported

left join {{ ref('rpt_platform_attribution') }} as credited
    on reported.ad_platform = credited.ad_platform
    and reported.attribution_model = credited.attribution_model

where
    abs(reported.conversions - coalesce(credited.conversions, 0e0))
    > 1e-7 * greatest(reported.conversions, 1e0)
