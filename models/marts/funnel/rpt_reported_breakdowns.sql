{%- set keys = [
    'breakdown', 'ad_platform', 'campaign_id', 'device_type', 'publisher', 'country', 'age_band',
    'gender'
] | join(', ') %}
{%- set cell = [
    'breakdown', 'ad_platform', 'campaign', 'device_name', 'publisher_name', 'country_name',
    'age_cell', 'gender_cell'
] | join(', ') %}

with by_period as (

    select
        breakdown,
        ad_platform,
        campaign as campaign_id,
        device_name as device_type,
        publisher_name as publisher,
        country_name as country,
        age_cell as age_band,
        gender_cell as gender,
        max(case when breakdown = 'campaign' then campaign_name end) as campaign_name,
        sum(spend) as spend,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        sum(reported_conversions) as reported_conversions,
        sum(reported_revenue) as reported_revenue,
        min(attribution_setting) as first_setting,
        max(attribution_setting) as last_setting,
        count(attribution_setting) = count(*) as has_setting,
        min(period_start) as first_date,
        max(period_end) as last_date

    from {{ ref('int_ad_reports_broken_down') }}

    group by {{ cell }}, period_start

),

cells as (

    select
        {{ keys }},
        max(campaign_name) as campaign_name,
        cast(sum(spend) as decimal(18, 4)) as spend,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(reported_conversions) as decimal(18, 4)) as reported_conversions,
        cast(sum(reported_revenue) as decimal(18, 2)) as reported_revenue,
        case when min(first_setting) = max(last_setting) then min(first_setting) end
            as attribution_setting,
        -- clicks do not lead to conversions that a view may have brought
        case
            when
                min(first_setting) = max(last_setting)
                and bool_and(has_setting)
                and lower(min(first_setting)) like '%-day click'
                then cast(sum(clicks) as bigint)
        end as clicks_without_views,
        {{ design_effect_of_days('clicks', 'impressions') }} as click_effect,
        {{ design_effect_of_days('reported_conversions', 'clicks') }} as conversion_effect,
        min(first_date) as first_date,
        max(last_date) as last_date

    from by_period

    group by {{ keys }}

),

-- what part of the platform's spend in these days the breakdown tells
periods as (

    select
        breakdown,
        ad_platform,
        sum(spend) as spend,
        coalesce(min(first_date), date '0001-01-01') as first_date,
        coalesce(max(last_date), date '9999-12-31') as last_date

    from cells

    group by breakdown, ad_platform

),

coverage as (

    select
        periods.breakdown,
        periods.ad_platform,
        {{ safe_divide('min(periods.spend)', 'sum(reports.spend)') }} as coverage

    from periods

    inner join {{ ref('fct_ad_reports') }} as reports
        on periods.ad_platform = reports.ad_platform
        and coalesce(reports.period_start, periods.first_date) >= periods.first_date
        and coalesce(reports.period_end, periods.last_date) <= periods.last_date

    where reports.is_in_totals

    group by periods.breakdown, periods.ad_platform

)

select
    cells.breakdown,
    cells.ad_platform,
    cells.campaign_id,
    cells.campaign_name,
    cells.device_type,
    cells.publisher,
    cells.country,
    cells.age_band,
    cells.gender,
    cells.spend,
    cells.impressions,
    cells.clicks,
    cells.reported_conversions,
    cells.reported_revenue,
    {{ rate('ctr', 'cells.clicks', 'cells.impressions', 'cells.click_effect') }},
    {{ rate(
        'cvr', 'cells.reported_conversions', 'cells.clicks_without_views', 'cells.conversion_effect'
    ) }},
    1000e0 * {{ safe_divide('cells.reported_conversions', 'cells.impressions') }}
        as conversions_per_thousand,
    {{ safe_divide('cells.spend', 'cells.reported_conversions') }} as cost_per_conversion,
    cells.attribution_setting,
    coverage.coverage,
    cells.first_date,
    cells.last_date

from cells

left join coverage
    on cells.breakdown = coverage.breakdown and cells.ad_platform = coverage.ad_platform
