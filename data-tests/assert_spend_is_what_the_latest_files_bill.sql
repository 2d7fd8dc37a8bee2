-- Without it a bill can count twice or get lost between the files and the facts.
with bills as (

    select
        ad_platform,
        sum(spend) as staged,
        sum(case when is_restated then spend else 0 end) as restated

    from {{ ref('int_ad_spend_billed') }}

    group by ad_platform

),

totals as (

    select ad_platform, sum(spend) as repeated_by_total

    from {{ ref('int_ad_spend_deduplicated') }}

    where is_total

    group by ad_platform

),

found as (

    select ad_platform, sum(spend) as spend

    from {{ ref('fct_ad_spend') }}

    group by ad_platform

),

staged as (

    select ad_platform, sum(spend) as spend

    from {{ ref('stg_ad_spend') }}

    where reject_reason is null

    group by ad_platform

),

-- of days without a bill
reported as (

    select ad_platform, sum(spend) as spend

    from {{ ref('int_spend_reported') }}

    where not is_billed

    group by ad_platform

)

select
    ad_platform,
    staged.spend as billed,
    bills.restated,
    totals.repeated_by_total,
    reported.spend as reported,
    found.spend

from staged

full outer join bills using (ad_platform)

full outer join totals using (ad_platform)

full outer join reported using (ad_platform)

full outer join found using (ad_platform)

where
    coalesce(staged.spend, 0) + coalesce(reported.spend, 0)
    <> coalesce(bills.restated, 0)
    + coalesce(totals.repeated_by_total, 0)
    + coalesce(found.spend, 0)
    -- without a bill, spend comes from interactions or is simulated
    and exists (select 1 from {{ ref('int_ad_spend_billed') }})
