{%- set alike = [
    'ad_platform', 'grain', 'is_in_totals', 'period_start', 'period_end', 'campaign_id', 'device_type',
    'publisher', 'country', 'age_band', 'gender', 'attribution_setting'
] | join(', ') %}
{%- set places = "length(grain) - length(replace(grain, ' x ', ''))" %}

with reports as (

    select
        {{ alike }},
        coalesce(account_id, campaign_id) as scope,
        max(campaign_name) as campaign_name,
        sum(spend) as spend,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        sum(reported_conversions) as reported_conversions,
        sum(reported_revenue) as reported_revenue

    from {{ ref('fct_ad_reports') }}

    group by {{ alike }}, coalesce(account_id, campaign_id)

),

breakdowns as (

    select 'platform' as breakdown, reports.* from reports where reports.is_in_totals

    union all

    select 'campaign' as breakdown, reports.* from reports where reports.is_in_totals

    {%- for breakdown in ['device', 'publisher', 'country'] %}

    union all

    select '{{ breakdown }}' as breakdown, reports.*

    from reports

    where reports.grain like '% x {{ breakdown }}%'
    {%- endfor %}

    union all

    select 'audience' as breakdown, reports.*

    from reports

    where reports.grain like '% x age%' or reports.grain like '% x gender%'

),

-- of several exports with one breakdown the one that tells most of the money
grains as (

    select
        breakdown,
        ad_platform,
        scope,
        grain,
        row_number() over (
            partition by breakdown, ad_platform, scope
            order by
                case when grain like '% x age%' and grain like '% x gender%' then 0 else 1 end,
                coalesce(sum(spend), 0) desc,
                {{ places }},
                grain
        ) as choice

    from breakdowns

    group by breakdown, ad_platform, scope, grain

)

select
    breakdowns.*,
    case
        when breakdowns.breakdown = 'device' then coalesce(breakdowns.device_type, 'unknown')
    end as device_name,
    case
        when breakdowns.breakdown = 'audience' and breakdowns.grain like '% x age%'
            then coalesce(breakdowns.age_band, 'unknown')
        when breakdowns.breakdown = 'audience' then 'all'
    end as age_cell,
    case
        when breakdowns.breakdown = 'audience' and breakdowns.grain like '% x gender%'
            then coalesce(breakdowns.gender, 'unknown')
        when breakdowns.breakdown = 'audience' then 'all'
    end as gender_cell,
    case
        when breakdowns.breakdown = 'publisher' then coalesce(breakdowns.publisher, 'unknown')
    end as publisher_name,
    case
        when breakdowns.breakdown = 'country' then coalesce(breakdowns.country, 'unknown')
    end as country_name,
    case when breakdowns.breakdown = 'campaign' then breakdowns.campaign_id end as campaign

from breakdowns

inner join grains
    on breakdowns.breakdown = grains.breakdown
    and breakdowns.ad_platform = grains.ad_platform
    and breakdowns.scope = grains.scope
    and breakdowns.grain = grains.grain

-- totals may have another grain each day
where grains.choice = 1 or breakdowns.breakdown in ('platform', 'campaign')
