{%- set models = rule_models() + ['markov_path', 'platform_rule'] %}

with claims as (

    select
        period_start as claimed_on,
        ad_platform,
        sum(reported_conversions) as conversions,
        sum(reported_revenue) as revenue

    from {{ ref('fct_ad_reports') }}

    where is_in_totals and period_start = period_end and reported_revenue is not null

    group by period_start, ad_platform

),

sales as (

    select
        conversion_id,
        cast(converted_at as date) as sold_on,
        cast(date_trunc('week', converted_at) as date) as week_start,
        -- platforms claim what was bought, whether or not it was paid back
        revenue + coalesce(refunded, 0) as revenue

    from {{ ref('fct_conversions') }}

    where not is_order_approximate and not is_revenue_simulated

),

days as (

    select * from {{ ref('int_claim_days') }}

),

sold as (

    select
        sales.week_start,
        count(*) as conversions,
        sum(sales.revenue) as revenue

    from sales

    inner join days on sales.sold_on between days.first_day and days.last_day

    group by grouping sets ((sales.week_start), ())  -- noqa: LT02,PRS

),

by_week as (

    select
        cast(date_trunc('week', claims.claimed_on) as date) as week_start,
        claims.ad_platform,
        claims.conversions,
        claims.revenue,
        {%- for model in models %}
        cast(0 as decimal(18, 2)) as {{ model }}{{ ',' if not loop.last }}
        {%- endfor %}

    from claims

    inner join days on claims.claimed_on between days.first_day and days.last_day

    union all

    select
        sales.week_start,
        coalesce(sellers.seller, credits.ad_platform) as ad_platform,
        cast(0 as decimal(18, 4)) as conversions,
        cast(0 as decimal(18, 4)) as revenue,
        {%- for model in models %}
        case when credits.attribution_model = '{{ model }}' then credits.credited_revenue end
            as {{ model }}{{ ',' if not loop.last }}
        {%- endfor %}

    from sales

    inner join days on sales.sold_on between days.first_day and days.last_day

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
        cast(sum(conversions) as decimal(18, 4)) as claimed_conversions,
        cast(sum(revenue) as decimal(18, 2)) as claimed_revenue,
        {%- for model in models %}
        cast(coalesce(sum({{ model }}), 0) as decimal(18, 2))
            as {{ model }}_revenue{{ ',' if not loop.last }}
        {%- endfor %}

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
            then greatest(
                0e0, 1e0 - {{ safe_divide('coalesce(sold.revenue, 0)', 'summed.claimed_revenue') }}
            )
    end as claimed_twice_share,
    days.first_day as first_date,
    days.last_day as last_date

from summed

cross join days

left join sold
    on coalesce(summed.week_start, date '1970-01-01') = coalesce(sold.week_start, date '1970-01-01')

where summed.claimed_revenue is not null
