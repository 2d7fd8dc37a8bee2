"""Compare every model of two builds cell by cell: DuckDB's file against Athena's schema."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import awswrangler as wr
import duckdb
import pandas as pd

from social_roi.aws.glue import read_query
from social_roi.aws.settings import Settings

# The names of one type on both engines.
SAME_TYPE = {
    "varchar": "varchar",
    "string": "varchar",
    "bigint": "bigint",
    "integer": "integer",
    "int": "integer",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}

# Doubles may differ in the last bits: sums and powers are not taken in the same order.
RELATIVE = 1e-9

# An empty text in a result of Athena.
EMPTY = "(an empty text)"


@dataclass
class Comparison:
    """The counts of what was compared, and a text for every difference."""

    models: int = 0
    rows: int = 0
    cells: int = 0
    worst: float = 0.0
    worst_where: str = "nowhere"
    differences: list[str] = field(default_factory=list)

    def line(self) -> str:
        return (
            f"{self.models} models, {self.rows:,} rows, {self.cells:,} cells compared; worst"
            f" relative difference of a double {self.worst:.1e} ({self.worst_where});"
            f" {len(self.differences)} differences"
        )


def compare(models: Sequence[str], database: Path, where: Settings) -> Comparison:
    """All models that both targets have."""
    found = Comparison()
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("set schema = 'marts'; set TimeZone = 'UTC'")
        for model in models:
            _compare_model(model, con, where, found)
    return found


def _compare_model(
    model: str, con: duckdb.DuckDBPyConnection, where: Settings, found: Comparison
) -> None:
    local_types = {
        name: _type(type_) for name, type_, *_ in con.execute(f"describe {model}").fetchall()
    }
    remote_types = {
        name: _type(type_)
        for name, type_ in wr.catalog.get_table_types(where.schema, model).items()
    }
    if local_types != remote_types:
        differing = dict(set(local_types.items()) ^ set(remote_types.items()))
        found.differences.append(f"{model}: columns or types differ: {sorted(differing)}")
        return
    columns = list(local_types)
    local = con.execute(f"select {', '.join(columns)} from {model}").fetchall()
    remote = _remote_rows(model, local_types, where)
    found.models += 1
    found.rows += len(local)
    found.cells += len(local) * len(columns)
    if len(local) != len(remote):
        found.differences.append(f"{model}: {len(local)} rows and {len(remote)} rows")
        return
    doubles = [number for number, name in enumerate(columns) if local_types[name] == "double"]
    order = _order(doubles)
    for ours, theirs in zip(sorted(local, key=order), sorted(remote, key=order), strict=True):
        for number, name in enumerate(columns):
            _compare_cell(f"{model}.{name}", ours[number], theirs[number], found)


def _order(doubles: list[int]) -> Any:
    """Sort rows by their exact cells first, so that a last bit does not change the order."""

    def key(row: tuple[Any, ...]) -> tuple[str, ...]:
        exact = [repr(cell) for number, cell in enumerate(row) if number not in doubles]
        inexact = [_rounded(row[number]) for number in doubles]
        return (*exact, *inexact)

    return key


def _rounded(cell: float | None) -> str:
    return "" if cell is None else f"{cell:.6e}"


def _compare_cell(where: str, ours: Any, theirs: Any, found: Comparison) -> None:
    if isinstance(ours, float) and isinstance(theirs, float):
        scale = max(abs(ours), abs(theirs))
        difference = abs(ours - theirs) / scale if scale else 0.0
        if difference > found.worst:
            found.worst, found.worst_where = difference, where
        if difference <= RELATIVE:
            return
    elif ours == theirs and type(ours) is type(theirs):
        return
    if len(found.differences) < 50:
        found.differences.append(f"{where}: {ours!r} and {theirs!r}")


def _remote_rows(model: str, types: dict[str, str], where: Settings) -> list[tuple[Any, ...]]:
    # in the CSV of Athena's results pandas cannot tell an empty text from NULL
    told = [
        f'case when "{name}" = \'\' then \'{EMPTY}\' else "{name}" end as "{name}"'
        if type_ == "varchar"
        else f'"{name}"'
        for name, type_ in types.items()
    ]
    frame = read_query(where, f'select {", ".join(told)} from "{model}"')
    return [tuple(map(_plain, row)) for row in frame.astype(object).itertuples(index=False)]


def _plain(cell: Any) -> Any:
    """A cell of pandas as the Python value that DuckDB gives."""
    if cell is None or cell is pd.NaT or (not isinstance(cell, Decimal) and pd.isna(cell)):
        return None
    if isinstance(cell, str):
        return "" if cell == EMPTY else cell
    if isinstance(cell, pd.Timestamp):
        return cell.to_pydatetime()
    return cell.item() if hasattr(cell, "item") else cell


def _type(name: str) -> str:
    # Trino types a text literal by its length
    name = re.sub(r"varchar\(\d+\)", "varchar", name.lower())
    return name if name.startswith("decimal") else SAME_TYPE.get(name, name)
