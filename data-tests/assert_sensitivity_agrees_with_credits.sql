-- Without it the comparison of lookback windows may apply other rules than the credits do.
with reported as (

    select *

    from {{ ref('rpt_attribution_sensitivity') }}

    where lookback_days = {{ var('lookback_days') }}

),

touches as (

    select count(*) as touches from {{ ref('int_conversion_paths') }}

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

cross join touches

-- weights are rounded to twelve digits, and the credit of the last touch makes up the rest to 1
where
    abs(reported.conversions - coalesce(credited.conversions, 0e0))
    > 1e-9 + 1e-12 * touches.touches
