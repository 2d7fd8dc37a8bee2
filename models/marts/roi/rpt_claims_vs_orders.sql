{%- set models = rule_models() + ['markov_path', 'platform_rule'] %}
{%- set sold_share = safe_divide('coalesce(sold.revenue, 0)', 'summed.claimed_revenue') %}

with days as (

    select * from {{ ref('int_claim_days') }}

),

sales as (

    select
        conversions.conversion_id,
        cast(date_trunc('week', conversions.converted_at) as date) as week_start,
        -- platforms claim what was bought, whether or not it was paid back
        conversions.revenue + coalesce(conversions.refunded, 0) as revenue

    from {{ ref('fct_conversions') }} as conversions

    inner join days
        on cast(conversions.converted_at as date) between days.first_day and days.last_day

    where not conversions.is_order_approximate and not conversions.is_revenue_simulated

),

sold as (

    select
        week_start,
        count(*) as conversions,
        sum(revenue) as revenue

    from sales

    group by
        -- the linter does not know them
        grouping sets (  -- noqa: LT02,PRS
            (week_start), ()
        )

),

by_week as (

    select
        cast(date_trunc('week', reports.period_start) as date) as week_start,
        reports.ad_platform,
        {%- for model in models %}
        cast(0 as decimal(18, 2)) as {{ model }},
        {%- endfor %}
        reports.reported_conversions as conversions,
        reports.reported_revenue as revenue

    from {{ ref('fct_ad_reports') }} as reports

    inner join days on reports.period_start between days.first_day and days.last_day

    where
        reports.is_in_totals
        and reports.period_start = reports.period_end
        and reports.reported_revenue is not null

    union all

    select
        sales.week_start,
        coalesce(sellers.seller, credits.ad_platform) as ad_platform,
        {%- for model in models %}
        case credits.attribution_model when '{{ model }}' then credits.credited_revenue end
            as {{ model }},
        {%- endfor %}
        cast(0 as decimal(18, 4)) as conversions,
        cast(0 as decimal(18, 4)) as revenue

    from sales

    inner join {{ ref('fct_attribution_credits') }} as credits
        on sales.conversion_id = credits.conversion_id

    left join {{ ref('platform_sellers') }} as sellers
        on credits.ad_platform = sellers.ad_platform

    where credits.ad_platform <> 'unattributed'

),

summed as (

    select
        week_start,
        coalesce(ad_platform, '(all)') as ad_platform,
        {%- for model in models %}
        cast(coalesce(sum({{ model }}), 0) as decimal(18, 2)) as {{ model }}_revenue,
        {%- endfor %}
        cast(sum(conversions) as decimal(18, 4)) as claimed_conversions,
        cast(sum(revenue) as decimal(18, 2)) as claimed_revenue

    from by_week

    group by
        -- the linter does not know them
        grouping sets (  -- noqa: LT02,PRS
            (week_start, ad_platform), (week_start), (ad_platform), ()
        )

)

select
    summed.week_start,
    summed.ad_platform,
    summed.claimed_conversions,
    summed.claimed_revenue,
    coalesce(sold.conversions, 0) as sold_conversions,
    cast(coalesce(sold.revenue, 0) as decimal(18, 2)) as sold_revenue,
    {%- for model in models %}
    summed.{{ model }}_revenue,
    {%- endfor %}
    case
        when summed.ad_platform = '(all)' and summed.claimed_revenue > 0
            then greatest(0e0, 1e0 - {{ sold_share }})
    end as claimed_twice_share,
    days.first_day as first_date,
    days.last_day as last_date

from summed

cross join days

left join sold
    on coalesce(summed.week_start, date '1970-01-01') = coalesce(sold.week_start, date '1970-01-01')

where summed.claimed_revenue is not null
