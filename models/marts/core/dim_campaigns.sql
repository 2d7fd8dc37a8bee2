with seen as (

    select distinct ad_platform, campaign_id from {{ ref('int_touches_daily') }}

    union

    select distinct ad_platform, campaign_id from {{ ref('fct_conversions') }}

    union

    select distinct ad_platform, campaign_id from {{ ref('fct_ad_spend') }}

    union

    select distinct ad_platform, campaign_id from {{ ref('fct_ad_reports') }}

),

names as (

    select ad_platform, campaign_id, campaign_name

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null

    union all

    select ad_platform, campaign_id, campaign_name from {{ ref('fct_ad_reports') }}

    union all

    select ad_platform, coalesce(campaign_id, 'unknown') as campaign_id, campaign_name

    from {{ ref('int_events_by_file') }}

),

named as (

    -- a campaign that was renamed keeps one row
    select ad_platform, campaign_id, max(campaign_name) as campaign_name

    from names

    group by ad_platform, campaign_id

)

select
    {{ campaign_key('seen.ad_platform', 'seen.campaign_id') }} as campaign_key,
    seen.ad_platform,
    seen.campaign_id,
    coalesce(named.campaign_name, seen.campaign_id) as campaign_name

from seen

left join named
    on seen.ad_platform = named.ad_platform and seen.campaign_id = named.campaign_id
