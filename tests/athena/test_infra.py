"""The stack of infra/: complete, used by its outputs only, within its policies, removable."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

import infra_template
from athena.conftest import select
from athena.deployment import is_local, left_of
from athena.trace import Call, recording, refused
from social_roi.aws import deploy
from social_roi.warehouse import REPORT_TABLES, read_tables

TEMPLATE = infra_template.load(deploy.TEMPLATE)
# Accepted by the local endpoint without being created, or not readable afterwards.
NOT_ON_LOCAL_ENDPOINT = {
    "AWS::S3::BucketPolicy",
    "AWS::CodeBuild::Project",
    "AWS::CloudWatch::Alarm",
    "AWS::Athena::NamedQuery",
}

only_traced = pytest.mark.skipif(not is_local(), reason="only the local endpoint logs its calls")


def deployed_policy(role_arn: str, name: str) -> dict[str, Any]:
    role = role_arn.rpartition("/")[2]
    return boto3.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


def resources_of(stack: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Type and physical id of each resource, by logical id."""
    found = boto3.client("cloudformation").describe_stack_resources(StackName=stack["Stack"])
    return {
        one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"])
        for one in found["StackResources"]
        if "PhysicalResourceId" in one
    }


def finders(stack: dict[str, str]) -> dict[str, Callable[[str], Any]]:
    """Read a resource by its physical id; raises when it does not exist."""
    roles = [stack[role].rpartition("/")[2] for role in ("BuilderRole", "AnalystRole")]
    client = boto3.client

    def policy(_: str) -> None:
        names = [client("iam").list_role_policies(RoleName=role)["PolicyNames"] for role in roles]
        assert names == [["build", "daily-build", "pull"], ["read"]]

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


@only_traced
def test_the_builder_may_do_all_that_builds_do(
    stack: dict[str, str],
    build_calls: set[Call],
    demo_on_athena: None,
    public_file_on_athena: None,
) -> None:
    assert len({call.action for call in build_calls}) > 10
    policy = deployed_policy(stack["BuilderRole"], "build")
    assert refused(build_calls, policy) == []
    foreign = Call("s3:PutObject", (f"arn:aws:s3:::{stack['Bucket']}/code/a",))
    assert refused({foreign}, policy) == [foreign]


@only_traced
def test_the_builder_may_do_nothing_else_without_a_reason(
    stack: dict[str, str],
    build_calls: set[Call],
    demo_on_athena: None,
    public_file_on_athena: None,
) -> None:
    policy = deployed_policy(stack["BuilderRole"], "build")
    granted = {action for actions, *_ in infra_template.statements(policy) for action in actions}
    metadata = TEMPLATE["Resources"]["BuildPolicy"]["Metadata"]
    reasons = metadata["GrantedThoughNoBuildNeedsIt"]
    assert granted - {call.action for call in build_calls} == set(reasons)
    assert all(len(reason) > 30 for reason in reasons.values())


@only_traced
def test_an_analyst_may_do_all_that_reading_does(
    stack: dict[str, str], public_file_on_athena: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_WORK_GROUP", stack["ReadWorkGroup"])
    monkeypatch.setenv("SOCIAL_ROI_STAGING_PREFIX", "results/read")
    calls: set[Call] = set()
    with recording(stack, calls):
        read_tables("athena", "landed", [*REPORT_TABLES, "int_segment_sample"])
        for resource in TEMPLATE["Resources"].values():
            if resource["Type"] == "AWS::Athena::NamedQuery":
                select(resource["Properties"]["QueryString"])
    policy = deployed_policy(stack["AnalystRole"], "read")
    assert "athena:StartQueryExecution" in {call.action for call in calls}
    assert refused(calls, policy) == []
    raw = Call("s3:GetObject", (f"arn:aws:s3:::{stack['Bucket']}/raw/a",))
    assert refused({raw}, policy) == [raw]


def test_all_that_undeploying_must_remove_is_seen(stack: dict[str, str]) -> None:
    """What is left is looked for once the run is over; here is what that search finds before."""
    found = left_of(stack)
    assert {f"bucket {stack['Bucket']}", f"stack {stack['Stack']}"} <= found
    kinds = {one.rpartition(" ")[0] for one in found}
    assert kinds == {
        *("bucket", "crawler", "database", "log", "notebook", "role", "rule", "stack", "topic"),
        "work group",
    }
