-- every platform and campaign has a row, also with only touches or conversions
with known as (

    select
        ad_platform,
        campaign_id,
        cast(0 as decimal(18, 4)) as spend,
        false as is_spend_simulated

    from {{ ref('dim_campaigns') }}

    union all

    select ad_platform, campaign_id, spend, is_spend_simulated from {{ ref('fct_ad_spend') }}

),

-- once by platform, once more by seller where spend is known for the seller only
told as (

    select '' as prefix, * from known

    union all

    select
        'billed_' as prefix,
        billed.billed_platform as ad_platform,
        known.campaign_id,
        known.spend,
        known.is_spend_simulated

    from known

    inner join {{ ref('int_billed_platforms') }} as billed
        on known.ad_platform = billed.ad_platform

)

select
    prefix || case when grouping(campaign_id) = 1 then 'platform' else 'campaign' end as level,
    ad_platform,
    case when grouping(campaign_id) = 1 then 'all' else campaign_id end as campaign_id,
    cast(sum(spend) as decimal(18, 4)) as spend,
    max(case when is_spend_simulated then 1 else 0 end) = 1 as is_spend_simulated

from told

group by
    -- the linter does not know them
    grouping sets (  -- noqa: LT02,PRS
        (prefix, ad_platform, campaign_id),
        (prefix, ad_platform)
    )
