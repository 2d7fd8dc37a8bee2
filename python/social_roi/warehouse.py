"""Reading small tables of the marts: as rows for the report, as frames for the notebook."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from social_roi.aws.glue import read_whole
from social_roi.aws.settings import aws_errors, settings
from social_roi.console import JOINERS, printable
from social_roi.dbt_runner import build_dir
from social_roi.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
# By table name: its rows, and the types of its columns.
TableReader = Callable[[str], tuple[list[Row], dict[str, str]]]

# All tables that the report reads: their size does not grow with the number of events.
REPORT_TABLES = (
    "rpt_ad_funnel",
    "rpt_attribution_quality",
    "rpt_attribution_sensitivity",
    "rpt_attribution_sensitivity_summary",
    "rpt_audience",
    "rpt_audience_groups",
    "rpt_budget_moves",
    "rpt_budget_pairs",
    "rpt_campaign_attribution",
    "rpt_campaign_roi",
    "rpt_claims_vs_orders",
    "rpt_conversion_paths",
    "rpt_daily",
    "rpt_data_quality",
    "rpt_data_warnings",
    "rpt_device_funnel",
    "rpt_forecast",
    "rpt_forecast_backtest",
    "rpt_forecast_periods",
    "rpt_money_warnings",
    "rpt_path_length",
    "rpt_platform_attribution",
    "rpt_platform_claims",
    "rpt_platform_funnel",
    "rpt_platform_roi",
    "rpt_rejections",
    "rpt_reported_breakdowns",
    "rpt_reported_daily",
    "rpt_restated_days",
    "rpt_segment_sample",
    "rpt_segments",
    "rpt_time_to_conversion",
    "rpt_totals",
    "segment_centroids",
    "segment_selection",
)

# The nullable pandas type of each SQL type; all others are text.
_DTYPES = {
    **dict.fromkeys(("decimal", "double", "float", "real"), "float64"),
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint", "hugeint"), "Int64"),
    "boolean": "boolean",
}


def read_tables(target: str, input_name: str, names: Sequence[str]) -> dict[str, list[Row]]:
    """Read whole tables of the marts, by name.

    target: `duckdb` or `athena`; input_name: `demo` or `landed`.
    Equal content gives equal rows from both: text (dates as YYYY-MM-DD, unprintable characters of
    names escaped), int, float (decimals too)
    and bool, None for null; rows in the order of their columns, keys first.
    Raises UserError when the database or table does not exist, or another program has it open.
    """
    with _reader(target, input_name) as read:
        return {name: read(name)[0] for name in names}


def read_frames(target: str, input_name: str, names: Sequence[str]) -> "dict[str, pd.DataFrame]":
    """The tables of `read_tables` as frames of str, Int64, float64 and boolean, with nulls."""
    import pandas as pd

    def frame(rows: list[Row], types: dict[str, str]) -> pd.DataFrame:
        columns = {
            name: pd.Series(
                [row[name] for row in rows], dtype=_DTYPES.get(kind.lower().split("(")[0], "str")
            )
            for name, kind in types.items()
        }
        return pd.DataFrame(columns)

    with _reader(target, input_name) as read:
        return {name: frame(*read(name)) for name in names}


@contextmanager
def _reader(target: str, input_name: str) -> Iterator[TableReader]:
    if target == "athena":
        yield _athena_reader(input_name)
        return
    path = build_dir() / f"{input_name}.duckdb"
    if not path.exists():
        options = ("--data folder", "DATA=folder") if input_name == "landed" else ("", "")
        build, make = f"social-roi build {options[0]}".strip(), f"make build {options[1]}".strip()
        raise UserError(f"there is no database {path}: run `{build}` (or `{make}`) first")
    try:
        connection = duckdb.connect(path, read_only=True)
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{path} cannot be opened; is a build or another program using it? ({reason})"
        ) from error
    with connection:
        yield _duckdb_reader(connection, path)


def _duckdb_reader(connection: duckdb.DuckDBPyConnection, path: Path) -> TableReader:
    def read(name: str) -> tuple[list[Row], dict[str, str]]:
        try:
            found = connection.table(f"marts.{name}")
        except duckdb.CatalogException:
            raise _missing(name, str(path)) from None
        types = dict(zip(found.columns, map(str, found.types), strict=True))
        return _rows(found.columns, found.fetchall()), types

    return read


def _athena_reader(input_name: str) -> TableReader:
    where = settings(input_name)

    def read(name: str) -> tuple[list[Row], dict[str, str]]:
        import awswrangler as wr

        with aws_errors(f"reading {name}"):
            types = wr.catalog.get_table_types(database=where.schema, table=name)
            if types is None:
                raise _missing(name, f"the Athena database {where.schema}")
            frame = read_whole(where, name)[list(types)].astype(object)
        frame = frame.where(frame.notna(), None)
        return _rows(list(types), list(frame.itertuples(index=False, name=None))), types

    return read


def _missing(name: str, where: str) -> UserError:
    return UserError(
        f"there is no table {name} in {where}: run `social-roi build` (or `make build`) first"
    )


def _rows(names: Sequence[str], records: Sequence[tuple]) -> list[Row]:
    """The same values and order for the records of either engine."""
    rows = [tuple(map(_plain, record)) for record in records]
    # nulls last, as in both engines and pandas
    rows.sort(key=lambda row: [(value is None, value) for value in row])
    return [dict(zip(names, row, strict=True)) for row in rows]


def _plain(value: Any) -> Any:
    match value:
        case str():
            # here, since everything that people see of the tables is read here
            return printable(value, kept=JOINERS)
        case Decimal():
            return float(value)
        case date():
            return value.isoformat()[:10]
        case float() if value != value:
            return None
    return value
