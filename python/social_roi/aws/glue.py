"""Tables of the Glue catalog and the files behind them.

Files are published to a new prefix first; then the Glue table is pointed at it. A reader sees the
former data or the new data, never a part of it, and a crash leaves the former.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from social_roi.aws.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


def table_prefix(database: str, table: str) -> str | None:
    """The prefix that a Glue table reads, without its bucket."""
    import awswrangler as wr

    if not wr.catalog.does_table_exist(database=database, table=table):
        return None
    return wr.catalog.get_table_location(database, table).split("/", 3)[3]


def move_table(database: str, table: str, types: dict[str, str], location: str) -> None:
    """Point a Glue table at new files, in one call where it exists."""
    import awswrangler as wr

    wr.catalog.create_database(database, exist_ok=True)
    wr.catalog.create_parquet_table(
        database=database, table=table, path=location, columns_types=types, mode="overwrite"
    )


def remove_prefixes(s3: Any, bucket: str, parent: str, keep: Sequence[str | None]) -> None:
    """Remove former versions except the last, which a running query may still read."""
    for key in object_keys(s3, bucket, parent):
        if not any(prefix and key.startswith(prefix) for prefix in keep):
            s3.delete_object(Bucket=bucket, Key=key)


def object_keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def read_whole(where: Settings, table: str) -> "pd.DataFrame":
    """One small table of the marts schema, with the types of awswrangler."""
    return read_query(where, f'select * from "{table}"')


def read_query(where: Settings, sql: str) -> "pd.DataFrame":
    """The rows of a query in the marts schema; they come as CSV, an empty text as NULL."""
    import awswrangler as wr

    return wr.athena.read_sql_query(
        sql,
        database=where.schema,
        workgroup=where.work_group,
        s3_output=where.staging,
        ctas_approach=False,
        athena_query_wait_polling_delay=where.poll_seconds,
    )
