"""Failures: one line, exit code 2, and a second run completes the work."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import boto3
import pytest
from botocore.config import Config

from athena.conftest import public_file, select
from athena.deployment import is_local
from athena.proxy import behind_proxy, refusal
from social_roi.cli import main
from social_roi.dbt_runner import run_dbt
from social_roi.errors import UserError

BUILD = ("build", "--target", "athena")

# AWS takes no limit below 10 MB, and no proxy can read what is sent to it
only_local = pytest.mark.skipif(not is_local(), reason="needs the local endpoint")

Refused = Callable[..., str]


def one_line(printed: str) -> str:
    """The last line of what was printed, the only one about what went wrong."""
    assert "Traceback" not in printed
    *steps, error = printed.strip().splitlines()
    assert error.startswith("social-roi: ")
    assert all(step.endswith(" s") or step.endswith("...") for step in steps), steps
    return error


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    def run(*arguments: str) -> str:
        capsys.readouterr()
        assert main(arguments) == 2
        return one_line(capsys.readouterr().err)

    return run


@contextmanager
def work_group(**configuration: object) -> Iterator[str]:
    """A work group of a test's own, in use."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    # the client would refuse a limit of less than 10 MB, more than any query of the demo reads
    athena = boto3.client("athena", config=Config(parameter_validation=False))
    athena.create_work_group(Name=name, Configuration=configuration)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_ROI_WORK_GROUP", name)
        yield name
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


# --- credentials -------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [BUILD, ("answers", "--target", "athena")])
def test_without_credentials(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    assert "no AWS credentials" in refused(*command)


@only_local
@pytest.mark.parametrize("command", [BUILD, ("answers", "--target", "athena")])
def test_with_expired_credentials(command: tuple[str, ...], refused: Refused) -> None:
    def expired(sent: bytes) -> bytes:
        code = "ExpiredTokenException" if b"AWSGlue" in sent else "ExpiredToken"
        return refusal(sent, code, "The security token included in the request is expired")

    with behind_proxy(expired):
        assert "credentials have expired: sign in again" in refused(*command)


@only_local
def test_with_a_database_without_permissions(stack: dict[str, str], refused: Refused) -> None:
    database = f"{stack['Schema']}_demo"

    def denied(sent: bytes) -> bytes | None:
        if b"AWSGlue." not in sent or database.encode() not in sent:
            return None
        action = sent.partition(b"AWSGlue.")[2].partition(b"\r")[0].decode()
        who = "User: arn:aws:iam::123456789012:user/somebody is not authorized to perform"
        what = f"glue:{action} on resource: arn:aws:glue:us-east-1:123456789012:{database}"
        return refusal(sent, "AccessDeniedException", f"{who}: {what}")

    with behind_proxy(denied):
        error = refused(*BUILD)
    assert database in error
    assert "the credentials lack a permission" in error


# --- bucket and work group ---------------------------------------------------------------------


def test_without_the_bucket(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUCKET", "nobody-has-this-bucket")
    for command in (BUILD, ("land", "--target", "athena", str(public_file()))):
        error = refused(*command)
        assert "nobody-has-this-bucket" in error
        assert "SOCIAL_ROI_BUCKET" in error


def test_without_the_work_group(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.setenv("SOCIAL_ROI_WORK_GROUP", "nobody_has_this_group")
    error = refused(*BUILD)
    assert "nobody_has_this_group" in error
    assert "SOCIAL_ROI_WORK_GROUP" in error


def test_with_a_work_group_that_enforces_its_output_location(
    stack: dict[str, str], refused: Refused
) -> None:
    location = f"s3://{stack['Bucket']}/results/build/"
    with work_group(
        EnforceWorkGroupConfiguration=True, ResultConfiguration={"OutputLocation": location}
    ) as name:
        error = refused(*BUILD)
    assert f"work group {name} enforces its own output location, {location}" in error
    assert "SOCIAL_ROI_WORK_GROUP" in error


@only_local
def test_with_a_limit_of_bytes_that_a_query_exceeds(demo_on_athena: None, refused: Refused) -> None:
    with work_group(EnforceWorkGroupConfiguration=False, BytesScannedCutoffPerQuery=1):
        assert "limit of bytes per query" in refused("solve", "--target", "athena")
        with pytest.raises(UserError, match="limit of bytes per query") as raised:
            run_dbt(["run", "--select", "rpt_totals"], "athena", {"input": "demo"})
    assert "\n" not in str(raised.value)


# --- connection --------------------------------------------------------------------------------


def test_without_a_connection(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert "no connection to AWS" in refused(*BUILD)


@only_local
def test_a_build_that_lost_its_connection_is_completed_by_the_next(
    interrupted_demo: str, demo_on_athena: None
) -> None:
    error = one_line(interrupted_demo)
    assert "building and testing what the solvers read" in error
    assert "connection to AWS" in error
    assert select("select count(*) from rpt_segments", "demo") != [(0,)]
