with intervals as (

    select * from {{ ref('attribution_intervals') }} where attribution_model = 'markov'

),

performance as (

    select
        level,
        ad_platform,
        campaign_id,
        attribution_model,
        spend,
        conversions,
        converting_users,
        revenue,
        revenue_low,
        revenue_high,
        revenue_low_90,
        revenue_high_90,
        is_simulated,
        cast(null as varchar) as attribution_setting

    from {{ ref('int_channel_performance_by_touch') }}

    union all

    select
        markov.level,
        markov.ad_platform,
        markov.campaign_id,
        'markov' as attribution_model,
        markov.spend,
        markov.conversions,
        markov.converting_users,
        markov.revenue,
        -- at least as far off as the limits of credits known by user, which hold for few buyers too
        {%- for level in ['', '_90'] %}
        case
            when intervals.revenue_low{{ level }} is not null
                then
                    greatest(
                        least(
                            intervals.revenue_low{{ level }},
                            cast(markov.revenue as double)
                            - cast(markov.linear_revenue as double)
                            + markov.revenue_low{{ level }}
                        ),
                        0e0
                    )
        end as revenue_low{{ level }},
        case
            when intervals.revenue_high{{ level }} is not null
                then
                    greatest(
                        intervals.revenue_high{{ level }},
                        cast(markov.revenue as double)
                        + (markov.revenue_high{{ level }} - cast(markov.linear_revenue as double))
                    )
        end as revenue_high{{ level }},
        {%- endfor %}
        markov.is_simulated,
        cast(null as varchar) as attribution_setting

    from {{ ref('int_markov_performance') }} as markov

    left join intervals
        on markov.level = intervals.level
        and markov.ad_platform = intervals.ad_platform
        and markov.campaign_id = intervals.campaign_id

    union all

    -- what platforms report about themselves: beside the credits, never among them
    select
        level,
        ad_platform,
        campaign_id,
        'platform_reported' as attribution_model,
        spend,
        conversions,
        cast(null as bigint) as converting_users,
        revenue,
        revenue_low,
        revenue_high,
        revenue_low_90,
        revenue_high_90,
        false as is_simulated,
        attribution_setting

    from {{ ref('int_reported_performance') }}

)

select
    performance.*,
    -- ROI tells such a platform under its seller
    performance.attribution_model <> 'platform_reported'
    and performance.level in ('platform', 'campaign')
    and billed.ad_platform is not null as is_under_seller

from performance

left join {{ ref('int_billed_platforms') }} as billed
    on performance.ad_platform = billed.ad_platform
