{#
    Sum of squared revenues per buyer that a credited revenue's confidence interval is based on: the
    row's own, or what its buyers would have at the spread of all the project's buyers, when that is
    more. A small sample that has not met its large orders has too low a revenue and too small a
    spread of its own. At most 8 times the relative spread of all buyers, so that cheap goods beside
    dear ones keep an interval of their own size.

    Columns needed: revenue, revenue_squared, converting_users (with the prefix `own`, if any), and
    the same of all buyers with the prefix all_.
#}
{% macro pooled_squares(own='') -%}
    {%- set mean_square = safe_divide('all_revenue_squared', 'all_converting_users') -%}
    {%- set relative = safe_divide('all_converting_users', own ~ 'converting_users') ~ ' * '
        ~ safe_divide('all_revenue_squared', 'all_revenue') ~ ' * '
        ~ safe_divide(own ~ 'revenue', 'all_revenue') ~ ' * cast(' ~ own ~ 'revenue as double)' -%}
    greatest(
        coalesce(cast({{ own }}revenue_squared as double), 0e0),
        coalesce(
            least(
                {{ mean_square }} * cast({{ own }}converting_users as double),
                8e0 * {{ relative }}
            ),
            0e0
        )
    )
{%- endmacro %}

{#
    The revenue that one more buyer could have brought: that of the row's largest buyer, or the root
    mean square of all buyers when that is more. Columns as for pooled_squares, and largest_revenue.
#}
{% macro one_more_buyer(own='') -%}
    greatest(
        coalesce(cast({{ own }}largest_revenue as double), 0e0),
        coalesce(sqrt({{ safe_divide('all_revenue_squared', 'all_converting_users') }}), 0e0)
    )
{%- endmacro %}

{#
    95 % and 90 % confidence limits of a revenue that is a sum over buyers: four columns. Gamma
    limits (Fay and Feuer 1997) with the quantile by Wilson and Hilferty (1931); the upper limit
    counts one more buyer. Never below 0 and never of zero width. NULL when nobody bought anything.

    squares: `pooled_squares`; one_more: `one_more_buyer`.
#}
{% macro gamma_limits(revenue, squares, one_more, prefix='revenue') -%}
    {%- set total = 'cast(' ~ revenue ~ ' as double)' -%}
    {%- set with_one_more = '(' ~ total ~ ' + ' ~ one_more ~ ')' -%}
    {%- set squares_with_one_more = '(' ~ squares ~ ' + ' ~ one_more ~ ' * ' ~ one_more ~ ')' -%}
    {%- for level, z in [('', '1.959963984540054e0'), ('_90', '1.644853626951473e0')] %}
    case
        when {{ one_more }} > 0e0 and {{ revenue }} is not null
            then round(coalesce({{ gamma_quantile(total, squares, '- ' ~ z, '0e0') }}, 0e0), 6)
    end as {{ prefix }}_low{{ level }},
    case
        when {{ one_more }} > 0e0 and {{ revenue }} is not null
            then round(
                {{ gamma_quantile(with_one_more, squares_with_one_more, '+ ' ~ z, '1e0') }}, 6
            )
    end as {{ prefix }}_high{{ level }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# total * (1 - 1 / (9 g) + z / (3 sqrt(g)))^3 with g = total^2 / squares, the effective buyers. The
   cube as products, since `power` differs in the last bit between engines. #}
{% macro gamma_quantile(total, squares, z, least_root) -%}
    {%- set effective = 'nullif(' ~ total ~ ' * ' ~ total ~ ' / nullif(' ~ squares
        ~ ', 0e0), 0e0)' -%}
    {%- set root = 'greatest(1e0 - 1e0 / (9e0 * ' ~ effective ~ ') ' ~ z ~ ' / (3e0 * sqrt('
        ~ effective ~ ')), ' ~ least_root ~ ')' -%}
    {{ total }} * {{ root }} * {{ root }} * {{ root }}
{%- endmacro %}

{# pays_back or loses only when the whole confidence interval is on one side of 0; neither with a
   reason not to judge, and no pays_back with few users. A platform's own count has words of its own. #}
{% macro verdict(low, high, converting_users, why_cannot_tell) -%}
    case
        when {{ why_cannot_tell }} is not null then 'cannot_tell'
        when attribution_model = 'platform_reported' and {{ low }} > 0e0 then 'claims_to_pay_back'
        when attribution_model = 'platform_reported' and {{ high }} < 0e0 then 'loses_by_own_count'
        when attribution_model = 'platform_reported' then 'cannot_tell'
        when {{ low }} > 0e0 and {{ converting_users }} >= 10 then 'pays_back'
        when {{ high }} < 0e0 then 'loses'
        else 'cannot_tell'
    end
{%- endmacro %}

{# Cost per conversion. NULL without spend: a cost that no bill tells is not 0. #}
{% macro cpa(spend='spend', conversions='conversions') -%}
    {{ safe_divide('nullif(' ~ spend ~ ', 0)', conversions) }}
{%- endmacro %}

{#
    Return on investment: (revenue * margin - spend) / spend. The variable `gross_margin` is the
    part of revenue that is left after the cost of goods.
#}
{% macro roi(revenue, spend='spend') -%}
    {{ safe_divide(margin_of(revenue) ~ ' - cast(' ~ spend ~ ' as double)', spend) }}
{%- endmacro %}

{# Revenue after the cost of goods. #}
{% macro margin_of(revenue) -%}
    {%- set margin = var('gross_margin') | float -%}
    {%- if not 0 < margin <= 1 -%}
        {{ exceptions.raise_compiler_error(
            'gross_margin: must be more than 0 and at most 1 (the part of revenue that is left'
            ~ ' after the cost of goods), not ' ~ var('gross_margin')
        ) }}
    {%- endif -%}
    {%- set revenue = 'cast(' ~ revenue ~ ' as double)' -%}
    {{ revenue if margin == 1 else revenue ~ ' * ' ~ margin ~ 'e0' }}
{%- endmacro %}

{# The figures of a row of `performance` (int_channel_performance) that depend on its spend. #}
{% macro return_columns() -%}
    {{ roi('performance.revenue', 'performance.spend') }} as roi,
    {{ roi('performance.revenue_low', 'performance.spend') }} as roi_low,
    {{ roi('performance.revenue_high', 'performance.spend') }} as roi_high,
    {{ safe_divide('performance.revenue', 'performance.spend') }} as roas,
    {{ cpa('performance.spend', 'performance.conversions') }} as cpa,
    {{ safe_divide('nullif(performance.spend, 0)', margin_of('performance.revenue')) }}
        as break_even_share,
    {{ verdict(
        roi('performance.revenue_low', 'performance.spend'),
        roi('performance.revenue_high', 'performance.spend'),
        'performance.converting_users', 'performance.why_cannot_tell'
    ) }} as verdict,
    performance.why_cannot_tell,
    performance.is_simulated,
    {{ roi('performance.revenue_low_90', 'performance.spend') }} as roi_low_90,
    {{ roi('performance.revenue_high_90', 'performance.spend') }} as roi_high_90
{%- endmacro %}

{# How far the attribution models agree on a verdict. key: the columns of a platform or campaign. What
   a platform reports about itself is no attribution model. #}
{% macro agreement_columns(key) -%}
    {%- set is_judged = "why_cannot_tell is null and attribution_model <> 'platform_reported'" -%}
    {%- set judged = 'case when ' ~ is_judged ~ ' then verdict end' -%}
    count({{ judged }}) over (partition by {{ key }}) as models_judged,
    case
        when {{ is_judged }}
            then count({{ judged }}) over (partition by {{ key }}, verdict)
    end as models_that_agree,
    min({{ judged }}) over (partition by {{ key }})
    <> max({{ judged }}) over (partition by {{ key }}) as verdict_depends_on_rule
{%- endmacro %}
