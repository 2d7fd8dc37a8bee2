-- what an order tells about its customer's first and last visit
with visits as (

    {% for visit, prefix in [('last', ''), ('first', 'first_')] -%}
    select
        orders.order_key,
        '{{ visit }}' as visit,
        {{ 'orders.click_id_kind' if not prefix else "''" }} as click_id_kind,
        orders.{{ prefix }}utm_source as utm_source,
        orders.{{ prefix }}utm_medium as utm_medium,
        {{ 'orders.referrer_domain' if not prefix else "''" }} as referrer_domain,
        orders.{{ prefix }}campaign_id as campaign_id,
        {{ 'coalesce(orders.first_visited_at, orders.visited_at)' if prefix
            else 'orders.visited_at' }} as visited_at,
        -- a visit without a time, or after the order, is just before it
        case
            when orders.{{ prefix }}visited_at <= orders.ordered_at
                then orders.{{ prefix }}visited_at
            when orders.visited_at <= orders.ordered_at
                then orders.visited_at - interval '1' second
            else orders.ordered_at - interval '{{ 2 if prefix else 1 }}' second
        end as touched_at,
        orders.device_type,
        orders._source_file,
        orders._load_id

    from {{ ref('int_orders') }} as orders

    {{ 'union all' if not loop.last }}

    {% endfor %}
),

touches as (

    select
        'order ' || visits.order_key || ' ' || visits.visit as touch_id,
        users.user_id,
        -- `paid search` names no platform: the only one that bills a campaign of this name
        coalesce(campaigns.ad_platform, sources.ad_platform) as ad_platform,
        sources.is_paid,
        case when sources.is_paid then visits.campaign_id end as campaign_id,
        visits.device_type,
        visits.touched_at,
        visits._source_file,
        visits._load_id,
        -- one visit that two orders tell, or that is both the first and the last
        row_number() over (
            partition by
                users.user_id,
                coalesce(campaigns.ad_platform, sources.ad_platform),
                visits.campaign_id,
                coalesce(cast(visits.visited_at as varchar), visits.order_key)
            order by visits.visit desc, visits.order_key
        ) as occurrence

    from visits

    inner join {{ ref('int_order_users') }} as users on visits.order_key = users.order_key

    inner join {{ ref('int_visit_sources') }} as sources
        on visits.click_id_kind = sources.click_id_kind
        {%- for column in source_columns() if column != 'click_id_kind' %}
        and visits.{{ column }} = sources.{{ column }}
        {%- endfor %}

    left join {{ ref('int_campaign_sellers') }} as campaigns
        on sources.is_unnamed and lower(visits.campaign_id) = campaigns.campaign_key

    -- orders without any source say nothing about visits; a log tells its users' visits itself
    where
        visits.click_id_kind || visits.utm_source || visits.utm_medium || visits.referrer_domain
        <> ''
        and users.user_id not in (select web.user_id from {{ ref('int_web_touches') }} as web)

)

select
    touch_id,
    user_id,
    ad_platform,
    is_paid,
    campaign_id,
    device_type,
    {{ hive_time('touched_at') }} as touched_at,
    _source_file,
    _load_id

from touches

where occurrence = 1
