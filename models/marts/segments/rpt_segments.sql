with sizes as (

    select segment, cast(count(*) as bigint) as users

    from {{ ref('dim_user_segments') }}

    group by segment

),

activity as (

    select
        segments.segment,
        cast(sum(activity.impressions) as bigint) as impressions,
        cast(sum(activity.clicks) as bigint) as clicks,
        cast(sum(activity.conversions) as bigint) as conversions,
        cast(sum(activity.revenue) as decimal(18, 2)) as revenue

    from {{ ref('int_user_platform_totals') }} as activity

    inner join {{ ref('dim_user_segments') }} as segments on activity.user_id = segments.user_id

    group by segments.segment

),

personas as (

    select * from {{ ref('segment_personas') }}

)

select
    sizes.segment,
    personas.persona,
    sizes.users,
    activity.impressions,
    activity.clicks,
    activity.conversions,
    activity.revenue,
    {{ rate('ctr', 'activity.clicks', 'activity.impressions') }},
    {{ rate('cvr', 'activity.conversions', 'activity.clicks') }},
    personas.what_sets_it_apart,
    personas.what_to_do,
    personas.warning

from sizes

left join activity on sizes.segment = activity.segment

left join personas on sizes.segment = personas.segment
