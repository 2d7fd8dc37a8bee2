"""What landing would make of files: read as always, into a folder that is thrown away."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from social_roi.console import print_line
from social_roi.errors import UserError
from social_roi.inputs import find_inputs
from social_roi.landing.connectors import find_parts
from social_roi.landing.explain_logs import log_columns, log_facts, never_landing
from social_roi.landing.explain_matches import Matches
from social_roi.landing.generations import part_of, write_empty_tables
from social_roi.landing.land import Source, connect, land_table, tables_of, without_parts
from social_roi.landing.layouts import HELPERS, is_rate
from social_roi.landing.manifest import Landed
from social_roi.landing.mappings import draft, mappings_for, proposals, propose
from social_roi.landing.persons import Salt
from social_roi.landing.raw_tables import LOG_TABLES, RAW_TABLES
from social_roi.landing.sniff import Shape, UnknownColumns, kept_out
from social_roi.landing.sql import identifier, literal, parquet_rows
from social_roi.landing.unusable import NO_RECORDS

MEASURES = {
    "spend": "spend",
    "impressions": "impressions",
    "clicks": "clicks",
    "clicks_all": "all clicks",
    "reported_conversions": "conversions",
    "reported_revenue": "their value",
    "reported_leads": "leads",
}
LINES_SHOWN = 8
WIDTH = 12


def explain_files(
    paths: Sequence[str | Path],
    landed_dir: Path,
    *,
    mapping: Path | None = None,
    report: Callable[[str], None] = print_line,
) -> None:
    """Say what each file would be taken for; nothing is landed or changed.

    Reports layout, columns, period, lines that are no rows, sums (to hold against the screen the
    file comes from), days that it would replace, and for a sheet that is not known the draft of a
    mapping file; over all files, platforms of which spend and events never meet. Raises UserError
    at the end when a file cannot be used.
    """
    named = find_inputs([Path(path) for path in paths], landed_dir, report)
    parts = find_parts(named)
    refused, matches = [], Matches()
    for file, path in without_parts(named, parts).items():
        report(file)
        with TemporaryDirectory(prefix="social_roi-") as scratch:
            work = Path(scratch) / "work"
            work.mkdir()
            # no person is shown: any salt will do
            salt = Salt(work / "salt")
            con = connect(work)
            write_empty_tables(con, Path(scratch))
            now = datetime.now(UTC).isoformat(" ", "milliseconds").removesuffix("+00:00")
            try:
                mappings = mappings_for(file, path, mapping)
                if mappings:
                    report(_line("mapping", mappings[0].source))
                beside = tuple(parts.get(file, ()))
                source = Source(file, path, tuple(mappings), loaded_at=now, parts=beside)
                found = tables_of(con, source, work, report)
                for name, table in found.items():
                    shape, landed = (
                        table[0],
                        land_table(con, name, source, table, Path(scratch), {}, salt),
                    )
                    if len(found) > 1:
                        report(_line("sheet", name))
                    for line in _facts(con, landed, shape, Path(scratch), landed_dir):
                        report(line)
                    part = part_of(Path(scratch), shape.table, landed.name)
                    matches.add(con, shape.table, part)
            except UserError as error:
                refused.append(file)
                report(_line("refused", str(error)))
                if isinstance(error, UnknownColumns) and (
                    propose(error.header)[1] or proposals(error.header)
                ):
                    report(_line("draft", "of a mapping.yml beside the file:"))
                    for text in draft(file, error.header).splitlines():
                        report(" " * (WIDTH + 2) + text)
            finally:
                con.close()
    for line in matches.lines():
        report(f"check: {line}")
    if refused:
        raise UserError(f"{', '.join(refused)}: cannot be used as it is; see above")


def _facts(
    con: duckdb.DuckDBPyConnection, landed: Landed, shape: Shape, folder: Path, landed_dir: Path
) -> Iterator[str]:
    part = part_of(folder, shape.table, landed.name)
    match = shape.match
    taken_for = shape.table
    if match:
        taken_for += f", layout {match.layout.name}"
        taken_for += f" ({match.language})" if match.language != "own" else ""
    yield _line("taken for", taken_for)
    if shape.lines_before_data:
        names = {"\t": "tab", "": "none"}
        mark = names.get(shape.delimiter, shape.delimiter)
        yield _line("header", f"line {shape.lines_before_data}, delimiter {mark}")
    yield _line("columns", "; ".join(_columns(shape)))
    if match and shape.table in LOG_TABLES:
        yield _line("never lands", never_landing(shape))
    elif shape.unknown:
        yield _line("not read", kept_out(shape))
    if (
        shape.table == "ad_reports"
        and match
        and (rates := [cell.strip() for cell in match.header if _is_left_out(cell, shape)])
    ):
        yield _line("rates", f"{', '.join(rates)} (never added up)")
    yield _line("rows", f"{landed.rows:,}")
    if shape.table == "ad_reports":
        yield from _report_facts(con, part)
    if shape.table in LOG_TABLES:
        yield from (_line(*line) for line in log_facts(con, shape.table, part))
    yield from _set_aside(con)
    if landed.unusable:
        yield _line("unusable", landed.worst)
    for warning in landed.warnings:
        yield _line("warning", warning)
    yield from _replaces(con, landed, part, landed_dir)


def _columns(shape: Shape) -> Iterator[str]:
    if shape.match and shape.table in LOG_TABLES:
        yield from log_columns(shape.match)
    elif shape.match and shape.table == "ad_reports":
        for role, number in shape.match.roles.items():
            ours = "" if role in HELPERS and role not in ("day", "week", "month") else role
            yield f"{shape.match.header[number].strip()} is {ours or role.replace('_', ' ')}"
        if shape.match.currency:
            yield f"currency is {shape.match.currency}, by the header"
        for role, text in shape.match.layout.constants.items():
            yield f"{role} is {text!r} where not told"
    else:
        known = [column.name for column in RAW_TABLES[shape.table]]
        yield from (name for name in known if name in shape.columns)


def _is_left_out(cell: str, shape: Shape) -> bool:
    used = {shape.match.header[number] for number in shape.match.roles.values()}
    return bool(cell.strip()) and cell not in used and is_rate(cell)


def _report_facts(con: duckdb.DuckDBPyConnection, part: Path) -> Iterator[str]:
    sums = ", ".join(f"sum(try_cast({column} as decimal(38, 4)))" for column in MEASURES)
    by_currency = con.execute(f"""
        select currency, sum(try_cast(spend as decimal(38, 4)))
        from {parquet_rows(part)} group by 1 order by 1
    """).fetchall()
    [row] = con.execute(f"""
        select
            min(grain), min(period_start), max(period_end), count(distinct period_start),
            string_agg(distinct currency, ' and ' order by currency),
            string_agg(distinct ad_platform, ', ' order by ad_platform),
            max(clicks_kind), max(conversion_kind), count(replaced_at), {sums}
        from {parquet_rows(part)}
    """).fetchall()
    grain, first, last, periods, currency, platforms, clicks, conversions, replaced, *totals = row
    if not grain:
        return
    yield _line("one row is", grain)
    yield _line("platform", platforms or "not told")
    yield _line("period", f"{first} to {last}, {periods} of them" if first else "not known")
    yield _line("currency", currency or "not told")
    if replaced:
        yield _line("replaced", f"{replaced:,} rows by a later pull: they count nowhere")
    kinds = {"clicks": clicks, "conversions": conversions}
    for name, total in zip(MEASURES.values(), totals, strict=True):
        if name == "spend" and len(by_currency) > 1:
            # money of two currencies is never added
            told = [f"{spend or 0:,.2f} {code or 'of none'}" for code, spend in by_currency]
            yield _line(name, "; ".join(told))
        elif total is not None and not (name == "their value" and len(by_currency) > 1):
            kind = f" ({kinds[name]})" if kinds.get(name) else ""
            yield _line(name, f"{total.normalize():,f}{kind}")


def _set_aside(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    aside = con.execute(f"""
        select line, reason, record from rejects where reason in {NO_RECORDS} order by line
    """).fetchall()
    for line, reason, record in aside[:LINES_SHOWN]:
        yield _line("set aside", f"line {line}, {reason}" + (f": {record[:60]}" if record else ""))
    if len(aside) > LINES_SHOWN:
        yield _line("set aside", f"{len(aside) - LINES_SHOWN:,} more lines")


def _replaces(
    con: duckdb.DuckDBPyConnection, landed: Landed, part: Path, landed_dir: Path
) -> Iterator[str]:
    """The file of the same name, and the days that later rows of this file would replace."""
    current = landed_dir / "current"
    if not (current / landed.raw_table).exists():
        return
    files = literal(f"{current.resolve()}/{landed.raw_table}/*.parquet")
    [[former]] = con.execute(
        f"select count(*) from read_parquet({files}) where _source_file = $1", [landed.name]
    ).fetchall()
    if former:
        yield _line("replaces", f"{former:,} rows landed from a file of this name")
    if landed.raw_table != "ad_reports":
        return
    key = [identifier(name) for name in ("ad_platform", "account_id", "account_name", "grain")]
    same = " and ".join(f"new.{name} is not distinct from old.{name}" for name in key)
    same += " and new.replaced_at is null and old.replaced_at is null"
    # files that landed before there was the column
    old = f"""
        select * from read_parquet({files}, union_by_name = true)
        union all by name (select null::varchar as replaced_at limit 0)
    """
    days = con.execute(
        f"""
        select old._source_file, count(distinct old.period_start)
        from ({old}) as old
        where old._source_file <> $1 and exists (
            select 1 from {parquet_rows(part)} as new
            where {same} and new.period_start = old.period_start
        )
        group by 1 order by 1
    """,
        [landed.name],
    ).fetchall()
    for file, count in days:
        yield _line("replaces", f"{count:,} days of {file}: the file landed later counts")


def _line(what: str, text: str) -> str:
    return f"  {what:{WIDTH}}{text}"
