select
    raw_table,
    reason,
    record,
    _source_file,
    _source_line

from {{ raw('landing_rejects') }}
