"""Land raw files as Parquet: all text, canonical dates and numbers, one new generation at a time.

Three steps per file, block by block. Read its records (`records`), learn its date order and
decimal mark (`formats`), write the contract's columns (`rows`). `generations` keeps the former data
until the last act.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from social_roi.console import print_line
from social_roi.errors import UserError
from social_roi.inputs import find_inputs
from social_roi.landing.formats import MACROS
from social_roi.landing.generations import (
    link_parts,
    part_of,
    point_current_at,
    remove_other_generations,
    write_empty_tables,
)
from social_roi.landing.io_errors import reading, writing
from social_roi.landing.names import later_downloads
from social_roi.landing.raw_tables import LANDED_FILES
from social_roi.landing.records import fetch, open_records
from social_roi.landing.rows import write_rows
from social_roi.landing.sql import copy_rows, literal
from social_roi.landing.unusable import TOTAL_ROW, in_words, unusable_records
from social_roi.lock import locked

# Part of each file's identity: raise it when the same file would land differently.
FORMAT = 5
FEW_RECORDS = 20
GENERATION = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class Landed:
    """One landed file, as the manifest keeps it.

    unusable: rejected records and rows that staging will reject, without total rows. worst: their
    commonest reasons, with examples.
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
    report: Callable[[str], None] = print_line,
) -> LandingSummary:
    """Make the landed data exactly these files, or with `add` put them beside what is landed.

    Writes `<landed_dir>/generations/<id>/<raw table>/*.parquet` and, as the last act, points the
    link `<landed_dir>/current` at it; until then the former data stays as it is. `_source_line` is
    the row number a spreadsheet shows: titles, header, blank lines and unreadable records count, a
    quoted line break does not (Parquet: first row = 1). Rows without any value are no records.
    Timestamps keep milliseconds, further digits are cut.

    Raises UserError when a file cannot be used, when more than `max_rejected_share` of the records
    of all files, of one with at least 20, or all records of one are unusable, or while another
    landing runs.
    """
    named = find_inputs([Path(path) for path in paths], landed_dir, report)
    with locked(landed_dir, "landing"), writing(landed_dir):
        former_dir = (landed_dir / "current").resolve()
        former = _manifest(landed_dir / "current")
        remove_other_generations(landed_dir)
        downloads = later_downloads([*named, *(former if add else ())])
        # a later download lands a moment later than the file it restates
        times = {
            name: timedelta(milliseconds=downloads[name].rank if name in downloads else 0)
            for name in named
        }
        now = _next_time(former_dir if former else None)
        last = now + max(times.values(), default=timedelta())
        generation = landed_dir / "generations" / last.strftime(GENERATION)
        work = generation / "work"
        work.mkdir(parents=True)
        try:
            con = _connect(work)
            write_empty_tables(con, generation)
            landed = {}
            for name in sorted(named, key=times.__getitem__):
                path = named[name]
                digest = _digest(name, path)
                before = former.get(name)
                if before and (before.digest, before.format) == (digest, FORMAT):
                    landed[name] = before
                    link_parts(former_dir, generation, name)
                else:
                    loaded_at = (now + times[name]).isoformat(" ", "milliseconds")
                    loaded_at = loaded_at.removesuffix("+00:00")
                    earlier = downloads[name].earlier if name in downloads else ""
                    landed[name] = _land_file(
                        *(con, name, path, digest, generation, loaded_at),
                        landed.get(earlier) or former.get(earlier),
                    )
                report(landed[name].message)
            _check_share(list(landed.values()), max_rejected_share)
            if add:
                for name in former.keys() - landed.keys():
                    landed[name] = former[name]
                    link_parts(former_dir, generation, name)
            changed = landed != former
            if changed:
                manifest = [asdict(file) for file in landed.values()]
                (generation / "manifest.json").write_text(json.dumps(manifest), "utf-8")
                con.close()
                shutil.rmtree(work)
                point_current_at(landed_dir, generation)
            else:
                report("nothing changed: these files are landed already")
        finally:
            remove_other_generations(landed_dir)
    files = tuple(landed.values())
    return LandingSummary(
        files,
        rows=sum(file.rows for file in files),
        rejected=sum(file.rejected for file in files),
        unusable=sum(file.unusable for file in files),
        changed=changed,
    )


def _land_file(
    con: duckdb.DuckDBPyConnection,
    name: str,
    path: Path,
    digest: str,
    generation: Path,
    now: str,
    earlier: Landed | None,
) -> Landed:
    """Read one file, learn its formats and write its parts. earlier: what it downloads again."""
    source = fetch(name, path, generation / "work")
    shape, read = open_records(con, name, source)
    part = part_of(generation, shape.table, name)
    constants = {"_source_file": name, "_loaded_at": now}
    formats, rows = write_rows(con, shape, read, part, constants)

    [[rejected]] = con.execute("select count(*) from rejects").fetchall()
    if rejected:
        values = {
            "raw_table": literal(shape.table),
            "reason": "reason",
            "record": "record",
            "_source_file": literal(name),
            "_source_line": "line",
            "_loaded_at": literal(now),
        }
        copy_rows(con, values, "rejects", part_of(generation, "landing_rejects", name))

    warnings = list(formats.warnings)
    if earlier and earlier.raw_table == shape.table:
        counts = (
            "for a day, campaign and ad that are in both, this file's spend counts"
            if shape.table == "ad_spend"
            else "what is in both counts once"
        )
        warnings.append(f"taken as a later download of {earlier.name}: {counts}")
    found = unusable_records(con, shape.table, part)
    unusable = [one for one in found if one.reason != TOTAL_ROW]
    all_records, records = (sum(one.records for one in some) for some in (found, unusable))
    message = f"{name}: {shape.table}, {rows:,} rows, {all_records:,} rejected"
    message += f": {in_words(found)}" if found else ""
    if formats.date_order in ("m-d-y", "d-m-y"):
        message += f"; dates {formats.date_order}"
    message += f"; kept out: {', '.join(shape.unknown)}" if shape.unknown else ""
    message += "".join(f"; warning: {warning}" for warning in warnings)
    facts = (
        *(shape.table, name, rows + rejected, rows, rejected),
        *(formats.date_order, formats.decimal_mark),
        *(", ".join(shape.unknown) or None, "; ".join(warnings) or None, now),
    )
    facts_by_column = dict(zip(LANDED_FILES, map(literal, facts), strict=True))
    copy_rows(con, facts_by_column, "(values (0))", part_of(generation, "landed_files", name))
    return Landed(
        name=name,
        digest=digest,
        format=FORMAT,
        raw_table=shape.table,
        rows=rows,
        rejected=rejected,
        total_rows=all_records - records,
        unusable=records,
        worst=in_words(unusable),
        message=message,
    )


def _check_share(files: Sequence[Landed], limit: float) -> None:
    """Raises UserError when too much of one file, or of all, cannot be used."""

    def share(files: Sequence[Landed]) -> tuple[int, int, float]:
        unusable = sum(file.unusable for file in files)
        records = sum(file.rows + file.rejected - file.total_rows for file in files)
        return unusable, records, unusable / max(records, 1)

    # a few records of a small file say little about it, unless they are all it has
    suspects = [
        [file]
        for file in files
        if file.rows + file.rejected >= FEW_RECORDS or share([file])[2] == 1
    ]
    for group in [*suspects, files]:
        unusable, records, part = share(group)
        if part > limit:
            worst = max(group, key=lambda file: file.unusable)
            told = f"{unusable:,} of {records:,} records"
            shares = f"({part:.1%}, at most {limit:.1%} allowed)"
            what = (
                f"{told} of all files cannot be used {shares}, most of them in {worst.name}"
                if len(group) > 1
                else f"{worst.name}: {told} cannot be used {shares}"
            )
            raise UserError(
                f"{what}: {worst.worst}; nothing was replaced: correct the file or allow more with "
                "--max-rejected-share"
            )


def _connect(work: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set memory_limit = '2GB'; set TimeZone = 'UTC'")
    con.execute(MACROS)
    con.execute(f"set temp_directory = {literal(work / 'spill')}")
    return con


def _manifest(current: Path) -> dict[str, Landed]:
    path = current / "manifest.json"
    if not path.exists():
        return {}
    return {entry["name"]: Landed(**entry) for entry in json.loads(path.read_text("utf-8"))}


def _next_time(former: Path | None) -> datetime:
    """Now, but after the former landing whatever the clock says: tables grow by these times."""
    now = datetime.now(UTC)
    if former is None:
        return now
    landed_at = datetime.strptime(former.name, GENERATION).replace(tzinfo=UTC)
    return max(now, landed_at + timedelta(milliseconds=1))


def _digest(name: str, path: Path) -> str:
    with reading(name), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
