{#
    The project's currency, as a query of one row: the variable; else the currency without a rate on
    the bills, else on these rows. Several of them without a rate stop the run (a hook).
    rows: the relation with `currency` and `reject_reason`; first: staged models whose currency comes
    before, the first of them first.
#}
{% macro project_currency(rows, first=[]) -%}
    select
        coalesce(
            upper(nullif('{{ var("currency") }}', '')),
            {%- for staged in first %}
            (
                select min(earlier.currency)
                from {{ ref(staged) }} as earlier
                where
                    earlier.reject_reason is null
                    and earlier.currency not in (
                        select upper(rates.currency) from {{ ref('exchange_rates') }} as rates
                    )
            ),
            {%- endfor %}
            min(upper(unrated.currency))
        ) as currency

    from {{ rows }} as unrated

    left join {{ ref('exchange_rates') }} as known_rates
        on upper(unrated.currency) = upper(known_rates.currency)

    where unrated.reject_reason is null and known_rates.currency is null
{%- endmacro %}

{# What one unit of a row's currency is worth in the project's: NULL without a rate. #}
{% macro exchange_rate(rows) -%}
    case
        when {{ rows }}.currency is null or upper({{ rows }}.currency) = project_currency.currency
            then cast(1 as decimal(18, 8))
        else exchange_rates.rate
    end
{%- endmacro %}

{# An amount of a row in the project's currency. Most rows are in it: theirs is not multiplied,
   which takes more than to read it. Widened first: DuckDB multiplies short decimals in 18 digits,
   which a million overflows. #}
{% macro in_project_currency(amount, rows, scale=4) -%}
    case
        when {{ rows }}.currency is null or upper({{ rows }}.currency) = project_currency.currency
            then cast({{ amount }} as decimal(18, {{ scale }}))
        else cast(
            cast({{ amount }} as decimal(38, 4)) * exchange_rates.rate as decimal(18, {{ scale }})
        )
    end
{%- endmacro %}
