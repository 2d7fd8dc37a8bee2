with touches as (

    select * from {{ ref('int_path_touches') }}

),

compared as (

    select
        *,
        lag(ad_platform) over (
            partition by is_converting, journey_id
            order by touch_index
        ) as previous_platform

    from touches

),

-- touches in a row on one platform are one step of the path
journeys as (

    select
        is_converting,
        journey_id,
        min(touches_in_path) as touches,
        {{ join_text('ad_platform', ' > ', 'touch_index') }} as path

    from compared

    where previous_platform is null or previous_platform <> ad_platform

    group by is_converting, journey_id

)

select
    journeys.is_converting,
    journeys.journey_id,
    journeys.path,
    journeys.touches,
    conversions.revenue

from journeys

left join {{ ref('fct_conversions') }} as conversions
    on journeys.is_converting and journeys.journey_id = conversions.conversion_id
