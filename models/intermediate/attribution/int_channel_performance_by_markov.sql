with linear as (

    select *

    from {{ ref('int_channel_performance_by_touch') }}

    where attribution_model = 'linear'

),

-- markov distributes the total of all conversions with a touch, not each path by itself
attributed as (

    select
        level,
        sum(conversions) as conversions,
        cast(sum(revenue) as decimal(20, 2)) as revenue

    from linear

    where ad_platform <> 'unattributed'

    group by level

),

shared as (

    select
        linear.level,
        linear.ad_platform,
        linear.campaign_id,
        attributed.conversions as all_conversions,
        attributed.conversions * coalesce(effects.share, 0e0) as conversions,
        -- shares as decimals: their sum is the same in any order and on both engines
        cast(
            attributed.revenue * cast(
                sum(cast(coalesce(effects.share, 0e0) as decimal(19, 18))) over (
                    partition by linear.level
                    order by linear.ad_platform, linear.campaign_id
                    rows between unbounded preceding and current row
                ) as decimal(13, 12)
            ) as decimal(18, 2)
        ) as cumulative_revenue

    from linear

    inner join {{ ref('removal_effects') }} as effects
        on linear.level = effects.level
        and linear.ad_platform = effects.ad_platform
        and linear.campaign_id = effects.campaign_id

    inner join attributed on linear.level = attributed.level

),

-- difference of cumulative amounts: no cent is lost between the platforms
credited as (

    select
        *,
        cumulative_revenue - lag(cumulative_revenue, 1, cast(0 as decimal(18, 2))) over (
            partition by level
            order by ad_platform, campaign_id
        ) as revenue

    from shared

),

markov as (

    select
        levels.level_prefix || credited.level as level,
        levels.told_platform as ad_platform,
        credited.campaign_id,
        min(credited.all_conversions) as all_conversions,
        sum(credited.conversions) as conversions,
        cast(sum(credited.revenue) as decimal(18, 2)) as revenue

    from credited

    inner join {{ ref('int_platform_levels') }} as levels
        on credited.ad_platform = levels.ad_platform

    group by levels.level_prefix, credited.level, levels.told_platform, credited.campaign_id

)

select
    markov.level,
    markov.ad_platform,
    markov.campaign_id,
    'markov' as attribution_model,
    linear.spend,
    linear.ripe_spend,
    linear.spend_outside_events,
    markov.conversions,
    linear.converting_users,
    markov.revenue,
    -- at least as far off as the limits of credits known by user, which hold for few buyers too;
    -- without such limits the others stand (least of a NULL is NULL on Trino, not on DuckDB)
    {%- for limit in ['low', 'high', 'low_90', 'high_90'] %}
    {%- set own = 'intervals.revenue_' ~ limit %}
    case
        when {{ own }} is not null and markov.revenue is not null and not linear.is_simulated
            then
                greatest(
                    {{ 'least' if 'low' in limit else 'greatest' }}(
                        {{ own }},
                        coalesce(
                            cast(markov.revenue - linear.revenue as double)
                            + linear.revenue_{{ limit }},
                            {{ own }}
                        )
                    ),
                    0e0
                )
    end as revenue_{{ limit }},
    {%- endfor %}
    coalesce(
        linear.why_cannot_tell,
        case
            when markov.all_conversions < 50e0 then 'fewer than 50 conversions for markov'
            -- the bootstrap knows platforms, not their sellers
            when markov.level like 'billed%' then 'no interval by seller for markov'
        end
    ) as why_cannot_tell,
    linear.is_simulated

from markov

inner join linear
    on markov.level = linear.level
    and markov.ad_platform = linear.ad_platform
    and markov.campaign_id = linear.campaign_id

left join {{ ref('attribution_intervals') }} as intervals
    on intervals.attribution_model = 'markov'
    and markov.level = intervals.level
    and markov.ad_platform = intervals.ad_platform
    and markov.campaign_id = intervals.campaign_id
