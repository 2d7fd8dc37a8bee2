"""Land raw files as Parquet: all text, canonical dates and numbers, one new generation at a time.

Three steps per file. Read: records to cells `c0`, `c1`, ... with the line of each; what is not a
record becomes a reject. Learn: the file's own date order and decimal mark. Write: contract columns.
DuckDB's parallel CSV reader is used where its result can be proved (no quotes, as many rows as
lines): beside quotes or ragged records it misplaces rows at buffer borders, the serial one does not.
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
CELL_CHARACTERS = 131_072
FEW_RECORDS = 20

BLANKS = " \t\r\n\v\f\u00a0\u202f\ufeff"
NULL_WORDS = ("--", "-", "null", "none", "n/a", "na", "nan", "nil", "#n/a", "\\n")
TOTAL_WORDS = r"(grand[ -]?|sub[ -]?)?totals?\b.*|summary\b.*"

# A number in the decimal mark: digits, alone or in groups of three, and a fraction.
GROUPS = {".": "[, '\u00a0\u202f]", ",": "[. '\u00a0\u202f]"}
SIMPLE_NUMBER = r"-?\d+(\.\d+)?"
DAY_OR_MONTH_FIRST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
ORDERS = {"m-d-y": r"\3-\1-\2", "d-m-y": r"\3-\2-\1"}
PLAIN_TIME = (
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}(:?\d{2})?)?)?"
)
ANY_TIME = (
    r"\d{4}-\d{1,2}-\d{1,2}([T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?"
    r"( ?(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?))?)?"
)
TWELVE_HOURS = [
    f"%Y-%m-%d %I:%M{seconds}{blank}%p" for seconds in ("", ":%S", ":%S.%f") for blank in ("", " ")
]


@dataclass(frozen=True)
class Landed:
    """One landed file, as the manifest keeps it. `unusable` counts rejected records and the rows
    that staging will reject, without total rows; `worst` is the commonest reason with an example."""

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
class LandingSummary:
    """What is landed now, over all files; `unusable` as in Landed. changed: a generation was made."""

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
    Timestamps keep at most microseconds, further digits are cut.

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
            loaded_at = now.strftime("%Y-%m-%d %H:%M:%S.%f")
            _write_empty_tables(con, generation)
            landed = {}
            for name, path in named.items():
                digest = _digest(name, path)
                before = former.get(name)
                if before and (before.digest, before.format) == (digest, FORMAT):
                    landed[name] = before
                    _link_parts(former_dir, generation, name)
                else:
                    landed[name] = _land_file(
                        con, name, path, digest, generation, work, loaded_at
                    )
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
    real = {}
    for path in named.values():
        if other := real.setdefault(path.resolve(), path) is not path and real[path.resolve()]:
            raise UserError(f"{path}: given twice, also as {other}; give it once")
    return named


def _is_visible(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and not hidden


def _land_file(
    con: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    digest: str,
    generation: Path,
    work: Path,
    loaded_at: str,
) -> Landed:
    """Read one file, learn its formats and write its parts."""
    con.execute("create or replace temp table rejects (line bigint, reason varchar, record varchar)")
    source = fetch(name, path, work)
    try:
        shape = _read_cells(con, name, source, work)
    except (duckdb.Error, OSError, UnicodeError, csv.Error) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{name}: cannot be read ({reason}); save it again as CSV") from error
    columns = {
        column: (index, kind.kind)
        for index, column in enumerate(shape.columns)
        for kind in RAW_TABLES[shape.table]
        if column == kind.name
    }
    _set_total_rows_aside(con, shape)
    mark, order, warnings = _learn_formats(con, columns, shape.delimiter)
    rows = _write_rows(con, name, shape, columns, mark, order, generation, loaded_at)
    [[rejected, total_rows]] = con.execute(
        "select count(*), count(*) filter (where reason = 'total row') from rejects"
    ).fetchall()
    reasons = dict(
        con.execute(
            "select regexp_replace(reason, '^.* expected .*$', 'ragged'), count(*) from rejects "
            "group by all order by 2 desc, 1"
        ).fetchall()
    )
    problems = _unusable_rows(con, name, shape.table, generation)
    reasons |= {reason: count for reason, count, _, _ in problems}
    worst = max(
        [(count, f"{reason} (line {line}: {value!r})") for reason, count, line, value in problems]
        + con.execute(
            "select count(*), regexp_replace(any_value(reason), '^.* expected .*$', 'ragged') "
            "|| ' (line ' || min(line) || ': ' || left(min_by(record, line), 60) || ')' "
            "from rejects where reason <> 'total row' "
            "group by regexp_replace(reason, '^.* expected .*$', 'ragged')"
        ).fetchall(),
        default=(0, ""),
    )[1]
    if rejected:
        _copy(
            con,
            f"select {_q(shape.table)} as raw_table, reason, record, {_q(name)} as _source_file, "
            f"line as _source_line, {_q(loaded_at)} as _loaded_at from rejects order by line",
            _part(generation, "landing_rejects", name),
        )
    counts = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
    message = "; ".join(
        [
            f"{name}: {shape.table}, {rows:,} rows, {sum(reasons.values()):,} rejected"
            + (f" ({counts})" if counts else ""),
            *([f"dates {order}"] if order else []),
            *([f"kept out: {', '.join(shape.unknown)}"] if shape.unknown else []),
            *[f"warning: {warning}" for warning in warnings],
        ]
    )
    facts = [
        shape.table,
        name,
        rows + rejected,
        rows,
        rejected,
        order,
        mark,
        ", ".join(shape.unknown) or None,
        "; ".join(warnings) or None,
        loaded_at,
    ]
    values = ", ".join(f"{_q(fact)} as {column}" for fact, column in zip(facts, LANDED_FILES))
    _copy(con, f"select {values}", _part(generation, "landed_files", name))
    unusable = sum(reasons.values()) - total_rows
    return Landed(
        name, digest, FORMAT, shape.table, rows, rejected, total_rows, unusable, worst, message
    )
