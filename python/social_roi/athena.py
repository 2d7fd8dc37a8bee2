"""The Athena side of the sidecar: landing to S3 and Glue, and solving beside the warehouse.

Whatever is published goes to a new prefix first; then the Glue table is moved there. A reader sees
the former data or the new, never half of it, and a crash leaves the former.
"""

import functools
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from social_roi.advice import advised
from social_roi.console import print_line
from social_roi.contract import landed_columns
from social_roi.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

# Statements that Athena bills, behind the comments that dbt puts before them.
BILLED = re.compile(
    r"(\s|--[^\n]*\n|/\*.*?\*/)*(select|with|insert|merge|delete|update)\b", re.I | re.S
)


@dataclass(frozen=True)
class Settings:
    """Where this project lives on AWS: the same variables as in profiles.yml."""

    bucket: str
    schema: str
    work_group: str
    staging_prefix: str
    region: str
    poll_seconds: float

    @property
    def staging(self) -> str:
        return f"s3://{self.bucket}/{self.staging_prefix}/"


def settings(input_name: str) -> Settings:
    """The settings of the demo's or of the landed data's schema, from the environment."""
    schema = os.environ.get("SOCIAL_ROI_SCHEMA", "social_roi")
    return Settings(
        bucket=os.environ.get("SOCIAL_ROI_BUCKET", "social-roi"),
        schema=f"{schema}_demo" if input_name == "demo" else schema,
        work_group=os.environ.get("SOCIAL_ROI_WORK_GROUP", "primary"),
        staging_prefix=os.environ.get("SOCIAL_ROI_STAGING_PREFIX", "results"),
        region=os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "us-east-1")),
        poll_seconds=float(os.environ.get("SOCIAL_ROI_POLL_SECONDS", "1")),
    )


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Turn what boto3 and awswrangler raise into one line. Raises UserError."""
    from awswrangler.exceptions import QueryCancelled, QueryFailed
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError, QueryCancelled, QueryFailed) as error:
        raise UserError(f"{doing}: {advised(' '.join(str(error).split()))}") from error


@functools.cache
def share_service_descriptions() -> None:
    """Let all AWS sessions of this process read botocore's descriptions of the services once.

    dbt opens a session per model and test, and each parses megabytes of JSON: two thirds of dbt's
    own time.
    """
    from botocore.loaders import JSONFileLoader, Loader

    shared = JSONFileLoader()
    shared.load_file = functools.cache(shared.load_file)
    Loader.FILE_LOADER_CLASS = staticmethod(lambda: shared)


@contextmanager
def bytes_scanned() -> Iterator[dict[str, list[int]]]:
    """What dbt's queries on Athena scan while this lasts: by node the bytes of each query that is
    billed. Statements about tables, rather than their rows, cost nothing.

    dbt's own result of a node tells the last query's, which of a table that grows is the least.
    """
    from dbt.adapters.athena.connections import AthenaCursor
    from dbt_common.events.contextvars import get_node_info

    scanned: dict[str, list[int]] = defaultdict(list)
    execute = AthenaCursor.execute

    def counted(cursor: Any, *query: Any, **named: Any) -> Any:
        done = execute(cursor, *query, **named)
        scans = cursor.data_scanned_in_bytes
        if scans or BILLED.match(cursor.query or ""):
            node = get_node_info().get("node_name", "dbt itself")
            scanned[node].append(scans)
        return done

    AthenaCursor.execute = counted
    try:
        yield scanned
    finally:
        AthenaCursor.execute = execute


def check_access(where: Settings) -> None:
    """See that credentials, bucket and work group are fit for a build before any work is done.

    Raises UserError that names the one that is not.
    """
    import boto3

    check_bucket(where)
    with aws_errors(f"work group {where.work_group}"):
        athena = boto3.client("athena", region_name=where.region)
        group = athena.get_work_group(WorkGroup=where.work_group)["WorkGroup"]["Configuration"]
    location = group.get("ResultConfiguration", {}).get("OutputLocation")
    if location and group.get("EnforceWorkGroupConfiguration"):
        raise UserError(
            f"work group {where.work_group} enforces its own output location, {location}: tables"
            " would lie among the results of queries; set SOCIAL_ROI_WORK_GROUP to a work group"
            " that does not enforce its settings"
        )


def check_bucket(where: Settings) -> None:
    """See that the bucket is there. Raises UserError."""
    import boto3

    # a list, since S3 answers the cheaper HEAD without saying what is wrong
    with aws_errors(f"s3://{where.bucket}"):
        s3 = boto3.client("s3", region_name=where.region)
        s3.list_objects_v2(Bucket=where.bucket, MaxKeys=1)


# --- landing -----------------------------------------------------------------------------------


def land_to_s3(
    paths: Sequence[str], where: Settings, *, add: bool, max_rejected_share: float
) -> None:
    """Land files as on the laptop, then publish the raw tables to `<schema>_raw`.

    paths: local files and folders, and `s3://` objects and prefixes.
    Files that are landed already are copied inside S3, not read again. Raises UserError.
    """
    import boto3

    from social_roi.landing import land_files

    check_bucket(where)
    with aws_errors("landing to S3"), tempfile.TemporaryDirectory(prefix="social_roi-") as scratch:
        s3 = boto3.client("s3", region_name=where.region)
        landed_dir = Path(scratch) / "landed"
        former = _former_generation(where)
        if former:
            _mirror(s3, where.bucket, former, landed_dir)
        given = _fetch_inputs(s3, paths, Path(scratch) / "inputs")
        with _named_as_given(given) as report:
            summary = land_files(
                list(given),
                landed_dir,
                add=add,
                max_rejected_share=max_rejected_share,
                report=report,
            )
        if former and not summary.changed:
            return
        generation = f"raw/{where.schema}/{(landed_dir / 'current').resolve().name}/"
        _upload(s3, where.bucket, landed_dir / "current", former, generation)
        _register_raw(where, generation)
        _remove_prefixes(s3, where.bucket, f"raw/{where.schema}/", keep=(former, generation))


def _former_generation(where: Settings) -> str | None:
    """The prefix of the raw tables that readers see now, where landing wrote them."""
    location = _location(f"{where.schema}_raw", "landed_files")
    if location is None or not location.startswith(f"raw/{where.schema}/"):
        return None
    return location.removesuffix("landed_files/")


def _location(database: str, table: str) -> str | None:
    """The prefix that a Glue table reads, without its bucket."""
    import awswrangler as wr

    if not wr.catalog.does_table_exist(database=database, table=table):
        return None
    return wr.catalog.get_table_location(database, table).split("/", 3)[3]


def _mirror(s3: Any, bucket: str, former: str, landed_dir: Path) -> None:
    """The former generation as landing expects it, with empty files in place of its parts."""
    from social_roi.landing.names import path_below

    generation = path_below(landed_dir / "generations", former.split("/")[-2], former)
    for key in _keys(s3, bucket, former):
        path = path_below(generation, key.removeprefix(former), f"s3://{bucket}/{key}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    s3.download_file(bucket, former + "manifest.json", str(generation / "manifest.json"))
    (landed_dir / "current").symlink_to(generation.relative_to(landed_dir))


def _fetch_inputs(s3: Any, paths: Sequence[str], folder: Path) -> dict[str, str]:
    """What was given, by local path; `s3://` objects are downloaded below the scratch folder."""
    from social_roi.landing.faults import reading
    from social_roi.landing.names import path_below

    given = {}
    for number, path in enumerate(paths):
        if not path.startswith("s3://"):
            given[path] = path
            continue
        bucket, _, key = path.removeprefix("s3://").partition("/")
        prefix = f"{key.rstrip('/')}/" if key else ""
        found = [one for one in _keys(s3, bucket, key) if not one.endswith("/")]
        keys = [key] if key in found else [one for one in found if one.startswith(prefix)]
        if not keys:
            raise UserError(f"{path}: nothing there; give an object or a prefix that holds files")
        target = folder / f"{number:04}"
        for one in keys:
            inside = Path(one).name if one == key else one.removeprefix(prefix)
            local = path_below(target, inside, f"s3://{bucket}/{one}")
            with reading(f"s3://{bucket}/{one}"):
                local.parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(bucket, one, str(local))
        given[str(target / Path(key).name if key in found else target)] = path.rstrip("/")
    return given


@contextmanager
def _named_as_given(given: Mapping[str, str]) -> Iterator[Callable[[str], None]]:
    """A printer of messages, and errors, that name files as the user did. Raises UserError."""

    def renamed(message: str) -> str:
        for local, name in given.items():
            message = message.replace(local, name)
        return message

    try:
        yield lambda line: print_line(renamed(line))
    except UserError as error:
        raise UserError(renamed(str(error))) from error


def _upload(s3: Any, bucket: str, current: Path, former: str | None, generation: str) -> None:
    for path in sorted(current.resolve().rglob("*")):
        if not path.is_file():
            continue
        inside = path.relative_to(current.resolve()).as_posix()
        if path.stat().st_size:
            s3.upload_file(str(path), bucket, generation + inside)
        else:
            source = {"Bucket": bucket, "Key": f"{former}{inside}"}
            s3.copy(source, bucket, generation + inside)


def _register_raw(where: Settings, generation: str) -> None:
    # landed_files comes last: its location says which generation is the current one
    for table, columns in landed_columns().items():
        types = {name: "string" if kind == "text" else kind for name, kind in columns.items()}
        location = f"s3://{where.bucket}/{generation}{table}/"
        _move_table(f"{where.schema}_raw", table, types, location)


def _move_table(database: str, table: str, types: dict[str, str], location: str) -> None:
    """Point a Glue table at new files, in one call where it exists."""
    import awswrangler as wr

    wr.catalog.create_database(database, exist_ok=True)
    wr.catalog.create_parquet_table(
        database=database, table=table, path=location, columns_types=types, mode="overwrite"
    )


def _remove_prefixes(s3: Any, bucket: str, parent: str, keep: Sequence[str | None]) -> None:
    """Remove former versions but the last, which a running query may still read."""
    for key in _keys(s3, bucket, parent):
        if not any(prefix and key.startswith(prefix) for prefix in keep):
            s3.delete_object(Bucket=bucket, Key=key)


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


# --- solving -----------------------------------------------------------------------------------


def solve(
    where: Settings,
    options: Mapping[str, Any],
    only: str | None = None,
    say: Callable[[str], None] = print,
) -> list[str]:
    """Read the solvers' small inputs, run the same functions as on the laptop, publish the results.

    options: the dbt variables that solvers read. only: one solver's name, else all of
    solvers.SOLVERS. Returns the tables published. Raises UserError.
    """
    from social_roi.solvers import SOLVERS, run_solver

    solvers = {name: SOLVERS[name] for name in ([only] if only else SOLVERS)}
    published = []
    for name, solver in solvers.items():
        with aws_errors(f"solving {name}"):
            inputs = {table: read_table(where, table) for table in solver.inputs}
            for table, result in run_solver(solver, inputs, options).items():
                publish(where, table, result)
                published.append(table)
                say(f"{name}: {table}, {len(result)} rows")
    return published


def read_table(where: Settings, table: str) -> "pd.DataFrame":
    """One small table of the marts schema, with the types that DuckDB's frames have."""
    import awswrangler as wr

    frame = wr.athena.read_sql_query(
        f'select * from "{table}"',
        database=where.schema,
        workgroup=where.work_group,
        s3_output=where.staging,
        ctas_approach=False,
        athena_query_wait_polling_delay=where.poll_seconds,
    )
    kinds = {"Int64": "int64", "Int32": "int32", "Float64": "float64", "boolean": "bool"}
    plain = {
        column: kinds[kind.name] if kind.name == "Float64" or frame[column].notna().all() else kind
        for column, kind in frame.dtypes.items()
        if kind.name in kinds
    }
    return frame.astype(plain)


def publish(where: Settings, table: str, frame: "pd.DataFrame") -> None:
    """Write a solver's result to a new prefix of `<schema>_solved` and move the table there."""
    import awswrangler as wr
    import boto3

    parent = f"solved/{where.schema}/{table}/"
    version = f"{parent}{datetime.now(UTC):%Y%m%dT%H%M%S%f}/"
    types = {column: _glue_type(frame[column]) for column in frame.columns}
    path = f"s3://{where.bucket}/{version}"
    s3 = boto3.client("s3", region_name=where.region)
    database = f"{where.schema}_solved"
    former = _location(database, table)
    wr.s3.to_parquet(frame, path=f"{path}0.parquet", index=False, dtype=types)
    _move_table(database, table, types, path)
    _remove_prefixes(s3, where.bucket, parent, keep=(former, version))


def _glue_type(column: "pd.Series") -> str:
    import pandas as pd

    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "bigint"
    if pd.api.types.is_float_dtype(column):
        return "double"
    return "string"
