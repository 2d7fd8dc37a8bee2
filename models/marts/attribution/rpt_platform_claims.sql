-- where spend is known for the seller only, its platforms claim under its name
with claimed_once as (

    select
        coalesce(billed.billed_platform, claims.ad_platform) as ad_platform,
        claims.conversion_id,
        count(*) as claims,
        min(claims.claiming_platforms) as claiming_platforms

    from {{ ref('int_platform_claims') }} as claims

    left join {{ ref('int_billed_platforms') }} as billed
        on claims.ad_platform = billed.ad_platform

    group by 1, 2

),

claims as (

    select
        claimed_once.ad_platform,
        cast(count(*) as bigint) as claimed_conversions,
        cast(sum(conversions.revenue) as decimal(18, 2)) as claimed_revenue,
        cast(count_if(claimed_once.claiming_platforms > claimed_once.claims) as bigint)
            as also_claimed_by_others

    from claimed_once

    inner join {{ ref('fct_conversions') }} as conversions
        on claimed_once.conversion_id = conversions.conversion_id

    group by 1

),

credits as (

    select ad_platform, conversions, revenue

    from {{ ref('int_channel_performance') }}

    where
        level in ('platform', 'billed_platform')
        and not coalesce(is_under_seller, false)
        and attribution_model = '{{ var("attribution_model") }}'
        and ad_platform <> 'unattributed'

),

reported as (

    select ad_platform, conversions, revenue, attribution_setting

    from {{ ref('int_reported_performance') }}

    where level = 'platform'

)

select
    credits.ad_platform,
    '{{ var("attribution_model") }}' as attribution_model,
    reported.conversions as reported_conversions,
    coalesce(claims.claimed_conversions, 0) as claimed_conversions,
    credits.conversions as credited_conversions,
    coalesce(claims.claimed_conversions, 0) - credits.conversions as overclaimed_conversions,
    coalesce(claims.also_claimed_by_others, 0) as also_claimed_by_others,
    reported.revenue as reported_revenue,
    coalesce(claims.claimed_revenue, cast(0 as decimal(18, 2))) as claimed_revenue,
    credits.revenue as credited_revenue,
    reported.attribution_setting,
    flags.is_revenue_simulated

from credits

cross join {{ ref('int_simulation_flags') }} as flags

left join claims on credits.ad_platform = claims.ad_platform

left join reported on credits.ad_platform = reported.ad_platform
