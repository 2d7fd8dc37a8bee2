with credited as (

    select level, ad_platform, campaign_id, conversions, revenue

    from {{ ref('int_channel_performance_by_touch') }}

    where attribution_model = 'linear'

),

-- markov distributes the total of all conversions with a touch, not each path by itself
attributed as (

    select
        level,
        sum(conversions) as conversions,
        cast(sum(revenue) as decimal(20, 2)) as revenue

    from credited

    where ad_platform <> 'unattributed'

    group by level

),

markov_shares as (

    select
        credited.level,
        credited.ad_platform,
        credited.campaign_id,
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
        attributed.conversions * steps.share as conversions,
        cast(
            cast(attributed.revenue * steps.cumulative_share as decimal(18, 2))
            - cast(attributed.revenue * steps.share_before as decimal(18, 2)) as decimal(18, 2)
        ) as revenue,
        attributed.conversions as all_conversions

    from markov_steps as steps

    inner join attributed on steps.level = attributed.level

)

select * from markov

union all

-- added up by seller, where spend is known for the seller only
select
    'billed_' || markov.level as level,
    billed.billed_platform as ad_platform,
    markov.campaign_id,
    sum(markov.conversions) as conversions,
    cast(sum(markov.revenue) as decimal(18, 2)) as revenue,
    min(markov.all_conversions) as all_conversions

from markov

inner join {{ ref('int_billed_platforms') }} as billed
    on markov.ad_platform = billed.ad_platform

group by markov.level, billed.billed_platform, markov.campaign_id
