{{ config(materialized='view') }}

select
    false as is_by_seller,
    attribution_model,
    ad_platform,
    campaign_id,
    user_id,
    credit,
    credited_revenue,
    touched_at

from {{ ref('fct_attribution_credits') }}

union all

-- once more by seller, where spend is known for the seller only
select
    true as is_by_seller,
    credited.attribution_model,
    billed.billed_platform as ad_platform,
    credited.campaign_id,
    credited.user_id,
    credited.credit,
    credited.credited_revenue,
    credited.touched_at

from {{ ref('fct_attribution_credits') }} as credited

inner join {{ ref('int_billed_platforms') }} as billed
    on credited.ad_platform = billed.ad_platform
