{%- set grain_order = [
    'has_spend desc',
    "length(grain) - length(replace(grain, ' x ', ''))",
    "case split_part(grain, ' x ', 2) when 'campaign' then 1 when 'account' then 2 when 'ad group' then 3 else 4 end",
    'grain',
] | join(', ') %}
{%- set day = 'ad_platform, account_key, period' %}

with reports as (

    select * from {{ ref('int_ad_reports_restated') }} where not is_replaced

),

with_spend as (

    select
        *,
        max(case when spend is not null then 1 else 0 end) over (
            partition by {{ day }}, scope, grain
        ) as has_spend

    from reports

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

overlapped as (

    select * from {{ ref('int_ad_reports_overlapped') }}

)

select
    judged.period_start,
    judged.period_end,
    judged.ad_platform,
    judged.publisher,
    judged.known_account as account_id,
    judged.account_name,
    coalesce(judged.campaign_key, 'unknown') as campaign_id,
    judged.campaign_name,
    judged.ad_group_id,
    judged.ad_group_name,
    judged.ad_id,
    judged.ad_name,
    judged.device_type,
    judged.age_band,
    judged.gender,
    judged.country,
    judged.placement,
    judged.grain,
    judged.currency,
    judged.spend,
    judged.impressions,
    judged.clicks,
    judged.clicks_all,
    judged.reach,
    judged.reported_conversions,
    judged.reported_revenue,
    judged.reported_leads,
    judged.conversion_kind,
    judged.attribution_setting,
    judged.report_zone,
    judged.is_chosen_grain
    and (judged.campaign_key is not null or judged.has_campaigns = 0)
    and overlapped.ad_platform is null as is_in_totals,
    judged._source_file,
    judged._source_line

from judged

left join overlapped
    on judged.ad_platform = overlapped.ad_platform
    and judged.account_key = overlapped.account_key
    and judged.scope = overlapped.scope
    and judged.period = overlapped.period
