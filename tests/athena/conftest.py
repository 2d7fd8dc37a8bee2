"""Builds on the Athena target: against AWS, or a local endpoint behind AWS_ENDPOINT_URL.

A run deploys a stack of its own and works with nothing but its outputs. Two builds serve all
tests: the demo, with all dbt tests, and the public file. In the end the stack is undeployed.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import datetime, tzinfo
from io import StringIO
from pathlib import Path

import boto3
import pytest

from athena.deployment import deployed, is_local, left_of
from athena.proxy import behind_proxy
from athena.trace import Call, recording
from social_roi.aws import deploy
from social_roi.aws.glue import read_query
from social_roi.aws.settings import settings
from social_roi.cli import main
from social_roi.dbt_runner import PROJECT, run_dbt
from social_roi.solvers.registry import solved_tables

PUBLIC_FILE = PROJECT.parent / "shared" / "data" / "social_media_ad_optimization.csv"
SOLVED = tuple(f"{table}+" for table in solved_tables())
NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


@pytest.fixture(scope="session", autouse=True)
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The outputs of this run's stack, exported as `make deploy` prints them.

    Undeployed with its data at the end: then nothing of it may remain.
    """
    if not os.environ.get("AWS_ENDPOINT_URL") and not os.environ.get("AWS_PROFILE"):
        pytest.exit("no Athena here: set AWS_ENDPOINT_URL (local endpoint) or AWS_PROFILE", 2)
    outputs = deployed(f"roi{uuid.uuid4().hex[:8]}")
    with pytest.MonkeyPatch.context() as patch:
        for line in deploy.exports(outputs):
            variable, _, value = line.removeprefix("export ").partition("=")
            patch.setenv(variable, value)
        patch.setenv("SOCIAL_ROI_BUILD", str(tmp_path_factory.mktemp("build")))
        if is_local():
            patch.setenv("SOCIAL_ROI_POLL_SECONDS", "0.1")
        yield outputs
        deploy.down(outputs["Stack"], delete_data=True, is_sure=True)
        assert left_of(outputs) == set()


@pytest.fixture(scope="session")
def build_calls() -> set[Call]:
    """The requests of this run's builds to AWS; filled by the two fixtures below."""
    return set()


@pytest.fixture(scope="session")
def interrupted_demo(stack: dict[str, str]) -> str:
    """The error message of a demo build whose connection drops in the middle."""
    if not is_local():
        return ""
    with behind_proxy(dies_at=60), redirect_stderr(StringIO()) as printed:
        assert main(["build", "--target", "athena"]) == 2
    return printed.getvalue()


@pytest.fixture(scope="session")
def demo_on_athena(stack: dict[str, str], build_calls: set[Call], interrupted_demo: str) -> None:
    """The demo built, solved and tested on Athena, where a former build was interrupted."""
    with recording(stack, build_calls):
        assert main(["build", "--target", "athena"]) == 0


@pytest.fixture(scope="session")
def public_file_on_athena(stack: dict[str, str], build_calls: set[Call]) -> None:
    """The public file, dropped into inbox/, then landed from there and built, but not solved."""
    key = f"inbox/{public_file().name}"
    boto3.client("s3").upload_file(str(public_file()), stack["Bucket"], key)
    with recording(stack, build_calls):
        land_at_noon("--target", "athena", f"s3://{stack['Bucket']}/inbox/")
        # its dbt tests are the demo's; what the solvers feed is built, and empty
        run_dbt(["build", *NO_TESTS], "athena", {"input": "landed"})


class Noon(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return cls(2026, 11, 25, 12, tzinfo=tz)


def land_at_noon(*arguments: str) -> None:
    """Land with a fixed time, which rows carry on into the tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("social_roi.landing.land.datetime", Noon)
        assert main(["land", *arguments]) == 0


def keys(prefix: str = "") -> list[str]:
    """Every object of the run's bucket below a prefix."""
    bucket = boto3.resource("s3").Bucket(os.environ["SOCIAL_ROI_BUCKET"])
    return [found.key for found in bucket.objects.filter(Prefix=prefix)]


def select(sql: str, input_name: str = "landed") -> list[tuple]:
    """Rows of one query in a schema of this run."""
    frame = read_query(settings(input_name), sql)
    return [tuple(row) for row in frame.itertuples(index=False)]


def public_file() -> Path:
    if not PUBLIC_FILE.exists():
        pytest.skip(f"{PUBLIC_FILE.name} is not here: its licence forbids a copy in the repository")
    return PUBLIC_FILE
