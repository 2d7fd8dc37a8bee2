{%- set columns = [
    'level', 'ad_platform', 'campaign_id', 'attribution_model',
    'spend', 'ripe_spend', 'spend_outside_events', 'conversions',
    'converting_users', 'revenue', 'revenue_low', 'revenue_high',
    'revenue_low_90', 'revenue_high_90', 'why_cannot_tell', 'is_simulated'
] -%}
{%- set listed = columns | join(', ') -%}
{%- set limits = {
    'low': ('low', 1.959963984540054), 'high': ('high', 1.959963984540054),
    'low_90': ('low', 1.644853626951473), 'high_90': ('high', 1.644853626951473)
} -%}
{%- set setting = 'cast(null as varchar) as attribution_setting' -%}

with performance as (

    select {{ listed }}, {{ setting }} from {{ ref('int_channel_performance_by_touch') }}

    union all

    select {{ listed }}, {{ setting }} from {{ ref('int_channel_performance_by_markov') }}

    union all

    -- conversions without a touch are the same under every path-based model
    select
        {{ listed | replace('attribution_model', "'markov' as attribution_model") }},
        {{ setting }}

    from {{ ref('int_channel_performance_by_touch') }}

    where
        attribution_model = 'linear'
        and ad_platform = 'unattributed'
        and level in (
            select markov.level from {{ ref('int_channel_performance_by_markov') }} as markov
        )

    union all

    -- what platforms report about themselves: beside the credits, never among them
    select
        level,
        ad_platform,
        campaign_id,
        'platform_reported' as attribution_model,
        spend,
        cast(null as decimal(18, 4)) as ripe_spend,
        cast(null as decimal(18, 4)) as spend_outside_events,
        conversions,
        cast(null as bigint) as converting_users,
        revenue,
        revenue_low,
        revenue_high,
        revenue_low_90,
        revenue_high_90,
        cast(null as varchar) as why_cannot_tell,
        false as is_simulated,
        attribution_setting

    from {{ ref('int_reported_performance') }}

),

-- a share is of the conversions with a touch
counted as (

    select
        *,
        case when ad_platform <> 'unattributed' then conversions end as attributed,
        sum(case when ad_platform <> 'unattributed' then conversions end) over (
            partition by level, attribution_model
        ) as all_attributed

    from performance

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
    {%- for column in columns %}
    counted.{{ column }},
    {%- endfor %}
    counted.attribution_setting,
    -- ROI tells such a platform under its seller
    counted.attribution_model <> 'platform_reported'
    and counted.level in ('platform', 'campaign')
    and billed.ad_platform is not null as is_under_seller,
    {{ safe_divide('counted.attributed', 'counted.all_attributed') }} as share,
    -- the bootstrap has too few users to sample from below 50 conversions
    {%- for limit, (side, z) in limits.items() %}
    case
        when counted.attributed is null or coalesce(users.converting_users, 0) < 10 then null
        when counted.all_attributed < 50e0
            then {{ wilson('counted.attributed', 'counted.all_attributed', side, z=z) }}
        else intervals.share_{{ limit }}
    end as share_{{ limit }},
    {%- endfor %}
    intervals.next_platform,
    case when users.converting_users >= 10 then intervals.is_ahead_of_next end as is_ahead_of_next

from counted

left join {{ ref('int_billed_platforms') }} as billed
    on counted.ad_platform = billed.ad_platform

-- markov splits the same conversions as linear
left join users
    on users.attribution_model = case counted.attribution_model
        when 'markov' then 'linear' else counted.attribution_model
    end

left join {{ ref('attribution_intervals') }} as intervals
    on counted.level = intervals.level
    and counted.ad_platform = intervals.ad_platform
    and counted.campaign_id = intervals.campaign_id
    and counted.attribution_model = intervals.attribution_model
