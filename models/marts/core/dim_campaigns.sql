with seen as (

    select distinct ad_platform, campaign_id from {{ ref('int_touches_daily') }}

    union

    select distinct ad_platform, campaign_id from {{ ref('fct_conversions') }}

    union

    select distinct ad_platform, campaign_id from {{ ref('fct_ad_spend') }}

    union

    select distinct ad_platform, campaign_id from {{ ref('fct_ad_reports') }}

),

-- each once, and not as often as there are rows: what follows sorts them
names as (

    select
        ad_platform,
        campaign_id,
        campaign_name,
        cast(spend_date as timestamp) as named_at,
        _load_id

    from {{ ref('int_ad_spend_billed') }}

    union

    select
        ad_platform,
        campaign_id,
        campaign_name,
        cast(period_end as timestamp) as named_at,
        _load_id

    from {{ ref('fct_ad_reports') }}

    union

    select
        ad_platform,
        coalesce(campaign_id, 'unknown') as campaign_id,
        campaign_name,
        last_event_at as named_at,
        _load_id

    from {{ ref('int_events_by_file') }}

    union

    select
        ad_platform,
        coalesce(campaign_id, 'unknown') as campaign_id,
        campaign_name,
        touched_at as named_at,
        _load_id

    from {{ ref('int_web_touches') }}

),

-- a campaign that was renamed keeps one row, under its latest name
named as (

    select
        ad_platform,
        campaign_id,
        campaign_name,
        row_number() over (
            partition by ad_platform, campaign_id
            order by named_at desc, _load_id desc, campaign_name
        ) as recency

    from names

    where campaign_name is not null

)

select
    {{ campaign_key('seen.ad_platform', 'seen.campaign_id') }} as campaign_key,
    seen.ad_platform,
    seen.campaign_id,
    coalesce(named.campaign_name, seen.campaign_id) as campaign_name

from seen

left join named
    on seen.ad_platform = named.ad_platform
    and seen.campaign_id = named.campaign_id
    and named.recency = 1
