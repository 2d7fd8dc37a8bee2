with sizes as (

    select segment, cast(count(*) as bigint) as users

    from {{ ref('dim_user_segments') }}

    group by segment

),

users as (

    select
        user_id,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions,
        sum(conversions - conversions_without_click) as conversions_after_click,
        sum(revenue) as revenue

    from {{ ref('int_user_platform_totals') }}

    group by user_id

),

activity as (

    select
        segments.segment,
        cast(sum(users.impressions) as bigint) as impressions,
        cast(sum(users.clicks) as bigint) as clicks,
        cast(sum(users.conversions) as bigint) as conversions,
        cast(sum(users.conversions_after_click) as bigint) as conversions_after_click,
        cast(sum(users.revenue) as decimal(18, 2)) as revenue,
        {{ design_effect('users.clicks', 'users.impressions') }} as click_effect,
        {{ design_effect('users.conversions_after_click', 'users.clicks') }} as conversion_effect

    from users

    inner join {{ ref('dim_user_segments') }} as segments on users.user_id = segments.user_id

    group by segments.segment

),

personas as (

    select * from {{ ref('segment_personas') }}

)

select
    sizes.segment,
    case when sizes.segment = 0 then 'No ad seen' else personas.persona end as persona,
    sizes.users,
    activity.impressions,
    activity.clicks,
    activity.conversions,
    activity.revenue,
    flags.is_revenue_simulated,
    activity.conversions - activity.conversions_after_click as conversions_without_click,
    {{ rate('ctr', 'activity.clicks', 'activity.impressions', 'activity.click_effect') }},
    {{ rate(
        'cvr', 'activity.conversions_after_click', 'activity.clicks', 'activity.conversion_effect'
    ) }},
    case
        when sizes.segment = 0 then 'No impression and no counted click of theirs is in the data.'
        else personas.what_sets_it_apart
    end as what_sets_it_apart,
    case
        when sizes.segment = 0 then 'Not an audience of the ads: find out how they came.'
        else personas.what_to_do
    end as what_to_do,
    personas.warning

from sizes

cross join {{ ref('int_simulation_flags') }} as flags

left join activity on sizes.segment = activity.segment

left join personas on sizes.segment = personas.segment
