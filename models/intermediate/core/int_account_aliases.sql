{#- accounts that share purchases, joined step by step: each step reaches one purchase further -#}
{%- set steps = 4 %}

with pairs as (

    select distinct purchases.account_key, orders.account_key as other_key

    from {{ ref('stg_web_events') }} as purchases

    inner join {{ ref('int_orders') }} as orders on purchases.order_key = orders.order_key

    where
        purchases.reject_reason is null
        and purchases.event_name = 'purchase'
        and not orders.is_guest
        and purchases.account_key <> orders.account_key

),

-- both ways, and each with itself
links as (

    select account_key, other_key from pairs

    union

    select other_key as account_key, account_key as other_key from pairs

    union

    select account_key, account_key as other_key from pairs

    union

    select other_key as account_key, other_key from pairs

),

step_0 as (

    select distinct account_key, account_key as person_key from links

),
{% for step in range(1, steps + 1) %}
step_{{ step }} as (

    select links.account_key, min(known.person_key) as person_key

    from links

    inner join step_{{ step - 1 }} as known on links.other_key = known.account_key

    group by links.account_key

),
{% endfor %}
aliases as (

    select * from step_{{ steps }}

)

select account_key, person_key from aliases where account_key <> person_key
