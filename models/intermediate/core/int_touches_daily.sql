{{ incremental_by_load() }}

select
    cast(touched_at as date) as touched_date,
    ad_platform,
    campaign_id,
    ad_id,
    device_type,
    is_order_approximate,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(case when touch_kind = 'click' then greatest(clicks, 1) else 0 end) as bigint)
        as click_touches,
    _load_id

from {{ ref('fct_customer_journey') }}
{%- if is_incremental() %}

where _load_id > {{ max_load_id() }}
{%- endif %}

group by
    cast(touched_at as date),
    ad_platform,
    campaign_id,
    ad_id,
    device_type,
    is_order_approximate,
    _load_id
