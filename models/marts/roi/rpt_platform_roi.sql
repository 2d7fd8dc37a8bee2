with judged as (

    select
        performance.ad_platform,
        performance.attribution_model,
        performance.spend,
        performance.ripe_spend,
        performance.spend_outside_events,
        performance.revenue,
        performance.conversions,
        performance.converting_users,
        {{ return_columns() }},
        performance.attribution_setting

    from {{ ref('int_channel_performance') }} as performance

    where
        performance.level in ('platform', 'billed_platform')
        and not coalesce(performance.is_under_seller, false)

)

select
    *,
    {{ agreement_columns('ad_platform') }}

from judged
