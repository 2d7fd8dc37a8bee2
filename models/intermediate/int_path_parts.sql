with platforms_of_paths as (

    select
        weights.conversion_id,
        channels.channel_number as platform_number,
        count(*) as touches

    from {{ ref('int_attribution_weights') }} as weights

    inner join {{ ref('int_channels') }} as channels
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

-- the solver sees a bounded number of them, whatever the data
commonest as (

    select profile

    from paths

    group by profile

    order by count(*) desc, profile

    limit {{ var('max_path_profiles') }}

)

select
    users.user_bucket,
    coalesce(commonest.profile, 'others') as profile,
    weights.ad_platform,
    coalesce(campaigns.campaign_id, 'all') as campaign_id,
    cast(sum(weights.linear) as double) as conversions

from {{ ref('int_attribution_weights') }} as weights

inner join paths on weights.conversion_id = paths.conversion_id

inner join {{ ref('int_active_users') }} as users on weights.user_id = users.user_id

left join commonest on paths.profile = commonest.profile

left join {{ ref('int_channels') }} as campaigns
    on campaigns.level = 'campaign'
    and weights.ad_platform = campaigns.ad_platform
    and weights.campaign_id = campaigns.campaign_id

group by
    users.user_bucket,
    coalesce(commonest.profile, 'others'),
    weights.ad_platform,
    coalesce(campaigns.campaign_id, 'all')
