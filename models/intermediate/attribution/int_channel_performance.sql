{%- set columns = [
    'level', 'ad_platform', 'campaign_id', 'attribution_model',
    'spend', 'ripe_spend', 'spend_outside_events', 'conversions',
    'converting_users', 'revenue', 'revenue_low', 'revenue_high',
    'revenue_low_90', 'revenue_high_90', 'why_cannot_tell', 'is_simulated'
] | join(', ') -%}
{%- set setting = 'cast(null as varchar) as attribution_setting' -%}

with performance as (

    select {{ columns }}, {{ setting }} from {{ ref('int_channel_performance_by_touch') }}

    union all

    select {{ columns }}, {{ setting }} from {{ ref('int_channel_performance_by_markov') }}

    union all

    -- conversions without a touch are the same under every path-based model
    select
        {{ columns | replace('attribution_model', "'markov' as attribution_model") }},
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

)

select
    performance.*,
    -- ROI tells such a platform under its seller
    performance.attribution_model <> 'platform_reported'
    and performance.level in ('platform', 'campaign')
    and billed.ad_platform is not null as is_under_seller

from performance

left join {{ ref('int_billed_platforms') }} as billed
    on performance.ad_platform = billed.ad_platform
