{#
    Quantile of Student's t from that of the normal distribution (Cornish and Fisher's expansion,
    Abramowitz and Stegun 26.7.5): at most 5e-5 off from 7 degrees of freedom on, 3e-6 from 13 on.
    Only products and quotients, so that both engines give the same digits.
    z: the normal quantile; df: SQL for the degrees of freedom.
#}
{% macro student_t(z, df) -%}
    {%- set terms = [
        (z ** 3 + z) / 4,
        (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
        (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
        (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
    ] -%}
    {%- set n = 'cast(' ~ df ~ ' as double)' -%}
    ({{ z }}e0
    {%- for term in terms %} + {{ term }}e0{% for _ in range(loop.index) %} / {{ n }}{% endfor %}{% endfor %})
{%- endmacro %}

{#
    95 % and 90 % confidence limits of an amount: four columns, NULL when the standard error is. Not below 0, unless the amount is.
    amount: the sum; standard_error: its standard error; df: degrees of freedom.
#}
{% macro student_t_limits(amount, standard_error, df) -%}
    {%- for name, z, sign in [
        ('low', 1.959963984540054, '-'), ('high', 1.959963984540054, '+'),
        ('low_90', 1.644853626951473, '-'), ('high_90', 1.644853626951473, '+')
    ] -%}
    case
        when {{ standard_error }} is not null
            then greatest(
                round(cast({{ amount }} as double) {{ sign }} {{ student_t(z, df) }} * {{ standard_error }}, 6),
                least(cast({{ amount }} as double), 0e0)
            )
    end as {{ amount }}_{{ name }}{{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}
