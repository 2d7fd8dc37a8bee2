{#
    Wilson's 95 % confidence limits of a rate (Wilson 1927). NULL without trials, and when there are
    more successes than trials (conversions without clicks). The same formula stands twice in
    python/social_roi/report/audience.py: for an answer, and as Vega for the page.
#}
{% macro wilson(successes, trials, side) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set n = 'nullif(cast(' ~ trials ~ ' as double), 0e0)' -%}
    {%- set certain, limit = (0, '0e0') if side == 'low' else (trials, '1e0') -%}
    {%- set p = '(cast(' ~ successes ~ ' as double) / ' ~ n ~ ')' -%}
    case
        -- exact, where rounding would put the formula off by a last bit
        when {{ trials }} > 0 and {{ successes }} = {{ certain }} then {{ limit }}
        when {{ successes }} <= {{ trials }} then (
            {{ p }} + {{ z ** 2 / 2 }}e0 / {{ n }}
            {{ '-' if side == 'low' else '+' }} {{ z }}e0
            * sqrt({{ p }} * (1e0 - {{ p }}) / {{ n }} + {{ z ** 2 / 4 }}e0 / {{ n }} / {{ n }})
        ) / (1e0 + {{ z ** 2 }}e0 / {{ n }})
    end
{%- endmacro %}

{# A rate with its 95 % confidence interval: three columns. #}
{% macro rate(name, successes, trials) -%}
    {{ safe_divide(successes, trials) }} as {{ name }},
    {{ wilson(successes, trials, 'low') }} as {{ name }}_low,
    {{ wilson(successes, trials, 'high') }} as {{ name }}_high
{%- endmacro %}
