"""Reading the small tables that the answers, the report and the figures show."""

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from social_roi.aws.settings import aws_errors, settings
from social_roi.errors import UserError

# All that is ever read for the report: tables whose size does not follow the number of events.
REPORT_TABLES = (
    "rpt_audience",
    "rpt_attribution_sensitivity_summary",
    "rpt_campaign_attribution",
    "rpt_campaign_roi",
    "rpt_conversion_paths",
    "rpt_daily",
    "rpt_data_quality",
    "rpt_data_warnings",
    "rpt_device_funnel",
    "rpt_path_length",
    "rpt_platform_attribution",
    "rpt_platform_claims",
    "rpt_platform_funnel",
    "rpt_platform_roi",
    "rpt_rejections",
    "rpt_segment_sample",
    "rpt_segments",
    "rpt_time_to_conversion",
    "rpt_totals",
    "segment_centroids",
    "segment_selection",
)

_FLOATS = ("decimal", "double", "float", "real")
_INTEGERS = ("tinyint", "smallint", "int", "integer", "bigint", "hugeint")

TableReader = Callable[[str], tuple[pd.DataFrame, dict[str, str]]]


def read_tables(target: str, input_name: str, names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Read whole tables of the marts, by name.

    target: `duckdb` or `athena`; input_name: `demo` or `landed`.
    Equal content gives equal frames from both: text (dates as YYYY-MM-DD), Int64, float64 (decimals
    too) and boolean, with nulls; rows in the order of their columns, keys first.
    Raises UserError when there is no such database or table, or another program holds it.
    """
    if target == "athena":
        read = _athena_reader(input_name)
        return {name: _plain(*read(name)) for name in names}
    path = Path(os.environ.get("SOCIAL_ROI_BUILD", "build")) / f"{input_name}.duckdb"
    if not path.exists():
        raise UserError(f"there is no database {path}: run `make build` first")
    try:
        connection = duckdb.connect(path, read_only=True)
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{path} cannot be opened; is a build or another program using it? ({reason})"
        ) from error
    with connection:
        read = _duckdb_reader(connection, path)
        return {name: _plain(*read(name)) for name in names}


def _duckdb_reader(connection: duckdb.DuckDBPyConnection, path: Path) -> TableReader:
    def read(name: str) -> tuple[pd.DataFrame, dict[str, str]]:
        try:
            found = connection.table(f"marts.{name}")
        except duckdb.CatalogException:
            raise _missing(name, str(path)) from None
        types = dict(zip(found.columns, map(str, found.types), strict=True))
        return found.df(), types

    return read


def _athena_reader(input_name: str) -> TableReader:
    import awswrangler as wr  # takes two seconds, which the local target need not wait for

    where = settings(input_name)

    def read(name: str) -> tuple[pd.DataFrame, dict[str, str]]:
        with aws_errors(f"reading {name}"):
            types = wr.catalog.get_table_types(database=where.schema, table=name)
            if types is None:
                raise _missing(name, f"the Athena database {where.schema}")
            frame = wr.athena.read_sql_query(
                f'select * from "{name}"',
                database=where.schema,
                workgroup=where.work_group,
                ctas_approach=False,
                s3_output=where.staging,
                athena_query_wait_polling_delay=where.poll_seconds,
            )
        return frame, types

    return read


def _missing(name: str, where: str) -> UserError:
    return UserError(f"there is no table {name} in {where}: run `make build` first")


def _plain(frame: pd.DataFrame, types: dict[str, str]) -> pd.DataFrame:
    """The same dtypes and row order, whichever engine the frame came from."""
    plain = pd.DataFrame(
        {name: _series(frame[name], kind.lower().split("(")[0]) for name, kind in types.items()}
    )
    return plain.sort_values(list(plain.columns), ignore_index=True) if len(plain) else plain


def _series(values: pd.Series, kind: str) -> pd.Series:
    if kind in _FLOATS:
        return values.astype("float64")
    if kind in _INTEGERS:
        return values.astype("Int64")
    if kind == "boolean":
        return values.astype("boolean")
    return values.map(_day, na_action="ignore").astype("str")


def _day(value: Any) -> Any:
    return value.isoformat()[:10] if isinstance(value, date) else value
