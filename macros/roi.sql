{#
    Standard error of a revenue that is a sum over all n users of the project; users without revenue
    count as 0.
    se^2 = n / (n - 1) * sum((r - mean r)^2) = (n * sum(r^2) - sum(r)^2) / (n - 1). When all revenues
    are equal, rounding can make it negative, hence greatest(..., 0).
#}
{% macro revenue_standard_error(revenue, revenue_squared, users) -%}
    sqrt(
        greatest(
            cast({{ users }} as double) * cast({{ revenue_squared }} as double)
            - cast({{ revenue }} as double) * cast({{ revenue }} as double),
            0e0
        )
        / nullif(cast({{ users }} as double) - 1e0, 0e0)
    )
{%- endmacro %}

{# 95 % and 90 % confidence limits of an estimate by the normal approximation: four columns. #}
{% macro normal_limits(estimate, standard_error) -%}
    {%- for limit, z in [
        ('low', '-1.959963984540054e0'), ('high', '1.959963984540054e0'),
        ('low_90', '-1.644853626951473e0'), ('high_90', '1.644853626951473e0')
    ] -%}
    cast({{ estimate }} as double) + {{ z }} * {{ standard_error }} as {{ estimate }}_{{ limit }}
        {%- if not loop.last %},
    {% endif %}
    {%- endfor -%}
{%- endmacro %}

{# pays_back or loses only when the whole confidence interval is on one side of 0; never with few
   users or simulated money. #}
{% macro verdict(low, high, converting_users, is_simulated) -%}
    case
        when {{ is_simulated }} or {{ converting_users }} < 10 then 'cannot_tell'
        when {{ low }} > 0e0 then 'pays_back'
        when {{ high }} < 0e0 then 'loses'
        else 'cannot_tell'
    end
{%- endmacro %}

{# Cost per conversion. NULL without spend: a cost that no bill tells is not 0. #}
{% macro cpa(spend='spend', conversions='conversions') -%}
    {{ safe_divide('nullif(' ~ spend ~ ', 0)', conversions) }}
{%- endmacro %}

{# Return on investment: (revenue - spend) / spend. #}
{% macro roi(revenue, spend='spend') -%}
    {{ safe_divide('cast(' ~ revenue ~ ' as double) - cast(' ~ spend ~ ' as double)', spend) }}
{%- endmacro %}
