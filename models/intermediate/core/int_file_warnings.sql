select * from {{ ref('int_period_warnings') }}

union all

select
    raw_table,
    _source_file,
    warning,
    cast(count(*) as bigint) as warned_rows

from {{ ref('int_visit_warnings') }}

where amount is null

group by raw_table, _source_file, warning

union all

select
    raw_table,
    _source_file,
    'columns that look like money are not used: ' || unknown_columns as warning,
    landed_rows as warned_rows

from {{ ref('stg_landed_files') }}

where
    -- the layouts of logs and orders know which of the shop's amounts is the order's
    raw_table not in ('web_events', 'orders') and {{ looks_like_money('unknown_columns') }}

union all

-- what landing had to assume about a whole file
select
    raw_table,
    _source_file,
    warning,
    landed_rows as warned_rows

from {{ ref('stg_landed_files') }}

where warning is not null
