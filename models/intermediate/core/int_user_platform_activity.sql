{{ incremental_by_load(unique_key=['user_id', 'ad_platform', 'device_type']) }}

with new_touches as (

    select
        user_id,
        ad_platform,
        cast(1 as bigint) as touches,
        impressions,
        clicks,
        time_spent,
        device_type,
        touched_at as observed_at,
        case when not is_order_approximate then touched_at end as first_dated_touch_at,
        case when not is_order_approximate then touched_at end as last_dated_touch_at,
        _load_id

    from {{ ref('fct_customer_journey') }}
    {%- if is_incremental() %}

    where _load_id > {{ max_load_id() }}
    {%- endif %}

),

together as (

    select * from new_touches
    {%- if is_incremental() %}

    union all

    select
        former.user_id,
        former.ad_platform,
        former.touches,
        former.impressions,
        former.clicks,
        former.time_spent,
        former.device_type,
        former.device_observed_at as observed_at,
        former.first_dated_touch_at,
        former.last_dated_touch_at,
        former._load_id

    from {{ this }} as former

    inner join (select distinct user_id, ad_platform, device_type from new_touches) as changed
        on former.user_id = changed.user_id
        and former.ad_platform = changed.ad_platform
        and former.device_type = changed.device_type
    {%- endif %}

)

select
    user_id,
    ad_platform,
    device_type,
    cast(sum(touches) as bigint) as touches,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(time_spent) as decimal(18, 4)) as time_spent,
    max(observed_at) as device_observed_at,
    min(first_dated_touch_at) as first_dated_touch_at,
    max(last_dated_touch_at) as last_dated_touch_at,
    max(_load_id) as _load_id

from together

group by user_id, ad_platform, device_type
