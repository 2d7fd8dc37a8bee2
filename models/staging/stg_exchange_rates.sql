{%- set tables = ['ad_spend', 'ad_reports', 'orders', 'web_events'] %}

with landed as (

    {%- for table in tables %}

    select {{ loop.index }} as place, currency, count(*) as landed_rows
    from {{ raw(table) }}
    group by currency
    {{- '\n\n    union all' if not loop.last }}
    {%- endfor %}

),

told as (

    select
        landed.place,
        upper({{ null_if_word('landed.currency') }}) as currency,
        sum(landed.landed_rows) as landed_rows

    from landed

    group by landed.place, upper({{ null_if_word('landed.currency') }})

),

rated as (

    select told.place, told.currency, told.landed_rows, rates.rate

    from told

    left join {{ ref('exchange_rates') }} as rates on told.currency = upper(rates.currency)

    where told.currency is not null

),

-- several of them without a rate stop the run (a hook of the staged tables)
project as (

    select coalesce(
        upper(nullif('{{ var("currency") }}', '')),
        (
            select currency
            from rated
            where rate is null
            order by place, landed_rows desc, currency
            limit 1
        )
    ) as currency

)

select
    rated.currency,
    coalesce(max(project.currency) = rated.currency, false) as is_project_currency,
    case
        when max(project.currency) = rated.currency then cast(1 as decimal(18, 8))
        else max(rated.rate)
    end as rate

from rated

cross join project

group by rated.currency
