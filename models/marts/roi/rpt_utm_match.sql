with told as (

    select
        'spend' as side,
        ad_platform,
        campaign_id,
        sum(spend) as amount

    from {{ ref('fct_ad_spend') }}

    where spend > 0 and not is_spend_simulated

    group by 2, 3

    union all

    -- unpaid visits have no clicks
    select
        'clicks' as side,
        ad_platform,
        campaign_id,
        cast(sum(click_touches) as decimal(18, 4)) as amount

    from {{ ref('int_touches_daily') }}

    where click_touches > 0

    group by 2, 3

),

-- names join within the seller only
campaigns as (

    select
        told.side,
        coalesce(sellers.seller, told.ad_platform) as ad_platform,
        told.campaign_id,
        max(names.campaign_name) as campaign_name,
        sum(told.amount) as amount

    from told

    left join {{ ref('platform_sellers') }} as sellers on told.ad_platform = sellers.ad_platform

    inner join {{ ref('dim_campaigns') }} as names
        on told.ad_platform = names.ad_platform and told.campaign_id = names.campaign_id

    group by 1, 2, 3

),

keys as (

    select side, ad_platform, lower(campaign_id) as campaign_key from campaigns

    union

    select side, ad_platform, lower(campaign_name) as campaign_key from campaigns

),

-- a campaign meets the other side by its id, else by its name
matched as (

    select
        campaigns.side,
        campaigns.ad_platform,
        campaigns.campaign_id,
        campaigns.campaign_name,
        campaigns.amount,
        count(keys.campaign_key) > 0 as is_matched

    from campaigns

    left join keys
        on campaigns.side <> keys.side
        and campaigns.ad_platform = keys.ad_platform
        and keys.campaign_key in (lower(campaigns.campaign_id), lower(campaigns.campaign_name))
        and keys.campaign_key <> 'unknown'

    group by 1, 2, 3, 4, 5

)

select
    side,
    ad_platform,
    campaign_id,
    campaign_name,
    is_matched,
    case when side = 'spend' then cast(amount as decimal(18, 4)) end as spend,
    case when side = 'clicks' then cast(amount as bigint) end as clicks,
    {{ safe_divide('amount', 'sum(amount) over (partition by side)') }} as share_of_side,
    row_number() over (
        partition by side order by is_matched, amount desc, ad_platform, campaign_id
    ) as place

from matched
