with warnings as (

    select raw_table, _source_file, warning, name, warned_rows, amount

    from {{ ref('int_spend_warnings') }}

    union all

    select raw_table, _source_file, warning, name, 1 as warned_rows, amount

    from {{ ref('int_conversion_warnings') }}

    union all

    select raw_table, _source_file, warning, name, 1 as warned_rows, amount

    from {{ ref('int_repeat_warnings') }}

    union all

    select raw_table, _source_file, warning, name, warned_rows, amount

    from {{ ref('int_spend_told_twice') }}

    union all

    select raw_table, _source_file, warning, name, 1 as warned_rows, amount

    from {{ ref('int_visit_warnings') }}

),

by_name as (

    select
        raw_table,
        _source_file,
        warning,
        name,
        sum(warned_rows) as warned_rows,
        sum(amount) as amount,
        row_number() over (
            partition by raw_table, _source_file, warning
            order by sum(amount) desc, sum(warned_rows) desc, name
        ) as place

    from warnings

    group by raw_table, _source_file, warning, name

)

select
    raw_table,
    _source_file,
    warning,
    cast(sum(warned_rows) as bigint) as warned_rows,
    cast(sum(amount) as decimal(18, 2)) as amount,
    cast(count(*) as bigint) as names,
    -- those with the largest amounts
    {{ join_text('name', ', ', 'place', where='place <= 3') }} as examples

from by_name

group by raw_table, _source_file, warning
