{#
    Wilson's confidence limits of a rate (Wilson 1927), 95 % unless another z is given. NULL without
    trials, and when there are more successes than trials. The same formula stands twice in
    python/social_roi/report/audience.py: for an answer, and as Vega for the page.
    design_effect: a column; that many trials say as much as one independent trial.
#}
{% macro wilson(successes, trials, side, design_effect=none, z=1.959963984540054) -%}
    {%- set n = 'nullif(cast(' ~ trials ~ ' as double), 0e0)' -%}
    {%- set p = '(cast(' ~ successes ~ ' as double) / ' ~ n ~ ')' -%}
    {%- set n = '(' ~ n ~ ' / ' ~ design_effect ~ ')' if design_effect else n -%}
    {%- set certain, limit = (0, '0e0') if side == 'low' else (trials, '1e0') -%}
    case
        -- exact, where rounding would put the formula off by a last bit
        when
            {{ trials }} > 0 and {{ successes }} = {{ certain }}
            {%- if design_effect %} and {{ design_effect }} is not null{% endif %} then {{ limit }}
        when {{ successes }} <= {{ trials }} then (
            {{ p }} + {{ z ** 2 / 2 }}e0 / {{ n }}
            {{ '-' if side == 'low' else '+' }} {{ z }}e0
            * sqrt({{ p }} * (1e0 - {{ p }}) / {{ n }} + {{ z ** 2 / 4 }}e0 / {{ n }} / {{ n }})
        ) / (1e0 + {{ z ** 2 }}e0 / {{ n }})
    end
{%- endmacro %}

{#
    A rate with its 95 % confidence interval: three columns; with a design effect, that column of
    the same name too.
#}
{% macro rate(name, successes, trials, design_effect=none) -%}
    {{ safe_divide(successes, trials) }} as {{ name }},
    {{ wilson(successes, trials, 'low', design_effect) }} as {{ name }}_low,
    {{ wilson(successes, trials, 'high', design_effect) }} as {{ name }}_high
    {%- if design_effect %},
    {{ design_effect }} as {{ name }}_design_effect
    {%- endif %}
{%- endmacro %}

{#
    The same where the rows are days or weeks, since reports know no users: what the days differ by
    holds the users' likeness, too. Few days tell little of it, so times (t / z)^2 with Student's t;
    NULL of one day or period alone, and where no day tells successes.
#}
{% macro design_effect_of_days(successes, trials) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set days = 'count(case when ' ~ trials ~ ' + ' ~ successes ~ ' > 0 then 1 end)' -%}
    {%- set t = student_t(z, 'nullif(greatest(' ~ days ~ ' - 1, 0), 0)') -%}
    round(
        {{ design_effect(successes, trials) }} * {{ t }} * {{ t }} / {{ z ** 2 }}e0, 9
    )
{%- endmacro %}

{#
    Design effect of a rate p = sum(successes) / sum(trials) over rows of one user each (Kish 1965;
    ratio estimator, Cochran 1977, section 2.11): its variance over users, n / (n - 1) x
    sum((successes - p x trials)^2) / sum(trials), over that of independent trials, p x (1 - p).
    At least 1, also where p is 0 or 1. One user alone is one trial.
#}
{% macro design_effect(successes, trials) -%}
    {%- set y = 'cast(' ~ successes ~ ' as double)' -%}
    {%- set x = 'cast(' ~ trials ~ ' as double)' -%}
    {%- set n = 'count(case when ' ~ trials ~ ' + ' ~ successes ~ ' > 0 then 1 end)' -%}
    {%- set p = 'sum(' ~ y ~ ') / nullif(sum(' ~ x ~ '), 0e0)' -%}
    case
        when {{ n }} = 1 then greatest(sum({{ x }}), 1e0)
        else round(greatest(coalesce(
            cast({{ n }} as double) / nullif(cast({{ n }} as double) - 1e0, 0e0)
            * (
                sum({{ y }} * {{ y }}) - 2e0 * {{ p }} * sum({{ x }} * {{ y }})
                + {{ p }} * {{ p }} * sum({{ x }} * {{ x }})
            )
            / nullif(greatest(sum({{ y }}) * (1e0 - {{ p }}), 0e0), 0e0),
            1e0
        ), 1e0), 9)
    end
{%- endmacro %}
