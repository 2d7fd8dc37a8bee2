select
    raw_table,
    _source_file,
    records,
    landed_rows,
    rejected_records,
    date_order,
    decimal_mark,
    unknown_columns,
    warning

from {{ raw('landed_files') }}
