-- Without it a touch is missing from the paths, or is in them twice after an interrupted build.
{{ config(group='attribution') }}

with journey as (

    select
        ad_platform,
        count(*) as touches

    from {{ ref('fct_customer_journey') }}

    group by ad_platform

),

in_windows as (

    select
        ad_platform,
        count(*) as touches,
        count(distinct touch_id) as different_touches

    from {{ ref('int_conversion_paths') }}

    group by ad_platform

),

steps as (

    select
        ad_platform,
        count(conversion_id) as converting,
        count(*) - count(conversion_id) as not_converting

    from {{ ref('int_journey_touches') }}

    group by ad_platform

)

select
    ad_platform,
    journey.touches,
    in_windows.touches as touches_in_windows,
    in_windows.different_touches,
    steps.converting,
    steps.not_converting

from journey

full outer join steps using (ad_platform)

left join in_windows using (ad_platform)

where
    coalesce(steps.converting, 0) <> coalesce(in_windows.touches, 0)
    or coalesce(steps.not_converting, 0)
    <> coalesce(journey.touches, 0) - coalesce(in_windows.different_touches, 0)
