with credited as (

    select * from {{ ref('int_returns_credited') }} where attribution_model = 'linear'

),

attributed as (

    select
        level,
        sum(conversions) as conversions,
        cast(sum(revenue) as decimal(20, 2)) as revenue

    from credited

    where ad_platform <> 'unattributed'

    group by level

),

solved as (

    select
        credited.level,
        credited.ad_platform,
        credited.campaign_id,
        credited.spend,
        credited.converting_users,
        credited.is_simulated,
        attributed.conversions * coalesce(removal_effects.share, 0e0) as conversions,
        attributed.revenue,
        cast(sum(coalesce(removal_effects.share, 0e0)) over (
            partition by credited.level
            order by credited.ad_platform, credited.campaign_id
            rows between unbounded preceding and current row
        ) as decimal(13, 12)) as share_so_far

    from credited

    inner join attributed on credited.level = attributed.level

    inner join {{ ref('removal_effects') }} as removal_effects
        on credited.level = removal_effects.level
        and credited.ad_platform = removal_effects.ad_platform
        and credited.campaign_id = removal_effects.campaign_id

),

stepped as (

    select
        *,
        lag(share_so_far, 1, cast(0 as decimal(13, 12))) over (
            partition by level
            order by ad_platform, campaign_id
        ) as share_before

    from solved

)

-- money up to here less money before: no cent is lost between the platforms
select
    level,
    ad_platform,
    campaign_id,
    'markov' as attribution_model,
    spend,
    conversions,
    converting_users,
    cast(
        cast(revenue * share_so_far as decimal(18, 2))
        - cast(revenue * share_before as decimal(18, 2)) as decimal(18, 2)
    ) as revenue,
    is_simulated

from stepped

union all

-- what no touch led to is the same under every model of the path
select
    credited.level,
    credited.ad_platform,
    credited.campaign_id,
    'markov' as attribution_model,
    credited.spend,
    credited.conversions,
    credited.converting_users,
    credited.revenue,
    credited.is_simulated

from credited

inner join (select distinct level from {{ ref('removal_effects') }}) as solved_levels
    on credited.level = solved_levels.level

where credited.ad_platform = 'unattributed'
