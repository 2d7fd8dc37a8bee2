"""A stack for the test run: deployed with all options, and what remains of it."""

import os
from typing import Any

import boto3

from social_roi.aws import deploy


def is_local() -> bool:
    return bool(os.environ.get("AWS_ENDPOINT_URL"))


def deployed(name: str) -> dict[str, str]:
    """Deploy a stack with all options. Returns its outputs, and its name as `Stack`."""
    values = {"Name": name, "Schema": name, "AlarmEmail": "alarm@example.com"}
    values |= {"Crawler": "on", "DailyBuild": "on", "Notebook": "on"}
    values |= {"Pull": "meta google", "PullSecret": f"{name}/ads"}
    if is_local():
        _create(name, values)
    return deploy.up(name, {} if is_local() else values, is_sure=True) | {"Stack": name}


def _create(name: str, values: dict[str, str]) -> None:
    """The local endpoint has no outputs for a stack created by a change set."""
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    boto3.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=deploy.TEMPLATE.read_text(),
        Parameters=given,
        Capabilities=["CAPABILITY_IAM"],
    )


def is_own(database: str, stack: dict[str, str]) -> bool:
    return database == stack["Schema"] or database.startswith(f"{stack['Schema']}_")


def left_of(stack: dict[str, str]) -> set[str]:
    """All resources under the stack's name: kinds and names, with the stack itself."""
    name = stack["Stack"]

    def all_of(service: str, operation: str, *path: str) -> list[Any]:
        pages = boto3.client(service).get_paginator(operation).paginate()
        found = [one for page in pages for one in page[path[0]]]
        return [one[path[1]] for one in found] if path[1:] else found

    client = boto3.client
    found = {
        "bucket": [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]],
        "database": all_of("glue", "get_databases", "DatabaseList", "Name"),
        "crawler": client("glue").list_crawlers()["CrawlerNames"],
        "work group": [one["Name"] for one in client("athena").list_work_groups()["WorkGroups"]],
        "role": all_of("iam", "list_roles", "Roles", "RoleName"),
        "rule": all_of("events", "list_rules", "Rules", "Name"),
        "log": [
            path.removeprefix("/social_roi/")
            for path in all_of("logs", "describe_log_groups", "logGroups", "logGroupName")
        ],
        "topic": [
            arn.rpartition(":")[2] for arn in all_of("sns", "list_topics", "Topics", "TopicArn")
        ],
        "notebook": all_of(
            "sagemaker",
            "list_notebook_instances",
            "NotebookInstances",
            "NotebookInstanceName",
        ),
        "stack": [name] if deploy.find_stack(name) else [],
    }
    return {
        f"{kind} {one}" for kind, names in found.items() for one in names if one.startswith(name)
    }
