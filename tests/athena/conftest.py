"""Builds on the Athena target: against AWS, or a local endpoint behind AWS_ENDPOINT_URL."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from social_roi import athena
from social_roi.cli import main
from social_roi.project import PROJECT

PUBLIC_FILE = PROJECT.parent / "shared" / "data" / "social_media_ad_optimization.csv"


@pytest.fixture(scope="session", autouse=True)
def own_schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A schema, a bucket and a build folder of this run's own; gone when it ends."""
    if not os.environ.get("AWS_ENDPOINT_URL") and not os.environ.get("AWS_PROFILE"):
        pytest.exit("no Athena here: set AWS_ENDPOINT_URL (local endpoint) or AWS_PROFILE", 2)
    name = f"social_roi_test_{uuid.uuid4().hex[:8]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_ROI_SCHEMA", name)
        patch.setenv("SOCIAL_ROI_BUCKET", name.replace("_", "-"))
        patch.setenv("SOCIAL_ROI_BUILD", str(tmp_path_factory.mktemp("build")))
        if os.environ.get("AWS_ENDPOINT_URL"):
            patch.setenv("SOCIAL_ROI_POLL_SECONDS", "0.1")
        boto3.client("s3").create_bucket(Bucket=os.environ["SOCIAL_ROI_BUCKET"])
        yield
        _remove_everything(name)


def _remove_everything(name: str) -> None:
    glue = boto3.client("glue")
    for page in glue.get_paginator("get_databases").paginate():
        for database in page["DatabaseList"]:
            if database["Name"].startswith(name):
                glue.delete_database(Name=database["Name"])
    bucket = boto3.resource("s3").Bucket(os.environ["SOCIAL_ROI_BUCKET"])
    bucket.objects.all().delete()
    bucket.delete()


def keys(prefix: str = "") -> list[str]:
    """Every object of the run's bucket below a prefix."""
    bucket = boto3.resource("s3").Bucket(os.environ["SOCIAL_ROI_BUCKET"])
    return [found.key for found in bucket.objects.filter(Prefix=prefix)]


def select(sql: str, input_name: str = "landed") -> list[tuple]:
    """Rows of one query in a schema of this run."""
    import awswrangler as wr

    where = athena.settings(input_name)
    frame = wr.athena.read_sql_query(
        sql,
        database=where.schema,
        workgroup=where.work_group,
        s3_output=where.staging,
        ctas_approach=False,
        athena_query_wait_polling_delay=where.poll_seconds,
    )
    return [tuple(row) for row in frame.itertuples(index=False)]


def public_file() -> Path:
    if not PUBLIC_FILE.exists():
        pytest.skip(f"{PUBLIC_FILE.name} is not here: its licence forbids a copy in the repository")
    return PUBLIC_FILE


@pytest.fixture(scope="session")
def demo_on_athena(own_schema: None) -> None:
    """The demo built, solved and tested on Athena."""
    assert main(["build", "--target", "athena"]) == 0
