with claimed as (

    select
        min(period_start) as first_day,
        max(period_start) as last_day

    from {{ ref('fct_ad_reports') }}

    where is_in_totals and period_start = period_end and reported_revenue is not null

),

sold as (

    select
        cast(min(converted_at) as date) as first_day,
        cast(max(converted_at) as date) as last_day

    from {{ ref('fct_conversions') }}

    -- a list of leads sells nothing that a claimed value could be held against
    where revenue is not null and not is_order_approximate and not is_revenue_simulated

)

select
    greatest(claimed.first_day, sold.first_day) as first_day,
    least(claimed.last_day, sold.last_day) as last_day

from claimed

cross join sold

where claimed.first_day is not null and sold.first_day is not null
