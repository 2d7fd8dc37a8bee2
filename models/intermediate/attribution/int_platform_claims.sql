with qualifying as (

    select *

    from {{ ref('int_touches_before_conversion') }}

    where
        (
            touch_kind = 'click'
            and touched_at >= converted_at - interval '{{ var("platform_click_days") }}' day
        )
        or (
            touch_kind = 'view'
            and touched_at >= converted_at - interval '{{ var("platform_view_days") }}' day
        )

),

-- the last click, else the last view: ranked among the platform's own touches and among all
ranked as (

    select
        *,
        row_number() over (
            partition by conversion_id, ad_platform
            order by touch_kind, touches_after
        ) as rank_in_platform,
        row_number() over (
            partition by conversion_id
            order by touch_kind, touches_after
        ) as rank_in_path

    from qualifying

)

select
    conversion_id,
    ad_platform,
    touch_id,
    user_id,
    campaign_id,
    {{ hive_time('touched_at') }} as touched_at,
    count(*) over (partition by conversion_id) as claiming_platforms,
    rank_in_path = 1 as is_credited

from ranked

where rank_in_platform = 1
