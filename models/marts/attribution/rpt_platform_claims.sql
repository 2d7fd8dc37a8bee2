with claims as (

    select
        claims.ad_platform,
        cast(count(*) as bigint) as claimed_conversions,
        cast(sum(conversions.revenue) as decimal(18, 2)) as claimed_revenue,
        cast(count_if(claims.claiming_platforms > 1) as bigint) as also_claimed_by_others

    from {{ ref('int_platform_claims') }} as claims

    inner join {{ ref('fct_conversions') }} as conversions
        on claims.conversion_id = conversions.conversion_id

    group by claims.ad_platform

),

credits as (

    select
        ad_platform,
        conversions,
        revenue

    from {{ ref('int_channel_performance') }}

    where
        level = 'platform'
        and attribution_model = '{{ var("attribution_model") }}'
        and ad_platform <> 'unattributed'

)

select
    credits.ad_platform,
    '{{ var("attribution_model") }}' as attribution_model,
    coalesce(claims.claimed_conversions, 0) as claimed_conversions,
    credits.conversions as credited_conversions,
    coalesce(claims.claimed_conversions, 0) - credits.conversions as overclaimed_conversions,
    coalesce(claims.also_claimed_by_others, 0) as also_claimed_by_others,
    coalesce(claims.claimed_revenue, cast(0 as decimal(18, 2))) as claimed_revenue,
    credits.revenue as credited_revenue,
    flags.is_revenue_simulated

from credits

cross join {{ ref('int_simulation_flags') }} as flags

left join claims on credits.ad_platform = claims.ad_platform
