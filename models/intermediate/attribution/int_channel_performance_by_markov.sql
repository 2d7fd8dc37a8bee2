with credited as (

    select * from {{ ref('int_channel_performance_by_touch') }}

),

intervals as (

    select * from {{ ref('attribution_intervals') }} where attribution_model = 'markov'

),

-- markov distributes the total of all conversions with a touch, not each path by itself
attributed as (

    select
        level,
        sum(conversions) as conversions,
        cast(sum(revenue) as decimal(20, 2)) as revenue

    from credited

    where attribution_model = 'linear' and ad_platform <> 'unattributed'

    group by level

),

markov_shares as (

    select
        credited.*,
        coalesce(removal_effects.share, 0e0) as share,
        -- decimals: their sum is the same in any order and on both engines
        cast(
            sum(cast(coalesce(removal_effects.share, 0e0) as decimal(19, 18))) over (
                partition by credited.level
                order by credited.ad_platform, credited.campaign_id
                rows between unbounded preceding and current row
            ) as decimal(13, 12)
        ) as cumulative_share

    from credited

    inner join {{ ref('removal_effects') }} as removal_effects
        on credited.level = removal_effects.level
        and credited.ad_platform = removal_effects.ad_platform
        and credited.campaign_id = removal_effects.campaign_id

    where credited.attribution_model = 'linear'

),

markov_steps as (

    select
        *,
        lag(cumulative_share, 1, cast(0 as decimal(13, 12))) over (
            partition by level
            order by ad_platform, campaign_id
        ) as share_before

    from markov_shares

),

markov as (

    -- difference of cumulative amounts: no cent is lost between the platforms
    select
        steps.level,
        steps.ad_platform,
        steps.campaign_id,
        steps.spend,
        steps.ripe_spend,
        steps.spend_outside_events,
        attributed.conversions * steps.share as conversions,
        steps.converting_users,
        steps.revenue as linear_revenue,
        steps.revenue_low,
        steps.revenue_high,
        steps.revenue_low_90,
        steps.revenue_high_90,
        cast(
            cast(attributed.revenue * steps.cumulative_share as decimal(18, 2))
            - cast(attributed.revenue * steps.share_before as decimal(18, 2)) as decimal(18, 2)
        ) as revenue,
        coalesce(
            steps.why_cannot_tell,
            case when attributed.conversions < 50e0 then 'fewer than 50 conversions for markov' end
        ) as why_cannot_tell,
        steps.is_simulated

    from markov_steps as steps

    inner join attributed on steps.level = attributed.level

)

select
    markov.level,
    markov.ad_platform,
    markov.campaign_id,
    'markov' as attribution_model,
    markov.spend,
    markov.ripe_spend,
    markov.spend_outside_events,
    markov.conversions,
    markov.converting_users,
    markov.revenue,
    -- at least as far off as the limits of credits known by user, which hold for few buyers too
    {%- for level in ['', '_90'] %}
    case
        when intervals.revenue_low{{ level }} is not null and not markov.is_simulated
            then
                greatest(
                    least(
                        intervals.revenue_low{{ level }},
                        cast(markov.revenue as double)
                        - (cast(markov.linear_revenue as double) - markov.revenue_low{{ level }})
                    ),
                    0e0
                )
    end as revenue_low{{ level }},
    case
        when intervals.revenue_high{{ level }} is not null and not markov.is_simulated
            then
                greatest(
                    intervals.revenue_high{{ level }},
                    cast(markov.revenue as double)
                    + (markov.revenue_high{{ level }} - cast(markov.linear_revenue as double))
                )
    end as revenue_high{{ level }},
    {%- endfor %}
    markov.why_cannot_tell,
    markov.is_simulated

from markov

left join intervals
    on markov.level = intervals.level
    and markov.ad_platform = intervals.ad_platform
    and markov.campaign_id = intervals.campaign_id
