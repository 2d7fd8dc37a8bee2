with cells as (

    select
        breakdown,
        ad_platform,
        campaign as campaign_id,
        max(case when breakdown = 'campaign' then campaign_name end) as campaign_name,
        device_name as device_type,
        publisher_name as publisher,
        country_name as country,
        age_cell as age_band,
        gender_cell as gender,
        cast(sum(spend) as decimal(18, 4)) as spend,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(reported_conversions) as decimal(18, 4)) as reported_conversions,
        cast(sum(reported_revenue) as decimal(18, 2)) as reported_revenue,
        case
            when min(attribution_setting) = max(attribution_setting) then min(attribution_setting)
        end as attribution_setting,
        -- clicks do not lead to conversions that a view may have brought
        case
            when
                min(attribution_setting) = max(attribution_setting)
                and count(attribution_setting) = count(*)
                and lower(min(attribution_setting)) like '%-day click'
                then cast(sum(clicks) as bigint)
        end as clicks_without_views,
        min(period_start) as first_date,
        max(period_end) as last_date

    from {{ ref('int_ad_reports_broken_down') }}

    group by
        breakdown,
        ad_platform,
        campaign,
        device_name,
        publisher_name,
        country_name,
        age_cell,
        gender_cell

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
    {{ rate('ctr', 'cells.clicks', 'cells.impressions') }},
    {{ rate('cvr', 'cells.reported_conversions', 'cells.clicks_without_views') }},
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
