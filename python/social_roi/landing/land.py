"""Land raw files as Parquet: all text, canonical dates and numbers, one new generation at a time.

Three steps per file, block by block. Read its records (`records`), learn its date order and
decimal mark (`formats`), write the contract's columns (`rows`). `generations` keeps the former data
until the last act.
"""

import difflib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from social_roi.console import print_line, printable
from social_roi.errors import UserError
from social_roi.inputs import find_inputs
from social_roi.landing.connectors import Part, find_parts, with_parts
from social_roi.landing.currencies import check_currencies
from social_roi.landing.formats import MACROS
from social_roi.landing.generations import (
    link_parts,
    lost_days,
    part_of,
    point_current_at,
    remove_other_generations,
    remove_parts,
    write_empty_tables,
)
from social_roi.landing.io_errors import reading, writing
from social_roi.landing.manifest import (
    Landed,
    check_share,
    read_manifest,
    similar_order,
    similar_orders,
)
from social_roi.landing.mappings import MappingFile, mappings_for
from social_roi.landing.names import in_a_line, later_downloads
from social_roi.landing.persons import VARIABLE, Salt
from social_roi.landing.raw_tables import LANDED_FILES, LOG_TABLES
from social_roi.landing.records import Blocks, fetch, open_records
from social_roi.landing.rows import write_rows
from social_roi.landing.sniff import Shape, UnknownColumns, kept_out
from social_roi.landing.sql import copy_rows, literal
from social_roi.landing.unusable import NO_RECORDS, in_words, unusable_records
from social_roi.lock import locked

# Part of each file's identity: raise it when the same file would land differently.
FORMAT = 11
# In the landed folder, for its user's eyes only.
SALT = "salt"
GENERATION = "%Y%m%dT%H%M%S%f"


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
    mapping: Path | None = None,
    remove: Sequence[str] = (),
    rates: Path | None = None,
    keeps_salt: bool = True,
    fill: Callable[[Path], None] = lambda part: None,
    report: Callable[[str], None] = print_line,
) -> LandingSummary:
    """Make the landed data exactly these files, or with `add` put them beside what is landed.

    Writes `<landed_dir>/generations/<id>/<raw table>/*.parquet` and, as the last act, points the
    link `<landed_dir>/current` at it; until then the former data stays as it is. `_source_line` is
    the row number a spreadsheet shows: titles, header, blank lines and unreadable records count, a
    quoted line break does not (Parquet: first row = 1). Rows without any value are no records.
    Timestamps keep milliseconds, further digits are cut. mapping: a mapping file for all files,
    instead of the mapping.yml beside them. remove: names of landed files that are to go; the others
    stay, as with `add`. rates: the look-up of exchange rates; without it currencies are left to the
    build. keeps_salt: whether the folder stays, so that a salt made for the persons of logs and
    orders is there next time. fill: fetches a part of the former landing that stands there as an
    empty file.

    Raises UserError when a file cannot be used, one to remove is not landed or the last one, when
    more than `max_rejected_share` of the records of all files, of one with at least 20, or all
    records of one are unusable, when a file shows the order of dates that landed otherwise, when
    one that is put beside others lacks days of the landed file of its name, when several currencies
    have no exchange rate, or while another landing runs.
    """
    with told_in_a_line(report) as report:
        salt = Salt(landed_dir / SALT if keeps_salt else None)
        return _land_files(
            paths, landed_dir, add, max_rejected_share, mapping, remove, rates, salt, fill, report
        )


@contextmanager
def told_in_a_line(
    report: Callable[[str], None],
) -> Iterator[Callable[[str], None]]:
    """Messages and errors hold names and cells of files: each stays one printable line."""
    try:
        yield lambda line: report(printable(line))
    except UserError as error:
        raise UserError(printable(str(error))) from error


def _land_files(
    paths: Sequence[str | Path],
    landed_dir: Path,
    add: bool,
    max_rejected_share: float,
    mapping: Path | None,
    remove: Sequence[str],
    rates: Path | None,
    salt: Salt,
    fill: Callable[[Path], None],
    report: Callable[[str], None],
) -> LandingSummary:
    add = add or bool(remove)
    named = find_inputs([Path(path) for path in paths], landed_dir, report)
    parts = find_parts(named)
    named = without_parts(named, parts)
    with locked(landed_dir, "landing"), writing(landed_dir):
        former_dir = (landed_dir / "current").resolve()
        before_it = read_manifest(landed_dir / "current")
        former = _without(before_it, remove, named)
        remove_other_generations(landed_dir)
        downloads = later_downloads({*named, *(former if add else ())})
        # a later download lands a moment later than the file it restates
        times = {
            name: timedelta(milliseconds=downloads[name].rank if name in downloads else 0)
            for name in named
        }
        now = _next_time(former_dir if before_it else None)
        last = now + max(times.values(), default=timedelta())
        generation = landed_dir / "generations" / last.strftime(GENERATION)
        work = generation / "work"
        work.mkdir(parents=True)
        try:
            con = connect(work)
            write_empty_tables(con, generation)
            landed: dict[str, Landed] = {}

            def read(file: str, digest: str, mappings: Sequence[MappingFile]) -> None:
                loaded_at = (now + times[file]).isoformat(" ", "milliseconds")
                source = Source(
                    file,
                    named[file],
                    tuple(mappings),
                    digest,
                    loaded_at.removesuffix("+00:00"),
                    downloads[file].earlier if file in downloads else "",
                    tuple(parts.get(file, ())),
                )
                for name, table in tables_of(con, source, work, report).items():
                    landed[name] = land_table(
                        con, name, source, table, generation, former | landed, salt
                    )
                    report(landed[name].message)

            for file in sorted(named, key=times.__getitem__):
                mappings = mappings_for(file, named[file], mapping)
                digest = _digest(file, named[file], mappings, parts.get(file, ()))
                before = [one for one in former.values() if one.file == file]
                same_salt = all(not one.salt or one.salt == salt.mark for one in before)
                known = {(one.digest, one.format) for one in before}
                if before and same_salt and known == {(digest, FORMAT)}:
                    for one in before:
                        landed[one.name] = one
                        link_parts(former_dir, generation, one.name)
                        report(one.message)
                else:
                    read(file, digest, mappings)
                    for one in before if add else ():
                        _check_replaced(con, one, former_dir, generation, fill)
            for name, similar in similar_orders(former | landed).items():
                if name in landed:
                    file, digest = landed[name].file, landed[name].digest
                    for one in [one.name for one in landed.values() if one.file == file]:
                        remove_parts(generation, one)
                    read(file, digest, mappings_for(file, named[file], mapping))
                elif add and former[name].date_order != similar.date_order:
                    raise UserError(
                        f"{name} was landed as {former[name].date_order}, since its dates fit both "
                        f"orders; {similar.name} has the same columns and is {similar.date_order}; "
                        "nothing was replaced: land both together"
                    )
            if not landed and not (add and former):
                names = in_a_line(list(named))
                raise UserError(f"{names}: there are no records in any file; nothing was replaced")
            check_share(list(landed.values()), max_rejected_share)
            if add:
                given = {one.file for one in landed.values()}
                for one in former.values():
                    if one.file not in given:
                        _check_kept(one, salt)
                        landed[one.name] = one
                        link_parts(former_dir, generation, one.name)
            changed = landed != before_it
            if changed and rates:
                check_currencies(con, generation, rates)
            if changed:
                manifest = [asdict(file) for file in landed.values()]
                (generation / "manifest.json").write_text(json.dumps(manifest), "utf-8")
                con.close()
                shutil.rmtree(work)
                for name in remove:
                    report(f"{name}: removed")
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


def _without(
    landed: dict[str, Landed], remove: Sequence[str], named: Mapping[str, Path]
) -> dict[str, Landed]:
    """The landed tables without those of the files to remove. named: files that are to land.

    Raises UserError for a name that is not landed, and when nothing would be left.
    """
    files = dict.fromkeys(one.file for one in landed.values())
    for name in remove:
        if name not in files:
            near = difflib.get_close_matches(name, files, n=1, cutoff=0)
            meant = f"did you mean {near[0]}?" if near else "nothing is landed"
            raise UserError(f"{name}: no such file is landed; {meant}")
    kept = {name: one for name, one in landed.items() if one.file not in remove}
    if remove and not kept and not named:
        raise UserError(
            "nothing would be left: land the files that are to take their place instead"
        )
    return kept


def _check_replaced(
    con: duckdb.DuckDBPyConnection,
    former: Landed,
    former_dir: Path,
    generation: Path,
    fill: Callable[[Path], None],
) -> None:
    """Raises UserError when a file that is put beside the others has the name of another one and
    lacks days of it: next week's download of the same name is no correction of this week's."""
    part = part_of(former_dir, former.raw_table, former.name)
    if part.exists() and not part.stat().st_size:
        fill(part)
    lost = lost_days(con, former_dir, generation, former.raw_table, former.name)
    if lost:
        first, last, rows = lost
        period = first if first == last else f"{first} to {last}"
        raise UserError(
            f"{former.name}: a file of this name is landed, with days that this one lacks ({period}"
            f", {rows:,} rows); nothing was replaced: give the new file another name to keep both, "
            "or remove the landed one first (social-roi land --remove)"
        )


Table = tuple[Shape, Callable[[], Blocks]]


class Source(NamedTuple):
    """A file to land. earlier: the name of the file that it downloads again. parts: files that are
    read with it."""

    file: str
    path: Path
    mappings: tuple[MappingFile, ...] = ()
    digest: str = ""
    loaded_at: str = ""
    earlier: str = ""
    parts: tuple[Part, ...] = ()


def without_parts(
    named: Mapping[str, Path], parts: Mapping[str, Sequence[Part]]
) -> dict[str, Path]:
    """The files that are landed themselves."""
    read_with = {part.file for some in parts.values() for part in some}
    return {file: path for file, path in named.items() if file not in read_with}


def tables_of(
    con: duckdb.DuckDBPyConnection, source: Source, work: Path, report: Callable[[str], None]
) -> dict[str, Table]:
    """The tables of one file, by the name under which each is landed. Sheets that hold none are
    named and left out. Raises UserError when none does, or one has a fault."""
    tables, refused = {}, []
    found = fetch(source.file, source.path, work)
    if source.parts and found:
        found = {"": with_parts(con, source.file, found[""], source.parts, work)}
        report(f"{source.file}: read with {', '.join(part.file for part in source.parts)}")
    for sheet, path in found.items():
        where = f"{source.file} [{sheet}]" if sheet else source.file
        try:
            tables[where] = open_records(con, where, path, source.mappings)
        except UnknownColumns as error:
            refused.append(error)
    if refused and not tables:
        raise refused[0]
    for error in refused:
        report(f"passed over the sheet {error}")
    if not found:
        report(f"{source.file}: passed over, there are no records in it")
    if len(tables) == 1:
        tables = dict(zip([source.file], tables.values(), strict=True))
    return tables


def land_table(
    con: duckdb.DuckDBPyConnection,
    name: str,
    source: Source,
    table: Table,
    generation: Path,
    others: Mapping[str, Landed],
    salt: Salt,
) -> Landed:
    """Learn the formats of one table and write its parts.

    others: tables that are landed, some of which may show the order of its dates. salt: of persons.
    """
    (shape, read), now, earlier = table, source.loaded_at, source.earlier
    part = part_of(generation, shape.table, name)
    constants = {"_source_file": name, "_loaded_at": now}
    header = shape.match.header if shape.match else (*shape.columns, *shape.unknown)
    columns = ", ".join(sorted(filter(None, header)))
    similar = similar_order(name, shape.table, columns, others.values())
    reading, rows, doubtful = write_rows(con, shape, read, part, constants, salt, similar)
    formats = reading.formats

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
    if earlier in others and others[earlier].raw_table == shape.table:
        counts = (
            "for a day, campaign and ad that are in both, this file's spend counts"
            if shape.table == "ad_spend"
            else "what is in both counts once"
        )
        warnings.append(f"taken as a later download of {earlier}: {counts}")
    if rejected and not rows:
        warnings.append("no line of the file is left as a row")
    found = unusable_records(con, shape.table, part, doubtful)
    if shape.table in LOG_TABLES:
        # a cell in the wrong column may be anything of a person
        found = [one._replace(found=None) for one in found]
    unusable = [one for one in found if one.reason not in NO_RECORDS]
    all_records, records = (sum(one.records for one in some) for some in (found, unusable))
    layout = f" ({shape.match.layout.name})" if shape.match else ""
    message = f"{name}: {shape.table}{layout}, {rows:,} rows, {all_records:,} rejected"
    message += f": {in_words(found)}" if found else ""
    if formats.date_order in ("m-d-y", "d-m-y"):
        message += f"; dates {formats.date_order}"
    message += f"; kept out: {kept_out(shape)}" if shape.unknown else ""
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
        file=source.file,
        digest=source.digest,
        format=FORMAT,
        raw_table=shape.table,
        rows=rows,
        rejected=rejected,
        total_rows=all_records - records,
        unusable=records,
        worst=in_words(unusable),
        message=message,
        columns=columns,
        date_order=formats.date_order,
        is_order_open=formats.is_order_open,
        date_order_like=similar.name if formats.is_order_open and similar else "",
        warnings=tuple(warnings),
        salt=salt.mark if shape.table in LOG_TABLES else "",
    )


def _check_kept(file: Landed, salt: Salt) -> None:
    """Raises UserError for a file that is kept and whose rows are in another form, or whose persons
    would meet no others."""
    if file.format != FORMAT:
        raise UserError(
            f"{file.name} was landed by an earlier version; nothing was replaced: land it together "
            "with the new files"
        )
    if file.salt and file.salt != salt.mark:
        raise UserError(
            f"{file.name} was landed with another salt ({VARIABLE}, or the file {SALT} of the "
            "landed data): its persons would meet none of the new files; nothing was replaced: "
            "land it together with them"
        )


def connect(work: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set memory_limit = '200MB'; set TimeZone = 'UTC'")
    con.execute(MACROS)
    con.execute(f"set temp_directory = {literal(work / 'spill')}")
    return con


def _next_time(former: Path | None) -> datetime:
    """Now, but after the former landing whatever the clock says: tables grow by these times."""
    now = datetime.now(UTC)
    if former is None:
        return now
    landed_at = datetime.strptime(former.name, GENERATION).replace(tzinfo=UTC)
    return max(now, landed_at + timedelta(milliseconds=1))


def _digest(name: str, path: Path, mappings: Sequence[MappingFile], parts: Sequence[Part]) -> str:
    """Of the file, its parts, and of what is said about it."""
    with reading(name), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    for part in parts:
        with reading(part.file), part.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    for text in sorted({one.text for one in mappings}):
        digest.update(text.encode())
    return digest.hexdigest()
