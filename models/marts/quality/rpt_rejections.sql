select
    raw_table,
    _source_file,
    reason,
    cast(count(*) as bigint) as rejected

from {{ ref('rejected_rows') }}

group by raw_table, _source_file, reason
