{%- set limits = {
    'low': ('low', 1.959963984540054), 'high': ('high', 1.959963984540054),
    'low_90': ('low', 1.644853626951473), 'high_90': ('high', 1.644853626951473)
} -%}

with performance as (

    select * from {{ ref('int_channel_performance') }} where ad_platform <> 'unattributed'

),

attributed as (

    select
        level,
        attribution_model,
        sum(conversions) as conversions

    from performance

    group by level, attribution_model

),

users as (

    select
        attribution_model,
        count(distinct user_id) as converting_users

    from {{ ref('fct_attribution_credits') }}

    where ad_platform <> 'unattributed'

    group by attribution_model

)

select
    performance.level,
    performance.ad_platform,
    performance.campaign_id,
    performance.attribution_model,
    {{ safe_divide('performance.conversions', 'attributed.conversions') }} as share,
    -- the bootstrap has too few users to sample from below 50 conversions
    {%- for limit, (side, z) in limits.items() %}
    case
        when coalesce(users.converting_users, 0) < 10 then null
        when attributed.conversions < 50e0
            then {{ wilson('performance.conversions', 'attributed.conversions', side, z=z) }}
        else intervals.share_{{ limit }}
    end as share_{{ limit }},
    {%- endfor %}
    intervals.next_platform,
    case when users.converting_users >= 10 then intervals.is_ahead_of_next end as is_ahead_of_next

from performance

left join attributed
    on performance.level = attributed.level
    and performance.attribution_model = attributed.attribution_model

-- markov splits the same conversions as linear
left join users
    on users.attribution_model = case performance.attribution_model
        when 'markov' then 'linear' else performance.attribution_model
    end

left join {{ ref('attribution_intervals') }} as intervals
    on performance.level = intervals.level
    and performance.ad_platform = intervals.ad_platform
    and performance.campaign_id = intervals.campaign_id
    and performance.attribution_model = intervals.attribution_model
