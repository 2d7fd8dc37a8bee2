with sellers as (

    select ad_platform, seller as billed_platform from {{ ref('platform_sellers') }}

    union

    select seller as ad_platform, seller as billed_platform

    from {{ ref('platform_sellers') }}

)

select sellers.ad_platform, sellers.billed_platform

from sellers

-- some of the family's spend is known for the seller only: it cannot be divided
where
    sellers.billed_platform in (select spend.ad_platform from {{ ref('fct_ad_spend') }} as spend)
