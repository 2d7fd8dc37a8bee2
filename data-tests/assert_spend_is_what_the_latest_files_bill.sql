-- Without it a restated bill counts twice, or several lines of one bill for the same ad count once.
with bills as (

    select
        *,
        cast(loaded_at as varchar) || '|' || _source_file as version

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null and spend is not null

),

latest as (

    select
        spend_date,
        ad_platform,
        campaign_id,
        ad_id,
        max(version) as version

    from bills

    group by spend_date, ad_platform, campaign_id, ad_id

),

expected as (

    select
        bills.ad_platform,
        sum(bills.spend) as spend

    from bills

    inner join latest
        on bills.spend_date = latest.spend_date
        and bills.ad_platform = latest.ad_platform
        and bills.campaign_id = latest.campaign_id
        and bills.ad_id = latest.ad_id
        and bills.version = latest.version

    group by bills.ad_platform

    union all

    -- a report of days without a bill
    select ad_platform, sum(spend) as spend

    from {{ ref('int_spend_reported') }}

    group by ad_platform

),

expected_by_platform as (

    select ad_platform, sum(spend) as spend from expected group by ad_platform

),

found as (

    select
        ad_platform,
        sum(spend) as spend

    from {{ ref('fct_ad_spend') }}

    group by ad_platform

)

select
    ad_platform,
    expected_by_platform.spend as billed,
    found.spend

from expected_by_platform

full outer join found using (ad_platform)

where
    coalesce(expected_by_platform.spend, 0) <> coalesce(found.spend, 0)
    -- without a bill, spend comes from interactions or is simulated
    and exists (select 1 from bills)
