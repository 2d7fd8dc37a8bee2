"""SQL text for DuckDB: quoted names and values, Parquet in and out."""

import re
from pathlib import Path

import duckdb


def copy_rows(
    con: duckdb.DuckDBPyConnection, columns: dict[str, str], relation: str, path: Path
) -> int:
    """Write `columns` (name to SQL expression) of a relation as Parquet; the number of rows."""
    values = ",\n".join(f"{expression} as {name}" for name, expression in columns.items())
    [[rows]] = con.execute(
        f"copy (select {values} from {relation}) to {literal(path)} (format parquet)"
    ).fetchall()
    return rows


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | int | Path | None) -> str:
    """An SQL literal."""
    if value is None:
        return "cast(null as varchar)"
    if isinstance(value, int):
        return f"cast({value} as bigint)"
    return "'" + str(value).replace("'", "''") + "'"


def parquet_rows(path: Path) -> str:
    """Rows of a Parquet file, with `file_row_number` from 0."""
    return f"read_parquet({file_literal(path)}, file_row_number = true)"


def file_literal(path: Path) -> str:
    """A literal for a file that is to be read, which DuckDB would take for a pattern."""
    return literal(re.sub(r"([\[*?])", r"[\1]", str(path.absolute())))
