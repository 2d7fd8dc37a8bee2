{# Quality gates: hooks that stop the run when its figures would be wrong, and say what to do. #}

{# A text from the data for a message: letters, digits and ASCII; an escape sequence would command the
   terminal. #}
{% macro printable(text) -%}
    {{ return(modules.re.sub('[^ -~\\w]', '?', text | string)) }}
{%- endmacro %}

{#
    Post-hook of a staging model with money: every currency needs an exchange rate. Without one the run
    would add dollars to euros.
#}
{% macro fail_on_missing_exchange_rate(raw_table) -%}
    {%- if execute -%}
        {%- set currencies = run_query(
            'select currency, max(case when exchange_rate is null then 1 else 0 end) from '
            ~ this ~ ' where reject_reason is null and currency is not null group by 1 order by 1'
        ).rows -%}
        {%- set without_rate = currencies | selectattr(1) | map(attribute=0) | join(', ') -%}
        {%- if without_rate -%}
            {{ exceptions.raise_compiler_error(
                raw_table ~ ' is in ' ~ printable(currencies | map(attribute=0) | join(', '))
                ~ ' and there is no exchange rate for ' ~ printable(without_rate)
                ~ ': add it to seeds/lookups/exchange_rates.csv, or name the project\'s own currency'
                ~ ' in dbt_project.yml (currency: ...)'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#
    Post-hook of int_simulation_flags, before any model adds up money: an amount of which the sum has
    more digits than decimal(18, scale) stops the run.
#}
{% macro fail_on_too_large_sum(model, amount, condition, scale) -%}
    {%- if execute -%}
        {%- set whole_digits = 18 - scale -%}
        {#- Athena's driver gives decimals as text; no row: 0 -#}
        {%- set total = run_query(
            'select sum(cast(' ~ amount ~ ' as decimal(38, ' ~ scale ~ '))) from '
            ~ ref(model) ~ ' where ' ~ condition
        ).columns[0].values()[0] | float -%}
        {%- if total >= 10 ** whole_digits -%}
            {{ exceptions.raise_compiler_error(
                'the ' ~ amount ~ ' of all rows adds up to ' ~ '{:,.0f}'.format(total)
                ~ ', and sums must have at most ' ~ whole_digits
                ~ ' digits before the point: give the amounts in a larger unit, such as thousands'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#
    Post-hook of the model that rejects a raw table's rows last: at most the share
    `max_rejected_share` may be rejected. conversions: that model, if int_conversions_deduplicated.
#}
{% macro fail_on_rejected_share(raw_table, conversions=none) -%}
    {%- if execute -%}
        {%- set staged = ref('stg_' ~ raw_table) if conversions else this -%}
        {%- set rows = run_query('select count(*) from ' ~ staged).columns[0].values()[0] -%}
        {%- set rejected = run_query(
            'select count(*), reason, min(_source_file), min_by(_source_line, _source_file) from ('
            ~ unusable_rows(raw_table, staged, conversions) ~ ') as rejects group by reason'
        ).rows | sort(attribute=1) | sort(attribute=0, reverse=true) -%}
        {%- set rows_rejected = rejected | sum(attribute=0) -%}
        {%- set allowed = rows * var('max_rejected_share') -%}
        {#- exports that overlap hold the same rows: nothing is lost when these count once -#}
        {%- set rows_held_twice = run_query(rows_held_twice(raw_table)).columns[0].values()[0]
            if conversions and rows_rejected > allowed else 0 -%}
        {%- if rows_rejected - rows_held_twice > allowed -%}
            {%- set named = [] -%}
            {%- for reason in rejected -%}
                {%- do named.append(
                    reason[1] ~ ' (' ~ reason[0] ~ ' rows, such as ' ~ printable(reason[2]) ~ ':' ~ reason[3] ~ ')'
                ) -%}
            {%- endfor -%}
            {{ exceptions.raise_compiler_error(
                (rows_rejected - rows_held_twice) ~ ' of ' ~ rows ~ ' rows of ' ~ raw_table
                ~ ' cannot be used'
                ~ (' (beside ' ~ rows_held_twice ~ ' that another file holds, too)' if rows_held_twice else '')
                ~ ', a larger share than max_rejected_share = '
                ~ var('max_rejected_share') ~ '. Reasons: ' ~ named | join('; ')
                ~ '. Correct the files, or allow more: social-roi --max-rejected-share, or'
                ~ ' max_rejected_share in dbt_project.yml'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
