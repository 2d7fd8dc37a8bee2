{%- set grain_order = [
    'has_spend desc',
    "length(grain) - length(replace(grain, ' x ', ''))",
    "case split_part(grain, ' x ', 2) when 'campaign' then 1 when 'account' then 2 when 'ad group' then 3 else 4 end",
    'grain',
] | join(', ') %}
{%- set day = 'ad_platform, account_key, period' %}

with with_spend as (

    select
        *,
        max(case when spend is not null then 1 else 0 end) over (
            partition by {{ day }}, scope, grain
        ) as has_spend

    from {{ ref('int_ad_reports_restated') }}

    where not is_replaced

),

-- of the grains that tell the same day, the coarsest that has money
judged as (

    select
        *,
        grain = first_value(grain) over (
            partition by {{ day }}, scope order by {{ grain_order }}
        ) as is_chosen_grain,
        max(case when campaign_key is not null then has_spend else 0 end) over (
            partition by {{ day }}
        ) as has_campaigns

    from with_spend

),

totalled as (

    select
        judged.*,
        overlapped.ad_platform is not null as is_told_better,
        judged.is_chosen_grain
        and (judged.campaign_key is not null or judged.has_campaigns = 0)
        and overlapped.ad_platform is null as is_in_totals

    from judged

    left join {{ ref('int_ad_reports_overlapped') }} as overlapped
        on judged.ad_platform = overlapped.ad_platform
        and judged.account_key = overlapped.account_key
        and judged.scope = overlapped.scope
        and judged.period = overlapped.period

)

select
    *,
    not is_told_better
    and campaign_key is not null
    and max(case when is_in_totals then 1 else 0 end) over (
        partition by {{ day }}, campaign_key
    ) = 0 as is_campaign_missing

from totalled
