with users as (

    select
        segments.segment,
        cast(count(*) as bigint) as users,
        cast(sum(activity.impressions) as bigint) as impressions,
        cast(sum(activity.clicks) as bigint) as clicks,
        cast(sum(activity.conversions) as bigint) as conversions,
        cast(sum(activity.revenue) as decimal(18, 2)) as revenue

    from {{ ref('dim_user_segments') }} as segments

    left join (
        select
            user_id,
            sum(impressions) as impressions,
            sum(clicks) as clicks,
            sum(conversions) as conversions,
            sum(revenue) as revenue

        from {{ ref('int_user_platforms') }}

        group by user_id
    ) as activity on segments.user_id = activity.user_id

    group by segments.segment

),

personas as (

    select * from {{ ref('segment_personas') }}

)

select
    users.segment,
    personas.persona,
    users.users,
    users.impressions,
    users.clicks,
    users.conversions,
    users.revenue,
    {{ rate('ctr', 'users.clicks', 'users.impressions') }},
    {{ rate('cvr', 'users.conversions', 'users.clicks') }},
    personas.what_sets_it_apart,
    personas.what_to_do,
    personas.warning

from users

left join personas on users.segment = personas.segment
