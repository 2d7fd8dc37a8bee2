"""Compare every table that two DuckDB builds share, cell by cell.

    python bench/compare.py FORMER.duckdb LATTER.duckdb [--renamed int_old=int_new ...]

The gate of a change that must not move a number: build twice (demo, `bench/scale.py`, or the
databases that `pytest --basetemp=FOLDER tests/python/test_growing.py` leaves), then compare. Rows
are compared as multisets over the columns that both tables have; a double counts as equal when its
first nine significant digits are. Exit code 1 when a shared table differs.
"""

import argparse
import sys
from pathlib import Path

import duckdb


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("former", type=Path)
    parser.add_argument("latter", type=Path)
    parser.add_argument("--renamed", nargs="*", default=[], metavar="OLD=NEW")
    options = parser.parse_args()
    renamed = dict(pair.split("=") for pair in options.renamed)
    con = duckdb.connect()
    for name, path in (("former", options.former), ("latter", options.latter)):
        con.execute(f"attach '{path}' as {name} (read_only)")
    former, latter = tables(con, "former"), tables(con, "latter")
    differing = cells = 0
    for table in sorted(former):
        there = renamed.get(table, table)
        if there not in latter:
            print(f"only in the former: {table}")
            continue
        columns = {
            column: type_
            for column, type_ in former[table].items()
            if latter[there].get(column) == type_
        }
        others = sorted((former[table].keys() | latter[there].keys()) - columns.keys())
        if others:
            print(f"{there}: columns not compared: {', '.join(others)}")
        difference = compare(con, table, there, columns)
        differing += difference is not None
        if difference:
            print(f"{there}: {difference}")
        [[rows]] = con.execute(f"select count(*) from former.marts.{table}").fetchall()
        cells += rows * len(columns)
    for table in sorted(latter.keys() - {renamed.get(table, table) for table in former}):
        print(f"only in the latter: {table}")
    print(f"{cells:,} cells compared; {differing} tables differ")
    return 1 if differing else 0


def tables(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    """Every table's and view's columns with their types."""
    found: dict[str, dict[str, str]] = {}
    for table, column, type_ in con.execute(
        "select table_name, column_name, data_type from duckdb_columns()"
        f" where database_name = '{database}' and schema_name = 'marts' order by column_index"
    ).fetchall():
        found.setdefault(table, {})[column] = type_
    return found


def compare(
    con: duckdb.DuckDBPyConnection, table: str, there: str, columns: dict[str, str]
) -> str | None:
    """What differs, in words; None when nothing does."""
    shown = {
        column: f"printf('%.8e', {column} + 0e0)" if type_ == "DOUBLE" else column
        for column, type_ in columns.items()
    }

    def only(one: str, other: str, cells: list[str]) -> int:
        return con.execute(
            f"select count(*) from (select {', '.join(cells)} from {one}"
            f" except all select {', '.join(cells)} from {other})"
        ).fetchall()[0][0]

    one, other = f"former.marts.{table}", f"latter.marts.{there}"
    gone, new = only(one, other, [*shown.values()]), only(other, one, [*shown.values()])
    if not gone and not new:
        return None
    where = [c for c, cell in shown.items() if only(one, other, [cell]) or only(other, one, [cell])]
    return f"{gone} rows only in the former, {new} only in the latter; columns: {', '.join(where)}"


if __name__ == "__main__":
    sys.exit(main())
