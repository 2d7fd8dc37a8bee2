"""Records of one file as cells: `c0`, `c1`, ... with the line of each; the others become rejects.

No record is lost in reading, since every result is checked against the number of lines. DuckDB's
parallel CSV reader misplaces rows at its buffer borders beside quotes or ragged records, and its
serial one drops a quote that is still open at the end: then the next slower reader takes over.
"""

import csv
import gzip
import shutil
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from social_roi.contract import Column
from social_roi.errors import UserError
from social_roi.landing.formats import BLANKS, NUMBER_KINDS
from social_roi.landing.sniff import Layout, Survey, layout, sniff_text, survey
from social_roi.landing.sql import file_literal, identifier, literal, parquet_rows

RECORD_CHARACTERS = 500
CSV_BUFFER = "buffer_size = 33554432"
TOTAL_WORDS = r"(?s)(grand[ -]?|sub[ -]?)?totals?\b.*|summary\b.*"


def fetch(name: str, path: Path, work: Path) -> Path:
    """A local, uncompressed file with the content of an input."""
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == b"\x1f\x8b"
        if not compressed:
            return path
        with gzip.open(path) as packed, (work / "unpacked").open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
    except (OSError, EOFError) as error:
        raise UserError(f"{name}: cannot be read ({error}); check the file") from error
    return work / "unpacked"


def read_cells(con: duckdb.DuckDBPyConnection, name: str, source: Path, work: Path) -> Layout:
    """Create the view `cells` (c0, c1, ..., trimmed, null if empty; line) and fill `rejects`."""
    with source.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return _read_parquet(con, name, source)
    if start == b"PK\x03\x04":
        raise UserError(f"{name}: found a workbook or zip archive, expected CSV; save it as CSV")
    facts = survey(source)
    shape = sniff_text(name, source, facts.encoding)
    has_rows = facts.lines > shape.lines_before_data
    if not (facts.is_plain and has_rows and _read_with_duckdb(con, source, shape, facts, work)):
        con.execute("delete from rejects")
        _read_with_python(con, source, shape, facts.encoding, work)
    return shape


def _read_parquet(con: duckdb.DuckDBPyConnection, name: str, source: Path) -> Layout:
    scan = parquet_rows(source)
    described = con.execute(f"describe select * exclude (file_row_number) from {scan}").fetchall()
    names = [row[0] for row in described]
    types = [row[1] for row in described]
    shape = layout(name, names)
    # A flag is 0 or 1 in this contract, also when Parquet calls it a boolean.
    cells = [
        f"trimmed({identifier(column)}{'::int' if type_ == 'BOOLEAN' else ''}::varchar) as c{i}"
        for i, (column, type_) in enumerate(zip(names, types, strict=True))
    ]
    con.execute(
        f"create or replace temp view cells as "
        f"select {', '.join(cells)}, file_row_number + 1 as line from {scan}"
    )
    return shape


def _read_with_duckdb(
    con: duckdb.DuckDBPyConnection, source: Path, shape: Layout, facts: Survey, work: Path
) -> bool:
    """False if not every line is accounted for: broken quotes, oversized records."""
    width, before = len(shape.columns), shape.lines_before_data
    columns = {f"c{i}": "varchar" for i in range(width)}
    trimmed = ", ".join(f"trimmed({cell}) as {cell}" for cell in columns)
    rows_file = work / "rows.parquet"

    def read(parallel: bool) -> int:
        con.execute("drop table if exists reject_scans; drop table if exists reject_errors")
        [[rows]] = con.execute(f"""
            copy (
                select {trimmed} from read_csv(
                    {file_literal(source)},
                    columns = {columns},
                    auto_detect = false,
                    header = false,
                    skip = {before},
                    delim = {literal(shape.delimiter)},
                    quote = '"',
                    escape = '"',
                    strict_mode = true,
                    store_rejects = true,
                    parallel = {parallel},
                    {CSV_BUFFER}
                )
            ) to {literal(rows_file)} (format parquet)
        """).fetchall()
        return rows

    try:
        is_proved = not facts.has_quotes and before + read(parallel=True) == facts.lines
        rows = facts.lines - before if is_proved else read(parallel=False)
    except duckdb.InvalidInputException:
        return False
    # One error for each field that lacks: the first tells how many there are.
    con.execute(f"""
        insert into rejects
        select
            line,
            'expected {width} fields, found ' || case
                when any_value(error_type) = 'TOO MANY COLUMNS' then 'more'
                else min(regexp_extract(error_message, 'Found: (\\d+)', 1)::int)::varchar
            end,
            rtrim(any_value(csv_line), '\r\n')
        from reject_errors
        where error_type in ('MISSING COLUMNS', 'TOO MANY COLUMNS')
        group by line
    """)
    [[ragged, broken]] = con.execute("""
        select
            (select count(*) from rejects),
            (select count(*) from reject_errors
             where error_type not in ('MISSING COLUMNS', 'TOO MANY COLUMNS'))
    """).fetchall()
    missing_lines = facts.lines - before - rows - ragged
    if missing_lines and facts.has_quotes:
        breaks = " + ".join(
            f"coalesce(length({c}) - length(replace({c}, '\n', '')), 0)" for c in columns
        )
        [[inside_cells]] = con.execute(f"""
            select
                (select coalesce(sum({breaks}), 0) from {parquet_rows(rows_file)})
                + (select coalesce(sum(length(record) - length(replace(record, '\n', ''))), 0)
                   from rejects)
        """).fetchall()
        missing_lines -= inside_cells
    if broken or missing_lines:
        return False
    con.execute(f"""
        update rejects set record = left(record, {RECORD_CHARACTERS});

        -- A row stands behind every reject that has at most as many rows before it.
        create or replace temp table gaps as
        select rows_before, max(rejects_so_far) as rejects_so_far
        from (
            from rejects
            select
                row_number() over (order by line) as rejects_so_far,
                line - {before} - rejects_so_far as rows_before
        )
        group by rows_before;

        create or replace temp view cells as
        select
            rows_read.* exclude (file_row_number),
            file_row_number + {before + 1}
                + {"coalesce(rejects_so_far, 0)" if ragged else "0"} as line
        from {parquet_rows(rows_file)} as rows_read
        {"asof left join gaps on file_row_number >= rows_before" if ragged else ""};

        -- Blanks alone in a line are no record, though they count as a line.
        delete from rejects where trimmed(record) is null
    """)
    return True


def _read_with_python(
    con: duckdb.DuckDBPyConnection, source: Path, shape: Layout, encoding: str, work: Path
) -> None:
    """The slow and exact reader, in constant memory: any encoding and line end, blank lines,
    broken quotes (only the line that breaks them is rejected)."""
    width = len(shape.columns)
    names = [f"c{i}" for i in range(width)] + ["line"]
    schema = pa.schema([(name, pa.string()) for name in names[:-1]] + [("line", pa.int64())])
    rows_file = work / "rows.parquet"
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    with (
        source.open(encoding=encoding, errors=errors, newline="") as file,
        pq.ParquetWriter(rows_file, schema) as writer,
    ):
        for _ in range(shape.lines_before_data):
            file.readline()
        records = parse_records(file, shape.delimiter, width, shape.lines_before_data + 1)
        while batch := list(islice(records, 50_000)):
            good = [(*cells, line) for line, cells, reason in batch if not reason]
            if good:
                table = [list(column) for column in zip(*good, strict=True)]
                writer.write_table(pa.table(table, schema=schema))
            bad = [
                (line, reason, cells[0][:RECORD_CHARACTERS])
                for line, cells, reason in batch
                if reason
            ]
            if bad:
                con.execute(
                    "insert into rejects select unnest($1), unnest($2), unnest($3)",
                    [list(column) for column in zip(*bad, strict=True)],
                )
    con.execute(
        f"create or replace temp view cells as from read_parquet({file_literal(rows_file)})"
    )


def parse_records(
    lines: Iterator[str], delimiter: str, width: int, first_line: int
) -> Iterator[tuple[int, list[str | None], str]]:
    """(line, cells, '') for each record with `width` cells, else (line, [text], reason).

    Blank records count as a line and are left out; empty cells too many at the end are
    ignored, as DuckDB does. A cell holds at most `csv.field_size_limit()` characters.
    """
    taken: list[str] = []
    again: deque[str] = deque()

    def feed() -> Iterator[str]:
        while True:
            line = again.popleft() if again else next(lines, None)
            if line is None:
                return
            taken.append(line)
            yield line

    def reader() -> Iterator[list[str]]:
        return csv.reader(feed(), delimiter=delimiter, strict=True, skipinitialspace=True)

    rows = reader()
    number = first_line - 1
    while True:
        taken.clear()
        number += 1
        try:
            cells = next(rows, None)
        except csv.Error as error:
            # Only the first line is lost; what the open quote swallowed is read again.
            again.extendleft(reversed(taken[1:]))
            reason = "cell too long" if "limit" in str(error) else "broken quotes"
            yield number, [_printable(taken[0])], reason
            rows = reader()
            continue
        if cells is None:
            return
        while len(cells) > width and not cells[-1]:
            cells.pop()
        text = "".join(taken)
        cells = [cell.strip(BLANKS) or None for cell in cells]
        if not any(cells):
            continue
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            yield number, [_printable(text)], "invalid bytes"
        elif len(cells) != width:
            found = "more" if len(cells) > width else str(len(cells))
            yield number, [_printable(text)], f"expected {width} fields, found {found}"
        else:
            yield number, cells, ""


def _printable(text: str) -> str:
    return text.rstrip("\r\n").encode("utf-8", "replace").decode("utf-8")


def set_total_rows_aside(
    con: duckdb.DuckDBPyConnection, shape: Layout, cells: dict[str, Column]
) -> None:
    """Create the view `records`: the cells without blank rows and total rows.

    A total row has a total word in its first filled cell and no other name, code or date among the
    key columns.
    """
    names = [f"c{i}" for i in range(len(shape.columns))]
    keys = [c for c, column in cells.items() if column.is_key and column.kind not in NUMBER_KINDS]
    first = f"coalesce({', '.join(names)})"
    other_keys = " or ".join(f"{cell} <> {first}" for cell in keys)
    is_total = (
        f"not coalesce({other_keys}, false) "
        f"and regexp_full_match(lower({first}), {literal(TOTAL_WORDS)})"
    )
    text = ", ".join(f"coalesce({cell}, '')" for cell in names)
    con.execute(f"""
        create or replace temp view filled as from cells where {first} is not null;

        create or replace temp view records as from filled where not ({is_total});

        update rejects set reason = 'total row'
        where
            reason like 'expected %'
            and regexp_full_match(
                lower(ltrim(record, {literal(BLANKS + '"' + shape.delimiter)})),
                {literal(TOTAL_WORDS)}
            );

        insert into rejects
        select
            line,
            'total row',
            left(concat_ws({literal(shape.delimiter)}, {text}), {RECORD_CHARACTERS})
        from filled
        where {is_total}
    """)
