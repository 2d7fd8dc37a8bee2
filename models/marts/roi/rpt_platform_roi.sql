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
        {{ return_columns() }}

    from {{ ref('int_channel_performance') }} as performance

    where performance.level = 'platform'

)

select
    *,
    {{ agreement_columns('ad_platform') }}

from judged
