{%- set told_or_not = [
    'account_id', 'account_name', 'campaign_id', 'campaign_name', 'currency', 'grain'
] %}

select
    reports.period_start,
    reports.period_end,
    reports.ad_platform,
    reports.publisher,
    parts.known_account as account_id,
    reports.account_name,
    coalesce(campaigns.campaign_id, parts.campaign_key, 'unknown') as campaign_id,
    reports.campaign_name,
    reports.ad_group_id,
    reports.ad_group_name,
    reports.ad_id,
    reports.ad_name,
    reports.device_type,
    reports.age_band,
    reports.gender,
    reports.country,
    reports.placement,
    reports.grain,
    reports.currency,
    reports.spend,
    reports.impressions,
    reports.clicks,
    reports.clicks_all,
    reports.reach,
    reports.reported_conversions,
    reports.reported_revenue,
    reports.reported_leads,
    reports.conversion_kind,
    reports.attribution_setting,
    reports.report_zone,
    parts.is_in_totals,
    parts.is_told_better,
    parts.is_campaign_missing and coalesce(reports.spend, 0) > 0 as is_missing_in_totals,
    reports._source_file,
    reports._source_line,
    {{ load_id('reports.loaded_at') }} as _load_id

from {{ ref('stg_ad_reports') }} as reports

-- what is not told is no NULL here: an equality of texts can be joined by on both engines
inner join {{ ref('int_ad_reports_totalled') }} as parts
    on reports._source_file = parts._source_file
    and reports.ad_platform = parts.ad_platform
    and (reports.replaced_at is not null) = parts.is_superseded
    {%- for name in told_or_not %}
    and coalesce(reports.{{ name }}, '') = coalesce(parts.{{ name }}, '')
    {%- endfor %}
    {%- for name in ['period_start', 'period_end'] %}
    and coalesce(reports.{{ name }}, date '0001-01-01')
    = coalesce(parts.{{ name }}, date '0001-01-01')
    {%- endfor %}

-- as events call the campaign
left join {{ ref('int_report_campaigns') }} as campaigns
    on parts.ad_platform = campaigns.ad_platform and parts.campaign_key = campaigns.campaign_key

where reports.reject_reason is null
