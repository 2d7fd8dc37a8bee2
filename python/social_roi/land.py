"""Land raw files as Parquet: all text, canonical dates and numbers, one new generation at a time.

Three steps per file. Read: records to cells `c0`, `c1`, ... with the line of each; what cannot be
read becomes a reject. Learn: the file's own date order and decimal mark. Write: contract columns.

No record is lost in reading, since every result is checked against the number of lines. DuckDB's
parallel CSV reader misplaces rows at its buffer borders beside quotes or ragged records, and its
serial one drops a quote that is still open at the end: then the next slower reader takes over.
"""

import csv
import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from social_roi.contract import (
    EVENT_TYPES,
    LANDED_FILES,
    LANDING_REJECTS,
    RAW_TABLES,
    SOURCE_COLUMNS,
    Column,
)
from social_roi.errors import UserError
from social_roi.sniff import Layout, Survey, layout, sniff_text, survey

# Part of each file's identity: raise it when the same file would land differently.
FORMAT = 1
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
RECORD_CHARACTERS = 500
FEW_RECORDS = 20
NUMBER_KINDS = ("integer", "decimal")
CSV_BUFFER = "buffer_size = 33554432"

BLANKS = " \t\r\n\v\f\u00a0\u202f\ufeff"
NULL_WORDS = ("--", "-", "null", "none", "n/a", "na", "nan", "nil", "#n/a")
TOTAL_WORDS = r"(?s)(grand[ -]?|sub[ -]?)?totals?\b.*|summary\b.*"

# What a number looks like, by decimal mark and kind: digits, alone or in groups of three.
GROUP = {".": "[, '\u00a0\u202f]", ",": "[. '\u00a0\u202f]"}
NUMBER = {
    (mark, kind): rf"[+-]?(\d+|[1-9]\d{{0,2}}({GROUP[mark]}\d{{3}})+)"
    + fraction.replace("m", point)
    for mark, point in ((".", r"\."), (",", ","))
    for kind, fraction in (("integer", "(m0*)?"), ("decimal", r"(m\d*)?|[+-]?m\d+"))
}
CANONICAL_NUMBER = {"integer": r"-?\d+", "decimal": r"-?\d+(\.\d+)?"}
DAY_OR_MONTH_FIRST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
# How the three parts of such a date become year-month-day.
ORDERS = {"m-d-y": r"\3-\1-\2", "d-m-y": r"\3-\2-\1", "y-m-d": r"\0"}
ISO_TIME = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}(:?\d{2})?)?)?"
ANY_TIME = (
    r"\d{4}-\d{1,2}-\d{1,2}([T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
    r"( ?[AaPp][Mm]| ?(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?))?)?"
)

MACROS = rf"""
-- The first branch is a matter of speed only: four times as fast as trim with a list of blanks.
create macro trimmed(cell) as case
    when regexp_full_match(cell, '[!-~]([ -~]*[!-~])?') then cell
    else nullif(trim(cell, '{BLANKS}'), '')
end;

-- A cell of a date or number column, null where it holds a word for null.
create macro typed(cell) as case when lower(cell) not in {NULL_WORDS} then cell end;

create macro number_text(cell, pattern, simple, group_mark, decimal_mark, lone_end) as case
    when regexp_full_match(cell, simple) then cell
    when regexp_full_match(cell, pattern) then regexp_replace(
        regexp_replace(
            replace(regexp_replace(cell, '[+]|' || group_mark, '', 'g'), decimal_mark, '.'),
            lone_end,
            ''
        ),
        '^(-?)\.',
        '\10.'
    )
    else typed(cell)
end;

-- 1.5E+3 is exact in a decimal, it would not be in a double.
create macro plain_digits(cell) as case
    when regexp_full_match(cell, '[+-]?\d+(\.\d+)?[eE][+-]?\d+')
    then coalesce(rtrim(rtrim(try_cast(cell as decimal(38, 12))::varchar, '0'), '.'), cell)
    else cell
end;

-- Year first with hyphens, not yet checked. parts: how a date with the year last is turned.
create macro iso(cell, parts) as regexp_replace(
    regexp_replace(
        regexp_replace(cell, '^(\d{{4}})[/.](\d{{1,2}})[/.]', '\1-\2-'),
        '^(\d{{4}})(\d{{2}})(\d{{2}})$',
        '\1-\2-\3'
    ),
    '{DAY_OR_MONTH_FIRST}',
    parts
);

-- try_cast knows offsets, if they follow the time at once, and no 12-hour clock.
create macro iso_instant(cell) as case
    when not regexp_full_match(cell, '{ANY_TIME}') then null
    when regexp_matches(cell, '[AaPp][Mm]') then cast(try_strptime(
        regexp_replace(cell, ' ?([AaPp][Mm]).*$', ' \1'),
        ['%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M:%S.%f %p']
    ) as timestamptz)
    else try_cast(
        regexp_replace(
            regexp_replace(cell, ' ?(UTC|GMT|Z|z)$', ''), ' ([+-]\d+(:\d+)?)$', '\1'
        ) as timestamptz
    )
end;

create macro instant(cell, parts) as iso_instant(iso(cell, parts));

create macro date_text(cell, moment, parts) as case
    when moment is null then typed(cell)
    else regexp_extract(iso(cell, parts), '^\d+-\d+-\d+')::date::varchar
end;

create macro time_text(cell, moment) as case
    when moment is null then typed(cell)
    when epoch_us(moment) % 1000000 < 1000 then moment::timestamp::varchar
    else strftime(moment::timestamp, '%Y-%m-%d %H:%M:%S.%g')
end;
"""


@dataclass(frozen=True)
class Landed:
    """One landed file, as the manifest keeps it.

    unusable: rejected records and rows that staging will reject, without total rows. worst: the
    commonest reason, with an example.
    """

    name: str
    digest: str
    format: int
    raw_table: str
    rows: int
    rejected: int
    total_rows: int
    unusable: int
    worst: str
    message: str


@dataclass(frozen=True)
class Formats:
    """The formats of one file. date_order is None where every date is plain ISO.

    A tie of the date orders means month first with slashes, day first with dashes or dots. A tie
    of the decimal marks, as in `1,234`, means a decimal comma where `;` delimits, else a point.
    """

    decimal_mark: str
    date_order: str | None
    warnings: list[str]


@dataclass(frozen=True)
class LandingSummary:
    """What is landed now, over all files. changed: whether a new generation was made."""

    files: tuple[Landed, ...]
    rows: int
    rejected: int
    unusable: int
    changed: bool


def land_files(
    paths: Sequence[str | Path],
    landed_dir: Path,
    *,
    add: bool = False,
    max_rejected_share: float = 0.05,
    report: Callable[[str], None] = print,
) -> LandingSummary:
    """Make the landed data exactly these files, or with `add` put them beside what is landed.

    Writes `<landed_dir>/generations/<id>/<raw table>/*.parquet` and, as the last act, points the
    link `<landed_dir>/current` at it; until then the former data stays as it is. `_source_line` is
    the row number a spreadsheet shows: titles, header, blank lines and unreadable records count, a
    quoted line break does not (Parquet: first row = 1). Rows without any value are no records.
    Timestamps keep milliseconds, further digits are cut.

    Raises UserError when a file cannot be used, when more than `max_rejected_share` of the records
    of all files, or of one with at least 20, are unusable, or while another landing runs.
    """
    named = find_inputs([Path(path) for path in paths], landed_dir, report)
    with _locked(landed_dir):
        former_dir = (landed_dir / "current").resolve()
        former = _manifest(landed_dir / "current")
        _remove_other_generations(landed_dir)
        now = datetime.now(UTC)
        generation = landed_dir / "generations" / now.strftime("%Y%m%dT%H%M%S%f")
        work = generation / "work"
        work.mkdir(parents=True)
        try:
            con = _connect(work)
            loaded_at = now.isoformat(" ", "milliseconds").removesuffix("+00:00")
            _write_empty_tables(con, generation)
            landed = {}
            for name, path in named.items():
                digest = _digest(name, path)
                before = former.get(name)
                if before and (before.digest, before.format) == (digest, FORMAT):
                    landed[name] = before
                    _link_parts(former_dir, generation, name)
                else:
                    landed[name] = _land_file(con, name, path, digest, generation, loaded_at)
                report(landed[name].message)
            _check_share(list(landed.values()), max_rejected_share)
            if add:
                for name in former.keys() - landed.keys():
                    landed[name] = former[name]
                    _link_parts(former_dir, generation, name)
            changed = landed != former
            if changed:
                manifest = [asdict(file) for file in landed.values()]
                (generation / "manifest.json").write_text(json.dumps(manifest), "utf-8")
                con.close()
                shutil.rmtree(work)
                _point_current_at(landed_dir, generation)
            else:
                report("nothing changed: these files are landed already")
        finally:
            _remove_other_generations(landed_dir)
    files = tuple(landed.values())
    return LandingSummary(
        files,
        rows=sum(file.rows for file in files),
        rejected=sum(file.rejected for file in files),
        unusable=sum(file.unusable for file in files),
        changed=changed,
    )


def find_inputs(
    paths: Sequence[Path], landed_dir: Path, report: Callable[[str], None]
) -> dict[str, Path]:
    """Files by the name they are landed under: relative to what was given, with slashes.

    Raises UserError for a path that is not there, a folder without files to land, and two files
    that would have the same name.
    """
    named: dict[str, Path] = {}
    for given in paths:
        if not given.exists():
            raise UserError(f"{given}: no such file or folder; check the path")
        if given.is_dir():
            root = given
            found = [path for path in sorted(given.rglob("*")) if _is_visible(path, given)]
            found = [path for path in found if landed_dir.resolve() not in path.resolve().parents]
            files = [path for path in found if path.name.lower().endswith(SUFFIXES)]
            if others := [str(path.relative_to(given)) for path in found if path not in files]:
                report(f"{given}: passed over {', '.join(others)} (not {', '.join(SUFFIXES)})")
            if not files:
                raise UserError(f"{given}: no files to land; expected {', '.join(SUFFIXES)}")
        else:
            root, files = given.parent, [given]
        for path in files:
            name = path.relative_to(root).as_posix()
            other = named.setdefault(name, path)
            if other.resolve() != path.resolve():
                raise UserError(
                    f"{other} and {path} would both be landed as {name}; "
                    "rename one, or give the folder above them"
                )
    by_file: dict[Path, str] = {}
    for name, path in named.items():
        if (other := by_file.setdefault(path.resolve(), name)) != name:
            raise UserError(f"{path}: given twice, as {name} and as {other}; give it once")
        if not name.isprintable():
            raise UserError(f"{str(path)!a}: the name cannot be written as text; rename the file")
    return named


def _is_visible(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and not hidden


def _land_file(
    con: duckdb.DuckDBPyConnection, name: str, path: Path, digest: str, generation: Path, now: str
) -> Landed:
    """Read one file, learn its formats and write its parts."""
    work = generation / "work"
    source = fetch(name, path, work)
    con.execute(
        "create or replace temp table rejects (line bigint, reason varchar, record varchar)"
    )
    try:
        shape = _read_cells(con, name, source, work)
    except (duckdb.Error, OSError, UnicodeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{name}: cannot be read ({reason}); save it again as CSV") from error
    contract = {column.name: column for column in RAW_TABLES[shape.table]}
    cells = {f"c{i}": contract[column] for i, column in enumerate(shape.columns) if column}
    _set_total_rows_aside(con, shape, cells)
    formats = _learn_formats(con, cells, shape.delimiter)

    values = {column: "cast(null as varchar)" for column in contract}
    for cell, column in cells.items():
        values[column.name] = _canonical(cell, column.kind, formats)
    source_columns = {"_source_file": _q(name), "_source_line": "line", "_loaded_at": _q(now)}
    part = _part(generation, shape.table, name)
    rows = _copy(con, values | source_columns, "records", part)
    values = {"raw_table": _q(shape.table), "reason": "reason", "record": "record"}
    [[rejected]] = con.execute("select count(*) from rejects").fetchall()
    if rejected:
        _copy(con, values | source_columns, "rejects", _part(generation, "landing_rejects", name))

    reasons = _unusable(con, shape.table, part)
    total_rows = sum(count for reason, count, _ in reasons if reason == "total row")
    worst = [reason for reason in reasons if reason[0] != "total row"]
    counts = ", ".join(f"{count:,} {reason}" for reason, count, _ in reasons)
    unusable = sum(count for _, count, _ in reasons)
    message = f"{name}: {shape.table}, {rows:,} rows, {unusable:,} rejected"
    message += f" ({counts})" if counts else ""
    if formats.date_order in ("m-d-y", "d-m-y"):
        message += f"; dates {formats.date_order}"
    message += f"; kept out: {', '.join(shape.unknown)}" if shape.unknown else ""
    message += "".join(f"; warning: {warning}" for warning in formats.warnings)
    facts = (
        *(shape.table, name, rows + rejected, rows, rejected),
        *(formats.date_order, formats.decimal_mark),
        *(", ".join(shape.unknown) or None, "; ".join(formats.warnings) or None, now),
    )
    facts_by_column = dict(zip(LANDED_FILES, map(_q, facts), strict=True))
    _copy(con, facts_by_column, "(values (0))", _part(generation, "landed_files", name))
    return Landed(
        name=name,
        digest=digest,
        format=FORMAT,
        raw_table=shape.table,
        rows=rows,
        rejected=rejected,
        total_rows=total_rows,
        unusable=unusable - total_rows,
        worst=f"{worst[0][0]} ({worst[0][2]})" if worst else "",
        message=message,
    )


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


def _read_cells(con: duckdb.DuckDBPyConnection, name: str, source: Path, work: Path) -> Layout:
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
    scan = _rows(source)
    described = con.execute(f"describe select * exclude (file_row_number) from {scan}").fetchall()
    names = [row[0] for row in described]
    types = [row[1] for row in described]
    shape = layout(name, names)
    # A flag is 0 or 1 in this contract, also when Parquet calls it a boolean.
    cells = [
        f"trimmed({_identifier(column)}{'::int' if type_ == 'BOOLEAN' else ''}::varchar) as c{i}"
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
                    {_pattern(source)},
                    columns = {columns},
                    auto_detect = false,
                    header = false,
                    skip = {before},
                    delim = {_q(shape.delimiter)},
                    quote = '"',
                    escape = '"',
                    strict_mode = true,
                    store_rejects = true,
                    parallel = {parallel},
                    {CSV_BUFFER}
                )
            ) to {_q(rows_file)} (format parquet)
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
                (select coalesce(sum({breaks}), 0) from {_rows(rows_file)})
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
        from {_rows(rows_file)} as rows_read
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
    con.execute(f"create or replace temp view cells as from read_parquet({_pattern(rows_file)})")


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


def _set_total_rows_aside(
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
        f"and regexp_full_match(lower({first}), {_q(TOTAL_WORDS)})"
    )
    text = ", ".join(f"coalesce({cell}, '')" for cell in names)
    con.execute(f"""
        create or replace temp view filled as from cells where {first} is not null;

        create or replace temp view records as from filled where not ({is_total});

        update rejects set reason = 'total row'
        where
            reason like 'expected %'
            and regexp_full_match(
                lower(ltrim(record, {_q(BLANKS + '"' + shape.delimiter)})), {_q(TOTAL_WORDS)}
            );

        insert into rejects
        select
            line,
            'total row',
            left(concat_ws({_q(shape.delimiter)}, {text}), {RECORD_CHARACTERS})
        from filled
        where {is_total}
    """)


def _learn_formats(
    con: duckdb.DuckDBPyConnection, cells: dict[str, Column], delimiter: str
) -> Formats:
    """Choose over all values of the file what reads most of them; see Formats for ties."""

    def count(conditions: list[str]) -> str:
        return (
            " + ".join(f"count(*) filter (where {c})" for c in conditions)
            or "count(*) filter (where false)"
        )

    numbers = {cell: c.kind for cell, c in cells.items() if c.kind in NUMBER_KINDS}
    # A filter computes all its parts for all rows, a `case` only what is asked for.
    point, comma = (
        {
            cell: f"case when regexp_matches({cell}, '[.,]') "
            f"then regexp_full_match({cell}, {_q(NUMBER[mark, kind])}) end"
            for cell, kind in numbers.items()
        }
        for mark in ".,"
    )
    both = [f"contains({c}, ',') and {point[c]} and {comma[c]}" for c in numbers]
    times = [cell for cell, column in cells.items() if column.kind in ("date", "timestamp")]
    other = [f"not regexp_full_match(typed({cell}), {_q(ISO_TIME)})" for cell in times]
    local = {cell: f"regexp_matches({cell}, {_q(DAY_OR_MONTH_FIRST)})" for cell in times}
    month_first, day_first = (
        [
            f"case when {local[c]} then instant({c}, {_q(ORDERS[order])}) end is not null"
            for c in times
        ]
        for order in ("m-d-y", "d-m-y")
    )
    slash = [f"{local[cell]} and contains({cell}, '/')" for cell in times]
    conditions = ([*point.values()], [*comma.values()], both, other)
    conditions += (month_first, day_first, slash, [*local.values()])
    [counts] = con.execute(f"select {', '.join(map(count, conditions))} from records").fetchall()
    points, commas, undecided, others, months, days, slashes, year_last = counts
    warnings = []
    mark = "," if commas > points or (undecided and commas == points and delimiter == ";") else "."
    if undecided and commas == points:
        example = "1.234" if mark == "," else "1234"
        warnings.append(f"numbers such as 1,234 can be read in two ways, taken as {example}")
    if not year_last:
        return Formats(mark, "y-m-d" if others else None, warnings)
    if months != days:
        return Formats(mark, "m-d-y" if months > days else "d-m-y", warnings)
    order = "m-d-y" if 2 * slashes > year_last else "d-m-y"
    warnings.append(f"dates can be read in two ways, taken as {order}")
    return Formats(mark, order, warnings)


def _canonical(cell: str, kind: str, formats: Formats) -> str:
    """SQL for the text that is landed; what cannot be read stays as it was."""
    if kind == "text":
        return f"nullif({cell}, '--')"
    if kind in NUMBER_KINDS:
        mark = formats.decimal_mark
        simple = CANONICAL_NUMBER[kind if mark == "." else "integer"]
        lone_end = r"\.0*$" if kind == "integer" else r"\.$"
        arguments = (NUMBER[mark, kind], simple, GROUP[mark], mark, lone_end)
        text = f"number_text({cell}, {', '.join(map(_q, arguments))})"
        return text if kind == "integer" else f"plain_digits({text})"
    parts = _q(ORDERS[formats.date_order or "y-m-d"])
    # Where all cells are ISO (or words for null) the cast alone is right, and three times as fast.
    moment = (
        f"instant({cell}, {parts})" if formats.date_order else f"try_cast({cell} as timestamptz)"
    )
    if kind == "date":
        return f"date_text({cell}, {moment}, {parts})"
    return f"time_text({cell}, {moment})"


def _unusable(
    con: duckdb.DuckDBPyConnection, raw_table: str, part: Path
) -> list[tuple[str, int, str]]:
    """(reason, count, example) of the rejects and of the rows staging will reject, worst first."""
    branches = []
    for column in RAW_TABLES[raw_table]:
        name = column.name
        if column.is_needed:
            branches.append(f"when {name} is null then '{name} empty'")
        if column.kind in NUMBER_KINDS:
            pattern = CANONICAL_NUMBER[column.kind]
            branches += [
                f"when not regexp_full_match({name}, {_q(pattern)}) then '{name} unreadable'",
                f"when regexp_matches({name}, '^-.*[1-9]') then '{name} negative'",
            ]
        elif column.kind != "text":
            is_time = f"try_cast({name} as timestamp) is not null"
            branches.append(f"when {name} is not null and not {is_time} then '{name} unreadable'")
    if raw_table == "ad_events":
        is_known = f"lower(event_type) in {EVENT_TYPES}"
        branches += [
            f"when not {is_known} then 'event_type unknown'",
            "when ad_platform is null and lower(event_type) <> 'conversion' "
            "then 'ad_platform empty'",
        ]
    if raw_table == "ad_interactions":
        branches.append("when conversion not in ('0', '1') then 'conversion not 0 or 1'")
    reasons = con.execute(f"""
        with unusable_rows as (
            from {_rows(part)}
            select case {" ".join(branches)} end as reason, _source_line as line
        ),

        unusable as (
            select reason, line, null as record from unusable_rows where reason is not null
            union all
            select if(reason like 'expected %', 'ragged', reason), line, record from rejects
        )

        select reason, count(*) as records, min(line) as first_line, min_by(record, line)
        from unusable
        group by reason
        order by records desc, reason
    """).fetchall()
    examples = []
    for reason, count, line, record in reasons:
        if record is None:
            column = reason.split()[0]
            [[record]] = con.execute(
                f"select {column} from {_rows(part)} where _source_line = {line}"
            ).fetchall()
        examples.append((reason, count, f"line {line}: {(record or '')[:60]!r}"))
    return examples


def _check_share(files: Sequence[Landed], limit: float) -> None:
    """Raises UserError when too much of one file, or of all, cannot be used."""

    def share(files: Sequence[Landed]) -> tuple[int, int, float]:
        unusable = sum(file.unusable for file in files)
        records = sum(file.rows + file.rejected - file.total_rows for file in files)
        return unusable, records, unusable / max(records, 1)

    suspects = [[file] for file in files if file.rows + file.rejected >= FEW_RECORDS]
    for group in [*suspects, files]:
        unusable, records, part = share(group)
        if part > limit:
            worst = max(group, key=lambda file: file.unusable)
            raise UserError(
                f"{worst.name}: {unusable:,} of {records:,} records"
                f"{' of all files' if len(group) > 1 else ''} cannot be used ({part:.1%}, at most "
                f"{limit:.1%} allowed), most often {worst.worst}; nothing was replaced: correct "
                "the file or allow more with --max-rejected-share"
            )


def _connect(work: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set memory_limit = '2GB'; set TimeZone = 'UTC'")
    con.execute(MACROS)
    con.execute(f"set temp_directory = {_q(work / 'spill')}")
    return con


def _write_empty_tables(con: duckdb.DuckDBPyConnection, generation: Path) -> None:
    """A typed part without rows in each table, so that a reader finds all of them."""
    tables = {
        table: [column.name for column in columns] + list(SOURCE_COLUMNS)
        for table, columns in RAW_TABLES.items()
    }
    tables |= {"landing_rejects": list(LANDING_REJECTS), "landed_files": list(LANDED_FILES)}
    counts = ("_source_line", "records", "landed_rows", "rejected_records")
    for table, columns in tables.items():
        (generation / table).mkdir()
        typed = {c: f"null::{'bigint' if c in counts else 'varchar'}" for c in columns}
        _copy(con, typed, "range(0)", generation / table / "empty.parquet")


def _copy(
    con: duckdb.DuckDBPyConnection, columns: dict[str, str], relation: str, path: Path
) -> int:
    """Write `columns` (name to SQL expression) of a relation as Parquet; the number of rows."""
    values = ",\n".join(f"{expression} as {name}" for name, expression in columns.items())
    [[rows]] = con.execute(
        f"copy (select {values} from {relation}) to {_q(path)} (format parquet)"
    ).fetchall()
    return rows


def _part(generation: Path, table: str, name: str) -> Path:
    """Where a landed file's rows are: the same in every generation, whatever its name holds."""
    return generation / table / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.parquet"


def _link_parts(former: Path, generation: Path, name: str) -> None:
    for folder in [path for path in generation.iterdir() if path.name != "work"]:
        part = _part(former, folder.name, name)
        if part.exists():
            try:
                os.link(part, folder / part.name)
            except OSError:
                shutil.copyfile(part, folder / part.name)


def _manifest(current: Path) -> dict[str, Landed]:
    path = current / "manifest.json"
    if not path.exists():
        return {}
    return {entry["name"]: Landed(**entry) for entry in json.loads(path.read_text("utf-8"))}


def _digest(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{name}: cannot be read ({error.strerror}); check {path}") from error


@contextmanager
def _locked(landed_dir: Path) -> Iterator[None]:
    """One landing at a time; the lock goes with the process."""
    try:
        landed_dir.mkdir(parents=True, exist_ok=True)
        lock = (landed_dir / ".lock").open("w")
    except OSError as error:
        raise UserError(f"{landed_dir}: cannot be written ({error.strerror})") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{landed_dir}: another landing is running; wait until it has ended"
            ) from None
        yield


def _point_current_at(landed_dir: Path, generation: Path) -> None:
    new = landed_dir / ".current.new"
    new.unlink(missing_ok=True)
    new.symlink_to(generation.relative_to(landed_dir))
    new.replace(landed_dir / "current")


def _remove_other_generations(landed_dir: Path) -> None:
    """Keep what `current` points at; former ones and leftovers of a broken landing go."""
    current = (landed_dir / "current").resolve()
    generations = landed_dir / "generations"
    for path in generations.iterdir() if generations.exists() else ():
        if path.resolve() != current:
            shutil.rmtree(path)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _q(value: str | int | Path | None) -> str:
    """An SQL literal."""
    if value is None:
        return "cast(null as varchar)"
    if isinstance(value, int):
        return f"cast({value} as bigint)"
    return "'" + str(value).replace("'", "''") + "'"


def _rows(path: Path) -> str:
    """Rows of a Parquet file, with `file_row_number` from 0."""
    return f"read_parquet({_pattern(path)}, file_row_number = true)"


def _pattern(path: Path) -> str:
    """A literal for a file that is to be read, which DuckDB would take for a pattern."""
    return _q(re.sub(r"([\[*?])", r"[\1]", str(path.absolute())))
