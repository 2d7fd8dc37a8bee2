-- Without it a weekday is taken for a date, and recency, durations and daily figures are invented.
with approximate as (

    select 'touch' as what, touched_at as happened_at

    from {{ ref('fct_customer_journey') }}

    where is_order_approximate

    union all

    select 'conversion' as what, converted_at as happened_at

    from {{ ref('fct_conversions') }}

    where is_order_approximate

    union all

    select 'spend' as what, cast(spend_date as timestamp) as happened_at

    from {{ ref('fct_ad_spend') }}

    where is_order_approximate

)

select *

from approximate

where
    happened_at < timestamp '1970-01-05 00:00:00'
    or happened_at >= timestamp '1970-01-12 00:00:00'
