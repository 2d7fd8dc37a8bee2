"""Generations of the landed data: the one that `current` points at, and the next one."""

import hashlib
import os
import shutil
from pathlib import Path

import duckdb

from social_roi.landing.raw_tables import landed_columns
from social_roi.landing.sql import copy_rows, literal

# The day of a row, by raw table.
DAYS = {
    "ad_events": "occurred_at",
    "ad_interactions": "interaction_at",
    "ad_reports": "period_start",
    "ad_spend": "spend_date",
    "orders": "ordered_at",
    "web_events": "occurred_at",
}


def point_current_at(landed_dir: Path, generation: Path) -> None:
    new = landed_dir / ".current.new"
    new.unlink(missing_ok=True)
    new.symlink_to(generation.relative_to(landed_dir))
    new.replace(landed_dir / "current")


def remove_other_generations(landed_dir: Path) -> None:
    """Remove all but what `current` points at: former ones, and leftovers of a failed landing."""
    current = (landed_dir / "current").resolve()
    generations = landed_dir / "generations"
    for path in generations.iterdir() if generations.exists() else ():
        if path.resolve() != current:
            shutil.rmtree(path)


def write_empty_tables(con: duckdb.DuckDBPyConnection, generation: Path) -> None:
    """A typed part without rows in each table, so that a reader finds all of them.

    Its name sorts last: DuckDB guesses the size of a table from its first file.
    """
    for table, columns in landed_columns().items():
        (generation / table).mkdir()
        typed = {column: f"null::{kind}" for column, kind in columns.items()}
        copy_rows(con, typed, "range(0)", generation / table / "no_rows.parquet")


def part_of(generation: Path, table: str, name: str) -> Path:
    """Where a landed file's rows are: the same in every generation, for any file name."""
    return generation / table / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.parquet"


def link_parts(former: Path, generation: Path, name: str) -> None:
    for folder in [path for path in generation.iterdir() if path.name != "work"]:
        part = part_of(former, folder.name, name)
        if part.exists():
            try:
                os.link(part, folder / part.name)
            except OSError:
                shutil.copyfile(part, folder / part.name)


def lost_days(
    con: duckdb.DuckDBPyConnection, former: Path, generation: Path, table: str, name: str
) -> tuple[str, str, int] | None:
    """First and last day, and the rows, of a landed file's days that are not in the file which took
    its name. None if there is none, or the table has no days."""
    before, now = (part_of(folder, table, name) for folder in (former, generation))
    if table not in DAYS or not before.exists():
        return None
    day = f"left(cast({DAYS[table]} as varchar), 10)"
    kept = f"select {day} from {literal(str(now))} where {day} is not null"
    [[first, last, rows]] = con.execute(
        f"select min({day}), max({day}), count({day}) from {literal(str(before))}"
        + (f" where {day} not in ({kept})" if now.exists() else "")
    ).fetchall()
    return (first, last, rows) if rows else None


def remove_parts(generation: Path, name: str) -> None:
    """Before a file is landed anew: its parts may be links to those of the former generation."""
    for folder in [path for path in generation.iterdir() if path.name != "work"]:
        part_of(generation, folder.name, name).unlink(missing_ok=True)
