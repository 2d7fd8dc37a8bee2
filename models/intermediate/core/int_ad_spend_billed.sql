with bills as (

    select
        *,
        {{ load_id('loaded_at') }} as _load_id

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null and spend is not null

),

-- the campaigns that touches and conversions name
campaigns_of_events as (

    select distinct ad_platform, campaign_id from {{ ref('int_touches_daily') }}

    union

    select distinct ad_platform, campaign_id from {{ ref('int_events_by_file') }}

    union

    -- a bill that names no campaign is met by any event of its platform
    select distinct ad_platform, 'unknown' as campaign_id from {{ ref('int_touches_daily') }}

),

ids_of_names as (

    select ad_platform, campaign_name, campaign_id

    from {{ ref('int_events_by_file') }}

    where campaign_id <> campaign_name

    union

    select ad_platform, campaign_name, campaign_id

    from {{ ref('int_web_touches') }}

    where campaign_id <> campaign_name

    union

    select ad_platform, campaign_name, campaign_id

    from bills

    where has_campaign_id and campaign_id <> campaign_name

),

-- a name that belongs to several campaigns tells none of them
unique_ids as (

    select ad_platform, campaign_name, min(campaign_id) as campaign_id

    from ids_of_names

    group by ad_platform, campaign_name

    having count(*) = 1

),

identified as (

    select
        bills.*,
        case
            when bills.has_campaign_id or by_name.campaign_id is not null then bills.campaign_id
            else coalesce(unique_ids.campaign_id, bills.campaign_id)
        end as billed_campaign_id,
        by_name.campaign_id is not null as is_name_in_events

    from bills

    left join unique_ids
        on bills.ad_platform = unique_ids.ad_platform
        and bills.campaign_name = unique_ids.campaign_name

    left join campaigns_of_events as by_name
        on bills.ad_platform = by_name.ad_platform and bills.campaign_name = by_name.campaign_id

),

-- a later file replaces an earlier one for the same day, campaign and ad
restated as (

    select
        *,
        rank() over (
            partition by spend_date, ad_platform, billed_campaign_id, ad_id
            order by _load_id desc, _source_file desc
        ) > 1 as is_restated

    from identified

)

select
    restated.spend_date,
    restated.ad_platform,
    -- events that give names only are met by the name
    case
        when by_id.campaign_id is null and restated.is_name_in_events then restated.campaign_name
        else restated.billed_campaign_id
    end as campaign_id,
    restated.campaign_name,
    restated.ad_id,
    restated.spend,
    restated.is_restated,
    by_id.campaign_id is not null or restated.is_name_in_events as is_campaign_in_events,
    restated._source_file,
    restated._source_line,
    restated._load_id

from restated

left join campaigns_of_events as by_id
    on restated.ad_platform = by_id.ad_platform
    and restated.billed_campaign_id = by_id.campaign_id
