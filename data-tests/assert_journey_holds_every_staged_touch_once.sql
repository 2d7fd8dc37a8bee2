-- Without it a join on a key that is not unique (ad_id) multiplies touches, or a filter drops some.
{{ config(group='core') }}

with staged as (

    select
        ad_platform,
        count(*) as touches,
        count(case when event_type = 'click' then 1 end) as clicks,
        count(case when event_type <> 'click' then 1 end) as impressions

    from {{ ref('int_events_deduplicated') }}

    where event_type not in ('conversion', 'refund')

    group by ad_platform

    union all

    select
        ad_platform,
        count(*) as touches,
        sum(clicks) as clicks,
        sum(impressions) as impressions

    from {{ ref('int_interactions_deduplicated') }}

    where impressions + clicks > 0

    group by ad_platform

    union all

    {% for visits in ['int_web_touches', 'int_order_touches'] -%}
    select
        ad_platform,
        count(*) as touches,
        -- those that only an order tells are not counted
        {{ 'count_if(is_paid)' if visits == 'int_web_touches' else '0' }} as clicks,
        0 as impressions

    from {{ ref(visits) }}
    {%- if not var('unpaid_touches') %}

    where is_paid
    {%- endif %}

    group by ad_platform

    {{ 'union all' if not loop.last }}
    {% endfor %}

),

expected as (

    select
        ad_platform,
        sum(touches) as touches,
        sum(clicks) as clicks,
        sum(impressions) as impressions

    from staged

    group by ad_platform

),

found as (

    select
        ad_platform,
        count(*) as touches,
        sum(clicks) as clicks,
        sum(impressions) as impressions

    from {{ ref('fct_customer_journey') }}

    group by ad_platform

)

select
    ad_platform,
    expected.touches as touches_staged,
    found.touches,
    expected.clicks as clicks_staged,
    found.clicks,
    expected.impressions as impressions_staged,
    found.impressions

from expected

full outer join found using (ad_platform)

where
    coalesce(expected.touches, 0) <> coalesce(found.touches, 0)
    or coalesce(expected.clicks, 0) <> coalesce(found.clicks, 0)
    or coalesce(expected.impressions, 0) <> coalesce(found.impressions, 0)
