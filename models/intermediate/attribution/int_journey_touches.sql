{{ incremental_by_load(by_user=true) }}

{%- set order = var('markov_order') | int %}

-- touches outside every lookback window have no conversion_id: the journey that did not convert
with touches as (

    select
        touches.user_id,
        conversion_touches.conversion_id,
        users.user_bucket,
        touches.ad_platform,
        touches.campaign_id,
        touches.touched_at,
        touches.source_position,
        touches.touch_kind,
        touches.touch_id,
        users._load_id

    from {{ ref('fct_customer_journey') }} as touches

    inner join {{ ref('int_user_activity') }} as users on touches.user_id = users.user_id

    left join {{ ref('int_conversion_paths') }} as conversion_touches
        on touches.touch_id = conversion_touches.touch_id
    {%- if is_incremental() %}

    where users._load_id > {{ max_load_id() }}
    {%- endif %}

)

select
    user_id,
    conversion_id,
    user_bucket,
    row_number() over journey as touch_index,
    lag(ad_platform) over journey as previous_platform,
    ad_platform,
    lag(campaign_id) over journey as previous_campaign,
    campaign_id,
    {%- for step in range(1, order) %}
    lead(ad_platform, {{ step }}) over journey as platform_after_{{ step }},
    lead(campaign_id, {{ step }}) over journey as campaign_after_{{ step }},
    {%- endfor %}
    lead(ad_platform, {{ order }}) over journey is null as is_last,
    _load_id

from touches

window
    journey as (
        partition by user_id, conversion_id
        order by touched_at, source_position, touch_kind desc, touch_id
    )
