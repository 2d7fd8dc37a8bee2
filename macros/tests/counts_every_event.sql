{#
    A report holds every touch and conversion once: for each value of `by` its sums are those of
    fct_customer_journey and fct_conversions, where a conversion counts at its last click. Each row
    that is returned shows by how much a sum is off (facts less report).
    by: `ad_platform`, `device_type`, or none to compare the totals.
    may_be_empty: before the first solve on Athena a report of segments has no rows.
#}
{% test counts_every_event(model, by=none, has_revenue=false, may_be_empty=false) %}
{%- set group, revenue = by or "'all'", 'coalesce(revenue, 0)' if has_revenue else '0' %}

with events as (

    select {{ group }} as counted_by, impressions, clicks, 0 as conversions, 0 as revenue

    from {{ ref('fct_customer_journey') }}

    union all

    select {{ 'coalesce(last_click_' ~ by ~ ', ' ~ by ~ ')' if by else group }}, 0, 0, 1, {{ revenue }}

    from {{ ref('fct_conversions') }}

    union all

    select {{ group }}, -impressions, -clicks, -conversions, -{{ revenue }}

    from {{ model }}

)

select
    counted_by,
    sum(impressions) as impressions,
    sum(clicks) as clicks,
    sum(conversions) as conversions,
    sum(revenue) as revenue

from events
{%- if may_be_empty %}

where (select count(*) from {{ model }}) > 0
{%- endif %}

group by counted_by

having sum(impressions) <> 0 or sum(clicks) <> 0 or sum(conversions) <> 0 or sum(revenue) <> 0
{% endtest %}
