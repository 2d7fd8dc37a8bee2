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
    {{ load_id('_loaded_at') }} as _load_id,
    '{{ build_fingerprint() if execute }}' as _build_fingerprint

from {{ raw('landed_files') }}
