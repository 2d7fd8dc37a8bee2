with sellers as (

    select * from {{ ref('platform_sellers') }}

),

billed as (

    {% for source in ['stg_ad_spend', 'stg_ad_reports'] -%}
    select ad_platform, campaign_id, campaign_name

    from {{ ref(source) }}

    where reject_reason is null and spend > 0

    {{ 'union' if not loop.last }}

    {% endfor %}
),

keys as (

    {% for column in ['campaign_id', 'campaign_name'] -%}
    select
        lower(billed.{{ column }}) as campaign_key,
        billed.ad_platform,
        coalesce(sellers.seller, billed.ad_platform) as seller

    from billed

    left join sellers on billed.ad_platform = sellers.ad_platform

    {{ 'union' if not loop.last }}

    {% endfor %}
)

select
    campaign_key,
    -- as its spend is told, which its orders have to meet; of several of a seller's, the seller
    case when count(distinct ad_platform) = 1 then min(ad_platform) else min(seller) end
        as ad_platform

from keys

where campaign_key is not null and campaign_key <> 'unknown'

group by campaign_key

having count(distinct seller) = 1
