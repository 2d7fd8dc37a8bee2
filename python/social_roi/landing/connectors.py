"""Reports that a connector keeps in several tables, as one: what they are stands in connectors.yml.

The parts are joined to the table that holds the spend, and its layout then reads the result.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import duckdb
import yaml

from social_roi.errors import UserError
from social_roi.landing.io_errors import reading
from social_roi.landing.records import fetch
from social_roi.landing.sql import identifier, literal

# Which version of a row is the latest, most wanted first.
VERSIONS = ("_fivetran_synced", "updated_time")


class Part(NamedTuple):
    """A file that is read with another. rule: as in connectors.yml."""

    file: str
    path: Path
    rule: Mapping[str, Any]


@cache
def connectors() -> dict[str, list[Mapping[str, Any]]]:
    """The parts by the table that they belong to."""
    path = Path(__file__).parent / "connectors.yml"
    return {name: one["parts"] for name, one in yaml.safe_load(path.read_text("utf-8")).items()}


def find_parts(files: Mapping[str, Path]) -> dict[str, list[Part]]:
    """The parts of each file that has some in its folder.

    Raises UserError for lists of conversions without the table that has their spend.
    """
    tables = {file: table_of(file) for file in files}
    found: dict[str, list[Part]] = {}
    for file, table in tables.items():
        if table not in connectors():
            continue
        folder = PurePosixPath(file).parent
        beside = {tables[other]: other for other in files if PurePosixPath(other).parent == folder}
        parts = [
            Part(beside[rule["table"]], files[beside[rule["table"]]], rule)
            for rule in connectors()[table]
            if rule["table"] in beside
        ]
        if parts:
            found[file] = parts
    used = {part.file for parts in found.values() for part in parts}
    for main, rules in connectors().items():
        for rule in rules:
            orphans = [file for file, table in tables.items() if table == rule["table"]]
            if "list" in rule and (alone := sorted({*orphans} - used)):
                raise UserError(
                    f"{alone[0]}: holds the conversions of {main}, without which they have no "
                    f"spend; put {main} into the same folder"
                )
    return found


def table_of(file: str) -> str:
    """The table that a file's name ends with, such as basic_ad for `facebook_ads.basic_ad.csv`."""
    stem = PurePosixPath(file).name.lower().split(".gz")[0].rsplit(".", 1)[0]
    stem = re.sub(r"(_data)?[\d_-]*$", "", stem)
    names = {name for main, parts in connectors().items() for name in (main, *_tables(parts))}
    fitting = [name for name in names if re.search(rf"(^|[^a-z]){name}$", stem)]
    return max(fitting, key=len, default="")


def with_parts(
    con: duckdb.DuckDBPyConnection, name: str, path: Path, parts: Iterable[Part], work: Path
) -> Path:
    """A Parquet file of a fetched table with what its parts add, in the order of its rows.

    Raises UserError when a part lacks a column that joins it.
    """
    with reading(name):
        con.execute(f"""
            create or replace temp table joined as
            select *, row_number() over () as _row from {_rows(path)}
        """)
    for number, part in enumerate(parts):
        folder = work / f"part_{number}"
        folder.mkdir(exist_ok=True)
        for fetched in fetch(part.file, part.path, folder).values():
            with reading(part.file):
                con.execute(f"create or replace temp view part as select * from {_rows(fetched)}")
                _join(con, name, part)
    target = work / "joined.parquet"
    con.execute(f"""
        copy (select * exclude (_row) from joined order by _row)
        to {literal(target)} (format parquet)
    """)
    return target


def _join(con: duckdb.DuckDBPyConnection, name: str, part: Part) -> None:
    rule = part.rule
    own, its = _columns(con, "joined"), _columns(con, "part")
    is_list = "list" in rule
    wanted = {*rule["join"].values(), *(("action_type", "value") if is_list else ())}
    for file, lacking in ((part.file, wanted - its), (name, {*rule["join"]} - own)):
        if lacking:
            raise UserError(
                f"{file}: has no column {', '.join(sorted(lacking))}, which joins {part.file} and "
                f"{name}; export the whole table"
            )
    keys = ", ".join(identifier(column) for column in rule["join"].values())
    if is_list:
        added = {rule["list"]: "to_json(list({'action_type': action_type, 'value': value}))"}
    else:
        version = next((column for column in VERSIONS if column in its), None)
        latest = f"arg_max({{}}, {identifier(version)})" if version else "max({})"
        added = {
            ours: latest.format(identifier(theirs))
            for ours, theirs in rule["columns"].items()
            if theirs in its
        }
    added = {ours: text for ours, text in added.items() if ours not in own}
    if not added:
        return
    sums = ", ".join(f"{text} as {identifier(ours)}" for ours, text in added.items())
    values = ", ".join(f"added.{identifier(ours)}" for ours in added)
    on = " and ".join(
        f"cast(joined.{identifier(ours)} as varchar) = cast(added.{identifier(theirs)} as varchar)"
        for ours, theirs in rule["join"].items()
    )
    con.execute(f"""
        create or replace temp table joined as
        select joined.*, {values}
        from joined
        left join (select {keys}, {sums} from part group by {keys}) as added on {on}
    """)


def _rows(path: Path) -> str:
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    read = "read_parquet({})" if is_parquet else "read_csv({}, all_varchar = true, header = true)"
    return read.format(literal(path))


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0] for row in con.execute(f"describe {table}").fetchall()}


def _tables(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    return [part["table"] for part in parts]
