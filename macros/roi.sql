{#
    What a set of users returned, for the standard error of its sum: spend is fixed, revenue is a sum
    over all n users of the project, those without any counting as 0.
    se^2 = n / (n - 1) * sum((r - mean r)^2) = (n * sum(r^2) - sum(r)^2) / (n - 1)
#}
{% macro revenue_standard_error(revenue, revenue_squared, users) -%}
    sqrt(
        (cast({{ users }} as double) * cast({{ revenue_squared }} as double)
            - cast({{ revenue }} as double) * cast({{ revenue }} as double))
        / nullif(cast({{ users }} as double) - 1e0, 0e0)
    )
{%- endmacro %}

{# pays_back or loses only where the whole interval says so, and never of few users or drawn money. #}
{% macro verdict(low, high, converting_users, is_simulated) -%}
    case
        when {{ is_simulated }} or {{ converting_users }} < 10 then 'cannot_tell'
        when {{ low }} > 0e0 then 'pays_back'
        when {{ high }} < 0e0 then 'loses'
        else 'cannot_tell'
    end
{%- endmacro %}

{# The measures of a ROI report, from the sums of int_returns. #}
{% macro roi_measures() -%}
    {%- set return_low = '(cast(revenue as double) - 1.959963984540054e0 * revenue_standard_error)' -%}
    {%- set return_high = '(cast(revenue as double) + 1.959963984540054e0 * revenue_standard_error)' -%}
    {%- set low = safe_divide(return_low ~ ' - cast(spend as double)', 'spend') -%}
    {%- set high = safe_divide(return_high ~ ' - cast(spend as double)', 'spend') -%}
    spend,
    revenue,
    conversions,
    converting_users,
    {{ safe_divide('revenue - spend', 'spend') }} as roi,
    {{ low }} as roi_low,
    {{ high }} as roi_high,
    {{ safe_divide('revenue', 'spend') }} as roas,
    {{ safe_divide('spend', 'conversions') }} as cpa,
    {{ verdict(low, high, 'converting_users', 'is_simulated') }} as verdict,
    is_simulated
{%- endmacro %}
