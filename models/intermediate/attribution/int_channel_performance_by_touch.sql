{%- set of_all = "replace(known.level, 'billed_', ''), attribution_models.attribution_model" -%}
{%- set to_all = safe_divide('spend', 'ripe_spend') -%}

with known as (

    select level, ad_platform, campaign_id from {{ ref('int_channel_spend') }}

    union

    -- unattributed
    select level, ad_platform, campaign_id from {{ ref('int_channel_credits') }}

),

credited as (

    select
        known.level,
        known.ad_platform,
        known.campaign_id,
        attribution_models.attribution_model,
        coalesce(spend.spend, cast(0 as decimal(18, 4))) as spend,
        coalesce(spend.ripe_spend, cast(0 as decimal(18, 4))) as ripe_spend,
        coalesce(spend.spend_outside_events, cast(0 as decimal(18, 4)))
            as spend_outside_events,
        cast(coalesce(credits.conversions, 0) as double) as conversions,
        coalesce(credits.converting_users, 0) as converting_users,
        case
            -- NULL, not 0, when the source has no conversions or revenue, or none of those credited
            when max(credits.all_revenue) over (partition by {{ of_all }}) is null then null
            when credits.converting_users > 0 and credits.revenue is null then null
            else coalesce(credits.revenue, cast(0 as decimal(18, 2)))
        end as revenue,
        coalesce(not spend.has_touches and credits.converting_users is null, false) as is_untouched,
        credits.revenue_squared,
        credits.largest_revenue,
        coalesce(credits.ripe_converting_users, 0) as ripe_converting_users,
        coalesce(credits.ripe_revenue, cast(0 as decimal(18, 2))) as ripe_revenue,
        credits.ripe_revenue_squared,
        credits.ripe_largest_revenue,
        -- also for a platform without buyers
        {%- for sum in ['converting_users', 'revenue', 'revenue_squared'] %}
        max(credits.all_{{ sum }}) over (partition by {{ of_all }}) as all_{{ sum }},
        {%- endfor %}
        coalesce(spend.is_spend_simulated, false)
        or flags.is_revenue_simulated as is_simulated

    from known

    cross join {{ ref('attribution_models') }} as attribution_models

    cross join {{ ref('int_simulation_flags') }} as flags

    left join {{ ref('int_channel_credits') }} as credits
        on known.level = credits.level
        and known.ad_platform = credits.ad_platform
        and known.campaign_id = credits.campaign_id
        and attribution_models.attribution_model = credits.attribution_model

    left join {{ ref('int_channel_spend') }} as spend
        on known.level = spend.level
        and known.ad_platform = spend.ad_platform
        and known.campaign_id = spend.campaign_id

    where attribution_models.has_touch_credits

),

spread as (

    select
        *,
        {{ pooled_squares() }} as squares,
        {{ one_more_buyer() }} as one_more,
        {{ pooled_squares('ripe_') }} as ripe_squares,
        {{ one_more_buyer('ripe_') }} as ripe_one_more

    from credited

),

limited as (

    select
        *,
        {{ gamma_limits('revenue', 'squares', 'one_more', prefix='gamma') }},
        {{ gamma_limits('ripe_revenue', 'ripe_squares', 'ripe_one_more', prefix='ripe') }}

    from spread

),

-- conversions of the last ads are still to come: the upper limit is also that of the ripe ones
with_what_is_to_come as (

    select
        {%- for high in ['high', 'high_90'] %}
        case
            when ripe_spend > 0 and ripe_spend < spend and gamma_{{ high }} is not null
                then greatest(gamma_{{ high }}, round(ripe_{{ high }} * {{ to_all }}, 6))
            else gamma_{{ high }}
        end as upper_{{ high }},
        {%- endfor %}
        *

    from limited

)

select
    level,
    ad_platform,
    campaign_id,
    attribution_model,
    spend,
    ripe_spend,
    spend_outside_events,
    conversions,
    converting_users,
    revenue,
    -- an interval of assumed money would be that of the generator
    case when not is_simulated then gamma_low end as revenue_low,
    case when not is_simulated then upper_high end as revenue_high,
    case when not is_simulated then gamma_low_90 end as revenue_low_90,
    case when not is_simulated then upper_high_90 end as revenue_high_90,
    case
        when is_simulated then 'simulated money'
        -- nothing could be credited: orders without a source, or other names than the events'
        when is_untouched then 'no touch in the data'
        when cast(spend_outside_events as double)
            > {{ var('max_spend_outside_events') | float }}e0 * cast(spend as double)
            then 'spend outside the days of the events'
        when
            spend > 0
            and ripe_spend = 0
            and {{ margin_of('upper_high') }} < cast(spend as double)
            then 'conversions are still to come'
    end as why_cannot_tell,
    is_simulated

from with_what_is_to_come
