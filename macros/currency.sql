{# What one unit of a row's currency is worth in the project's: NULL without a rate. #}
{% macro exchange_rate(rows) -%}
    case
        when {{ rows }}.currency is null then cast(1 as decimal(18, 8))
        else exchange_rates.rate
    end
{%- endmacro %}

{# An amount of a row in the project's currency. Most rows are in it: theirs is not multiplied,
   which takes more than to read it. Widened first: DuckDB multiplies short decimals in 18 digits,
   which a million overflows. #}
{% macro in_project_currency(amount, rows, scale=4) -%}
    case
        when {{ rows }}.currency is null or exchange_rates.is_project_currency
            then cast({{ amount }} as decimal(18, {{ scale }}))
        else cast(
            cast({{ amount }} as decimal(38, 4)) * exchange_rates.rate as decimal(18, {{ scale }})
        )
    end
{%- endmacro %}
