with platforms_of_paths as (

    select
        weights.conversion_id,
        channels.channel_number as platform_number,
        count(*) as touches

    from {{ ref('int_conversion_paths') }} as weights

    inner join {{ ref('int_markov_channels') }} as channels
        on channels.level = 'platform' and weights.ad_platform = channels.ad_platform

    group by weights.conversion_id, channels.channel_number

),

paths as (

    select
        conversion_id,
        {{ path_profile() }} as profile

    from platforms_of_paths

    group by conversion_id

),

cells as (

    select
        users.user_bucket,
        paths.profile,
        weights.ad_platform,
        coalesce(campaigns.campaign_id, 'all') as campaign_id,
        sum(weights.linear) as conversions

    from {{ ref('int_conversion_paths') }} as weights

    inner join paths on weights.conversion_id = paths.conversion_id

    inner join {{ ref('int_user_activity') }} as users on weights.user_id = users.user_id

    left join {{ ref('int_markov_channels') }} as campaigns
        on campaigns.level = 'campaign'
        and weights.ad_platform = campaigns.ad_platform
        and weights.campaign_id = campaigns.campaign_id

    group by
        users.user_bucket,
        paths.profile,
        weights.ad_platform,
        coalesce(campaigns.campaign_id, 'all')

),

commonest as (

    select
        profile,
        sum(conversions) as conversions,
        count(*) as cells

    from cells

    group by profile

    order by conversions desc, profile

    limit {{ var('max_path_profiles') }}

),

-- the solver reads a bounded number of profiles and of rows, whatever the data
counted as (

    select
        profile,
        sum(cells) over (
            order by conversions desc, profile
            rows between unbounded preceding and current row
        ) as cumulative_cells

    from commonest

)

select
    cells.user_bucket,
    coalesce(counted.profile, 'others') as profile,
    cells.ad_platform,
    cells.campaign_id,
    cast(sum(cells.conversions) as double) as conversions

from cells

left join counted
    on cells.profile = counted.profile
    and counted.cumulative_cells <= {{ var('max_path_parts') }}

group by
    cells.user_bucket,
    coalesce(counted.profile, 'others'),
    cells.ad_platform,
    cells.campaign_id
