"""Messages and shared state of the Athena side, without AWS."""

from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from social_roi.aws.settings import aws_errors
from social_roi.dbt_runner import format_failures, share_service_descriptions
from social_roi.errors import UserError, advice
from social_roi.landing.names import path_below


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("not authorized to perform: athena:GetWorkGroup on resource: a/workgroup/b", "permission"),
        ("(403) when calling the HeadObject operation: Forbidden", "permission"),
        ("WorkGroup a is not found.", "SOCIAL_ROI_WORK_GROUP"),
        ("Query cancelled! : Bytes scanned limit was exceeded", "limit of bytes"),
        ("The SSO session associated with this profile has expired", "sign in again"),
        ("UnrecognizedClientException: the security token is invalid", "does not recognise"),
        ("The config profile (a) could not be found", "AWS_PROFILE"),
        ("ThrottlingException: Rate exceeded", "SOCIAL_ROI_THREADS"),
        ('Could not write file "a.duckdb": No space left on device', "free disk space"),
        ("Out of Memory Error: the 'max_temp_directory_size' setting", "free disk space"),
        ("line 1:8: Column 'a' cannot be resolved", None),
    ],
)
def test_an_error_message_gets_the_matching_advice(answer: str, hint: str | None) -> None:
    found = advice(answer)
    assert found is None if hint is None else hint in (found or "")


def test_an_error_message_of_several_lines_becomes_one_line() -> None:
    answer = {"Error": {"Code": "AccessDenied", "Message": "no\n  right"}}
    with pytest.raises(UserError) as raised, aws_errors("landing"):
        raise ClientError(answer, "GetObject")
    assert str(raised.value).startswith("landing: ")
    assert "\n" not in str(raised.value)


def test_failures_that_aws_causes_are_one_line_and_others_one_each() -> None:
    lost = ("model a", "Could not connect to the endpoint URL")
    wrong = ("test b", "Got 3 results, configured to fail if != 0")
    assert format_failures([lost, lost]).startswith(" model a and 1 more: Could not connect")
    assert format_failures([lost, wrong]).count("\n") == 2
    assert format_failures([wrong]) == "\n  test b: Got 3 results, configured to fail if != 0"


def test_sessions_share_the_descriptions_of_services() -> None:
    share_service_descriptions()
    endpoints = [
        boto3.Session()._session.get_component("data_loader").load_data("endpoints")
        for _ in range(2)
    ]
    assert endpoints[0] is endpoints[1]


@pytest.mark.parametrize(
    "name",
    [
        *("../evil.sql", "../../models/evil.sql", "a/../../evil.sql", "a/..", "..", "."),
        *("/etc/cron.d/evil", "a//etc/cron.d/evil", "a//b.csv", "a/./b.csv", "a/", ""),
        *("a\0.csv", "a\n.csv", "a\x1b[2J.csv", "a\u202evsc.csv"),
    ],
)
def test_a_name_that_is_no_path_below_the_folder_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(UserError) as refused:
        path_below(Path("folder"), name, f"s3://bucket/inbox/{name}")
    assert str(refused.value).isprintable()
    assert "s3://bucket/inbox/" in str(refused.value)
    assert "rename or remove it" in str(refused.value)


@pytest.mark.parametrize(
    "name", ["a.csv", "a/b.csv", "..a/b..c.csv", "...", "a b/ü ..\\é.csv", "~/x"]
)
def test_any_other_name_is_kept(name: str) -> None:
    assert path_below(Path("folder"), name, name) == Path("folder") / name
