with path_touches as (

    select
        *,
        -- counted from the path's last touch, so that an old path's powers do not vanish
        power(
            0.5e0,
            date_diff('millisecond', touched_at, max(touched_at) over (partition by conversion_id))
            / ({{ var('half_life_days') }} * 86400000e0)
        ) as decay,
        sum(1e0 / touches_of_platform) over (partition by conversion_id) as platforms_in_path

    from {{ ref('int_conversion_touches') }}

),

weighed as (

    select
        conversion_id,
        touch_id,
        user_id,
        ad_platform,
        campaign_id,
        revenue,
        touch_index,
        touches_in_path,
        case when touch_index = 1 then 1e0 else 0e0 end as first_touch,
        case when touch_index = touches_in_path then 1e0 else 0e0 end as last_touch,
        1e0 / touches_in_path as linear,
        case
            when touches_in_path = 1 then 1e0
            when touches_in_path = 2 then 0.5e0
            when touch_index in (1, touches_in_path) then 0.4e0
            else 0.2e0 / (touches_in_path - 2)
        end as position_based,
        decay / sum(decay) over (partition by conversion_id) as time_decay,
        1e0 / touches_of_platform / platforms_in_path as shapley

    from path_touches

),

models as (

    select attribution_model from {{ ref('attribution_models') }} where has_touch_credits

)

select
    weighed.conversion_id,
    weighed.touch_id,
    models.attribution_model,
    weighed.user_id,
    weighed.ad_platform,
    weighed.campaign_id,
    weighed.revenue,
    weighed.touch_index,
    weighed.touches_in_path,
    -- a decimal, so that sums are exact and the same on both engines
    cast(
        case models.attribution_model
            when 'first_touch' then weighed.first_touch
            when 'last_touch' then weighed.last_touch
            when 'linear' then weighed.linear
            when 'position_based' then weighed.position_based
            when 'time_decay' then weighed.time_decay
            when 'shapley' then weighed.shapley
        end as decimal(13, 12)
    ) as weight

from weighed

cross join models
