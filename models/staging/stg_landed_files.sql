select
    raw_table,
    _source_file,
    records,
    landed_rows,
    rejected_records,
    date_order,
    decimal_mark,
    unknown_columns,
    warning,
    {{ landing('_loaded_at') }} as _landing,
    '{{ made_with() if execute }}' as _made_with

from {{ raw('landed_files') }}
