"""The whole stack: deployed, used by its outputs alone, held against its policies, removed."""

import json
import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

import boto3
import pytest
from botocore.exceptions import ClientError

import infra_template
from athena.conftest import select
from social_roi import deploy
from social_roi.cli import main
from social_roi.project import PROJECT
from social_roi.warehouse import REPORT_TABLES, read_tables

TEMPLATE = infra_template.load(deploy.TEMPLATE)
LOCAL_ATHENA = PROJECT.parent / "shared" / "tools" / "local_athena" / "local-athena"
# Accepted by the local endpoint without being made, or not to be asked for afterwards.
NOT_ON_LOCAL_ENDPOINT = {
    "AWS::S3::BucketPolicy",
    "AWS::CodeBuild::Project",
    "AWS::CloudWatch::Alarm",
    "AWS::Athena::NamedQuery",
}

EVENTS = "event_id,user_id,occurred_at,event_type,ad_platform,campaign_id,device_type,revenue\n"
SPEND = "spend_date,ad_platform,campaign_id,spend\n"


class Call(NamedTuple):
    """One call of the trace as IAM sees it. prefix: what a list of a bucket asks for."""

    action: str
    resources: tuple[str, ...]
    prefix: str | None = None


def is_local() -> bool:
    return bool(os.environ.get("AWS_ENDPOINT_URL"))


# --- fixtures ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The outputs of a stack of this run's own, with everything on."""
    name = f"roi{uuid.uuid4().hex[:8]}"
    values = {"Name": name, "Schema": name, "AlarmEmail": "alarm@example.com"}
    values |= {"Crawler": "on", "DailyBuild": "on", "Notebook": "on"}
    if is_local():
        _create(name, values)
    outputs = deploy.up(name, {} if is_local() else values, is_sure=True)
    with pytest.MonkeyPatch.context() as patch:
        for line in deploy.exports(outputs):
            variable, _, value = line.removeprefix("export ").partition("=")
            patch.setenv(variable, value)
        patch.setenv("SOCIAL_ROI_BUILD", str(tmp_path_factory.mktemp("stack")))
        yield outputs | {"Stack": name}
    if deploy.find_stack(name):
        deploy.down(name, delete_data=True, is_sure=True)


def _create(name: str, values: dict[str, str]) -> None:
    """The local endpoint gives no outputs to a stack that a change set made."""
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    boto3.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=deploy.TEMPLATE.read_text(),
        Parameters=given,
        Capabilities=["CAPABILITY_IAM"],
    )


@pytest.fixture(scope="module")
def build_calls(stack: dict[str, str]) -> list[Call]:
    """A whole build from files in inbox/, as the daily build does it, and the calls it made."""
    drop = boto3.client("s3").put_object
    drop(Bucket=stack["Bucket"], Key="inbox/events.csv", Body=_events().encode())
    drop(Bucket=stack["Bucket"], Key="inbox/spend.csv", Body=_spend().encode())
    traced = Trace()
    inbox = f"s3://{stack['Bucket']}/inbox/"
    assert main(["build", "--target", "athena", "--data", inbox]) == 0
    return traced.calls(stack)


def _events() -> str:
    """80 users who see, click and at times buy."""
    rows = []
    for user in range(80):
        platform = ("Facebook", "Instagram", "LinkedIn")[user % 3]
        device = ("Mobile", "Desktop")[user % 2]
        where = f"u{user},2026-03-{1 + user % 28:02d}T10:{{minute:02d}}:00Z"
        for minute, kind in enumerate(("impression", "click", "conversion")[: 1 + user % 3]):
            money = 40 + user if kind == "conversion" else ""
            rows.append(
                f"e{user}-{minute},{where.format(minute=minute)},{kind},{platform},c1,{device},{money}"
            )
    return EVENTS + "\n".join(rows) + "\n"


def _spend() -> str:
    platforms = ("Facebook", "Instagram", "LinkedIn")
    days = [f"2026-03-{day:02d}" for day in range(1, 29)]
    return SPEND + "".join(f"{day},{name},c1,12.50\n" for day in days for name in platforms)


# --- the trace ---------------------------------------------------------------------------------


class Trace:
    """What the local endpoint was asked from here on. It logs every call, its own for Athena too:
    on AWS, Athena reads and writes with the caller's rights.
    """

    def __init__(self) -> None:
        if not is_local():
            pytest.skip("only the local endpoint logs its calls")
        status = subprocess.run([LOCAL_ATHENA, "status"], capture_output=True, check=True)
        self.path = Path(json.loads(status.stdout)["logs"]) / "calls.jsonl"
        self.start = self.path.stat().st_size

    def calls(self, stack: dict[str, str]) -> list[Call]:
        """The calls that touch this stack, each kind once."""
        with self.path.open("rb") as trace:
            trace.seek(self.start)
            records = [json.loads(line) for line in trace]
        queries = {
            record["id"]
            for record in records
            if record["kind"] == "sql" and _is_own(record["db"], stack)
        }
        found = [
            _call(record, stack, queries)
            for record in records
            if record["kind"] == "api" and record["svc"] in ("s3", "glue", "athena")
        ]
        return sorted({call for call in found if call}, key=str)


def _is_own(database: str, stack: dict[str, str]) -> bool:
    return database == stack["Schema"] or database.startswith(f"{stack['Schema']}_")


def _call(record: dict[str, Any], stack: dict[str, str], queries: set[str]) -> Call | None:
    """A traced call as IAM sees it; None where it is not about this stack."""
    service, operation, given = record["svc"], record["op"], record.get("params", {})
    if service == "s3":
        return _s3_call(operation, stack["Bucket"])
    if service == "athena":
        group = given.get("WorkGroup")
        if given.get("QueryExecutionId") in queries:
            group = os.environ["SOCIAL_ROI_WORK_GROUP"]
        if group not in (stack["BuildWorkGroup"], stack["ReadWorkGroup"]):
            return None
        return Call(f"athena:{operation}", (_arn("athena", f"workgroup/{group}"),))
    catalog = _arn("glue", "catalog")
    if operation == "GetDatabases":
        return Call("glue:GetDatabases", (catalog,))
    database = given.get("DatabaseName") or given.get("Name") or _name_in(given, "DatabaseInput")
    if not database or not _is_own(database, stack):
        return None
    resources = [catalog, _arn("glue", f"database/{database}")]
    if "Table" in operation or "Partition" in operation:
        table = given.get("TableName") or given.get("Name") or _name_in(given, "TableInput")
        resources.append(_arn("glue", f"table/{database}/{table or 'any'}"))
    return Call(f"glue:{operation}", tuple(resources))


def _name_in(given: dict[str, str], part: str) -> str | None:
    found = re.search(r'"Name": "([^"]+)"', given.get(part, ""))
    return found.group(1) if found else None


def _s3_call(operation: str, bucket: str) -> Call | None:
    method, _, target = operation.partition(" ")
    path, _, query = target.partition("?")
    name, _, key = unquote(path).lstrip("/").partition("/")
    asked = parse_qs(query, keep_blank_values=True)
    if name != bucket:
        return None
    arn = f"arn:aws:s3:::{bucket}"
    if "delete" in asked:
        # the keys stand in the body, which is not traced; single deletes name theirs
        return Call("s3:DeleteObject", (f"{arn}/data/any",))
    if not key:
        if "location" in asked:
            return Call("s3:GetBucketLocation", (arn,))
        return Call("s3:ListBucket", (arn,), asked.get("prefix", [None])[0])
    if method == "DELETE" and "uploadId" in asked:
        return Call("s3:AbortMultipartUpload", (f"{arn}/{key}",))
    actions = {"GET": "GetObject", "HEAD": "GetObject", "DELETE": "DeleteObject"}
    return Call(f"s3:{actions.get(method, 'PutObject')}", (f"{arn}/{key}",))


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{os.environ['AWS_REGION']}:{_account()}:{resource}"


@cache
def _account() -> str:
    return boto3.client("sts").get_caller_identity()["Account"]


def refused(calls: list[Call], policy: dict[str, Any]) -> list[Call]:
    """The calls that a policy does not allow."""
    return [
        call
        for call in calls
        if not all(_allows(policy, call, resource) for resource in call.resources)
    ]


def _allows(policy: dict[str, Any], call: Call, resource: str) -> bool:
    for actions, resources, condition in infra_template.statements(policy):
        patterns = condition.get("StringLike", {}).get("s3:prefix", ["*"])
        if (
            call.action in actions
            and any(fnmatchcase(resource, pattern) for pattern in resources)
            and any(fnmatchcase(call.prefix or "", pattern) for pattern in patterns)
        ):
            return True
    return False


def deployed_policy(role_arn: str, name: str) -> dict[str, Any]:
    role = role_arn.rpartition("/")[2]
    return boto3.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


# --- tests -------------------------------------------------------------------------------------


def resources_of(stack: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Type and physical id of each resource, by logical id."""
    found = boto3.client("cloudformation").describe_stack_resources(StackName=stack["Stack"])
    return {
        one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"])
        for one in found["StackResources"]
        if "PhysicalResourceId" in one
    }


def finders(stack: dict[str, str]) -> dict[str, Callable[[str], Any]]:
    """Ask for a resource by its physical id; raises where it is not there."""
    roles = [stack[role].rpartition("/")[2] for role in ("BuilderRole", "AnalystRole")]
    client = boto3.client

    def policy(_: str) -> None:
        names = [client("iam").list_role_policies(RoleName=role)["PolicyNames"] for role in roles]
        assert names == [["build", "daily-build"], ["read"]]

    def log_group(name: str) -> None:
        assert client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]

    return {
        "AWS::S3::Bucket": lambda name: client("s3").head_bucket(Bucket=name),
        "AWS::S3::BucketPolicy": lambda name: client("s3").get_bucket_policy(Bucket=name),
        "AWS::Glue::Database": lambda name: client("glue").get_database(Name=name),
        "AWS::Glue::Crawler": lambda name: client("glue").get_crawler(Name=name),
        "AWS::Athena::WorkGroup": lambda name: client("athena").get_work_group(WorkGroup=name),
        "AWS::Athena::NamedQuery": lambda name: client("athena").get_named_query(NamedQueryId=name),
        "AWS::IAM::Role": lambda name: client("iam").get_role(RoleName=name),
        "AWS::IAM::Policy": policy,
        "AWS::CodeBuild::Project": lambda name: client("codebuild").batch_get_projects(
            names=[name]
        )["projects"][0],
        "AWS::CloudWatch::Alarm": lambda name: client("cloudwatch").describe_alarms(
            AlarmNames=[name]
        )["MetricAlarms"][0],
        "AWS::Events::Rule": lambda name: client("events").describe_rule(
            Name=name.rpartition("/")[2]
        ),
        "AWS::Logs::LogGroup": log_group,
        "AWS::SNS::Topic": lambda arn: client("sns").get_topic_attributes(TopicArn=arn),
        "AWS::SageMaker::NotebookInstance": lambda arn: client(
            "sagemaker"
        ).describe_notebook_instance(NotebookInstanceName=arn.rpartition("/")[2]),
        "AWS::SageMaker::NotebookInstanceLifecycleConfig": lambda arn: client(
            "sagemaker"
        ).describe_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=arn.rpartition("/")[2]
        ),
    }


def test_each_resource_of_the_template_exists(stack: dict[str, str]) -> None:
    made = resources_of(stack)
    find = finders(stack)
    lacking = NOT_ON_LOCAL_ENDPOINT if is_local() else set()
    for name, resource in TEMPLATE["Resources"].items():
        if resource["Type"] not in lacking:
            kind, physical = made[name]
            find[kind](physical)


def test_the_project_is_uploaded_for_daily_build_and_notebook(stack: dict[str, str]) -> None:
    found = boto3.client("s3").head_object(Bucket=stack["Bucket"], Key=deploy.PROJECT_KEY)
    assert found["ContentLength"] > 10_000


def test_the_plan_is_shown_and_a_kept_bucket_is_taken_over(
    stack: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"{stack['Stack']}b"
    bucket = stack["Bucket"].replace(stack["Stack"], name)
    boto3.client("s3").create_bucket(Bucket=bucket)
    values = deploy.with_kept_bucket({"Name": name, "Schema": name})
    deploy.change(name, deploy.TEMPLATE, values, is_sure=True)
    assert "add     AWS::Glue::Database" in capsys.readouterr().out
    made = resources_of({"Stack": name})
    assert "Marts" in made
    assert "Bucket" not in made
    boto3.client("cloudformation").delete_stack(StackName=name)
    boto3.client("s3").delete_bucket(Bucket=bucket)


def test_a_plan_that_is_not_agreed_to_changes_nothing(
    stack: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert deploy.main(["down", "--stack", stack["Stack"]]) == 130
    assert "keep    s3://" in capsys.readouterr().out
    assert deploy.find_stack(stack["Stack"])


@pytest.mark.full
def test_a_build_needs_nothing_but_the_outputs(build_calls: list[Call]) -> None:
    assert select("select count(*) from rpt_platform_roi") != [(0,)]
    assert select("select count(*) from rpt_segments") != [(0,)]


@pytest.mark.full
def test_the_builder_may_do_all_that_a_build_does(
    stack: dict[str, str], build_calls: list[Call]
) -> None:
    assert len({call.action for call in build_calls}) > 10
    assert refused(build_calls, deployed_policy(stack["BuilderRole"], "build")) == []


@pytest.mark.full
def test_the_builder_may_do_nothing_else_without_a_reason(
    stack: dict[str, str], build_calls: list[Call]
) -> None:
    policy = deployed_policy(stack["BuilderRole"], "build")
    granted = {action for actions, *_ in infra_template.statements(policy) for action in actions}
    metadata = TEMPLATE["Resources"]["BuildPolicy"]["Metadata"]
    reasons = metadata["GrantedThoughNoBuildNeedsIt"]
    assert granted - {call.action for call in build_calls} == set(reasons)
    assert all(len(reason) > 30 for reason in reasons.values())


@pytest.mark.full
def test_an_analyst_may_do_all_that_reading_does(
    stack: dict[str, str], build_calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_WORK_GROUP", stack["ReadWorkGroup"])
    monkeypatch.setenv("SOCIAL_ROI_STAGING_PREFIX", "results/read")
    traced = Trace()
    read_tables("athena", "landed", [*REPORT_TABLES, "int_user_sample"])
    for resource in TEMPLATE["Resources"].values():
        if resource["Type"] == "AWS::Athena::NamedQuery":
            select(resource["Properties"]["QueryString"])
    calls = traced.calls(stack)
    policy = deployed_policy(stack["AnalystRole"], "read")
    assert "athena:StartQueryExecution" in {call.action for call in calls}
    assert refused(calls, policy) == []
    assert refused([Call("s3:GetObject", (f"arn:aws:s3:::{stack['Bucket']}/raw/a",))], policy)


def test_undeploying_with_the_data_leaves_nothing(stack: dict[str, str]) -> None:
    name = stack["Stack"]
    assert boto3.client("s3").list_objects_v2(Bucket=stack["Bucket"])["KeyCount"]
    deploy.down(name, delete_data=True, is_sure=True)
    client = boto3.client
    assert not deploy.find_stack(name)
    with pytest.raises(ClientError, match="404"):
        client("s3").head_bucket(Bucket=stack["Bucket"])
    pages = client("glue").get_paginator("get_databases").paginate()
    assert not [
        one["Name"] for page in pages for one in page["DatabaseList"] if _is_own(one["Name"], stack)
    ]
    for group in ("BuildWorkGroup", "ReadWorkGroup"):
        with pytest.raises(ClientError, match="not found"):
            client("athena").get_work_group(WorkGroup=stack[group])
    roles = client("iam").get_paginator("list_roles").paginate()
    assert not [
        role["RoleName"]
        for page in roles
        for role in page["Roles"]
        if role["RoleName"].startswith(name)
    ]
    assert f"{name}-inbox" not in client("glue").list_crawlers()["CrawlerNames"]
    assert not client("logs").describe_log_groups(logGroupNamePrefix=f"/social_roi/{name}")[
        "logGroups"
    ]
    topics = client("sns").list_topics()["Topics"]
    assert not [topic for topic in topics if f":{name}-" in topic["TopicArn"]]
