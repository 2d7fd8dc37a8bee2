"""The project's models as dbt compiles them, run in one DuckDB process without dbt."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from social_roi.dbt_runner import PROJECT, project_variables, run_dbt
from social_roi.landing.raw_tables import landed_columns
from social_roi.solvers.registry import SOLVERS

Connection = duckdb.DuckDBPyConnection
Model = dict[str, Any]


def compiled(*selected: str) -> list[Model]:
    """Seeds and models in the order in which they can be built: name, relation, kind, sql, reads.

    Incremental tables are built in full. A model that a solver writes has no sql.
    """
    command = ["compile", "--full-refresh", "--exclude", "resource_type:test"]
    command += ["resource_type:unit_test", *(["--select", *selected] if selected else [])]
    models = []
    for run in run_dbt(command, "duckdb", {"input": "landed"}).results:
        node = run.node
        if node.resource_type not in ("seed", "model"):
            continue
        sql = node.compiled_code
        if node.resource_type == "seed":
            path, types = PROJECT / node.original_file_path, node.config.column_types
            sql = f"from read_csv('{path}', header = true, types = {types})"
        elif node.language == "python":
            sql = None
        models.append(
            {
                "name": node.name,
                "relation": node.relation_name,
                "kind": "view" if node.config.materialized == "view" else "table",
                "sql": sql,
                "reads": [
                    other.rsplit(".", 1)[-1] for other in getattr(node.depends_on, "nodes", [])
                ],
            }
        )
    return models


def connect(database: Path, landed: Path | None = None, memory: str = "") -> Connection:
    """A file with the settings of profiles.yml. The raw tables are the landed ones, if any,
    else empty tables."""
    con = duckdb.connect(config={"memory_limit": memory} if memory else {})
    con.execute(f"attach '{database}' as landed (storage_version 'v1.4.0'); use landed")
    con.execute("set TimeZone = 'UTC'; set integer_division = true")
    con.execute("set preserve_insertion_order = false")
    con.execute("create schema if not exists raw; create schema if not exists lookups")
    con.execute("create schema if not exists marts; use landed.marts")
    for table, columns in landed_columns().items():
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        if landed:
            con.execute(f"create or replace view raw.{table} as from '{landed / table}/*.parquet'")
        else:
            con.execute(f"create table if not exists raw.{table} ({typed})")
    return con


class Tables(dict[str, pd.DataFrame]):
    """The tables of a connection, read when they are asked for."""

    def __init__(self, con: Connection) -> None:
        self.con = con

    def __missing__(self, name: str) -> pd.DataFrame:
        return self.con.table(name).df()


def make(con: Connection, model: Model) -> None:
    """One model as dbt would build it."""
    sql = model["sql"]
    if sql is None:
        steps = {table: step for solver in SOLVERS.values() for table, step in solver.steps.items()}
        con.register("solved", steps[model["name"]](Tables(con), project_variables()))
        sql = "from solved"
    con.execute(f"create or replace {model['kind']} {model['relation']} as {sql}")
