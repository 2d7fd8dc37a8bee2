with conversion_touches as (

    select * from {{ ref('int_conversion_touches') }}

),

other_touches as (

    select touches.*

    from {{ ref('fct_customer_journey') }} as touches

    left join conversion_touches on touches.touch_id = conversion_touches.touch_id

    where conversion_touches.touch_id is null

),

journey_touches as (

    select
        conversion_id as journey_id,
        true as is_converting,
        user_id,
        touch_index,
        touches_in_path,
        ad_platform,
        campaign_id

    from conversion_touches

    union all

    -- what a user saw outside of every conversion's window is one journey that did not convert
    select
        user_id as journey_id,
        false as is_converting,
        user_id,
        row_number() over (
            partition by user_id
            order by touched_at, file_order, touch_kind desc, touch_id
        ) as touch_index,
        count(*) over (partition by user_id) as touches_in_path,
        ad_platform,
        campaign_id

    from other_touches

),

channels as (

    select * from {{ ref('int_channels') }}

)

select
    journey_touches.journey_id,
    journey_touches.is_converting,
    {{ user_bucket('journey_touches.user_id') }} as user_bucket,
    journey_touches.touch_index,
    journey_touches.touches_in_path,
    journey_touches.ad_platform,
    platforms.channel_number as platform_number,
    campaigns.channel_number as campaign_number

from journey_touches

inner join channels as platforms
    on platforms.level = 'platform' and journey_touches.ad_platform = platforms.ad_platform

left join channels as campaigns
    on campaigns.level = 'campaign'
    and journey_touches.ad_platform = campaigns.ad_platform
    and journey_touches.campaign_id = campaigns.campaign_id
