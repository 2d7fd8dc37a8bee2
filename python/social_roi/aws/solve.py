"""Solvers for Athena: read small tables, solve as on DuckDB, publish the results."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from social_roi.aws.glue import move_table, read_whole, remove_prefixes, table_prefix
from social_roi.aws.settings import Settings, aws_errors

if TYPE_CHECKING:
    import pandas as pd


def solve_on_athena(
    where: Settings,
    options: Mapping[str, Any],
    only: str | None = None,
    progress: Callable[[str], None] = print,
) -> list[str]:
    """Read the solvers' small inputs, run the same functions as on DuckDB, publish the results.

    options: the dbt variables that solvers read. only: one solver's name, else all of
    registry.SOLVERS. Returns the tables published. Raises UserError.
    """
    from social_roi.solvers.registry import SOLVERS, run_solver

    solvers = {name: SOLVERS[name] for name in ([only] if only else SOLVERS)}
    published = []
    for name, solver in solvers.items():
        with aws_errors(f"solving {name}"):
            inputs = {table: read_table(where, table) for table in solver.inputs}
            for table, result in run_solver(solver, inputs, options).items():
                publish(where, table, result)
                published.append(table)
                progress(f"{name}: {table}, {len(result)} rows")
    return published


def read_table(where: Settings, table: str) -> "pd.DataFrame":
    """One small table of the marts schema, with the types of DuckDB's frames."""
    frame = read_whole(where, table)
    kinds = {"Int64": "int64", "Int32": "int32", "Float64": "float64", "boolean": "bool"}
    plain = {
        column: kinds[kind.name] if kind.name == "Float64" or frame[column].notna().all() else kind
        for column, kind in frame.dtypes.items()
        if kind.name in kinds
    }
    return frame.astype(plain)


def publish(where: Settings, table: str, frame: "pd.DataFrame") -> None:
    """Write a solver's result to a new prefix of `<schema>_solved`, then point the table at it."""
    import awswrangler as wr
    import boto3

    parent = f"solved/{where.schema}/{table}/"
    version = f"{parent}{datetime.now(UTC):%Y%m%dT%H%M%S%f}/"
    types = {column: _glue_type(frame[column]) for column in frame.columns}
    path = f"s3://{where.bucket}/{version}"
    s3 = boto3.client("s3", region_name=where.region)
    database = f"{where.schema}_solved"
    former = table_prefix(database, table)
    wr.s3.to_parquet(frame, path=f"{path}0.parquet", index=False, dtype=types)
    move_table(database, table, types, path)
    remove_prefixes(s3, where.bucket, parent, keep=(former, version))


def _glue_type(column: "pd.Series") -> str:
    import pandas as pd

    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "bigint"
    if pd.api.types.is_float_dtype(column):
        return "double"
    return "string"
