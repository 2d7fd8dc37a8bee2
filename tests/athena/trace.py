"""The calls that the local endpoint logged, as IAM sees them, checked against a policy."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

import boto3

import infra_template
from athena.deployment import is_local, is_own
from social_roi.dbt_runner import PROJECT

LOCAL_ATHENA = PROJECT.parent / "shared" / "tools" / "local_athena" / "local-athena"


class Call(NamedTuple):
    """One call of the trace as IAM sees it. prefix: what a list of a bucket asks for."""

    action: str
    resources: tuple[str, ...]
    prefix: str | None = None


@contextmanager
def recording(stack: dict[str, str], calls: set[Call]) -> Iterator[None]:
    """Add the calls on this stack that are made meanwhile; AWS itself logs none for us.

    The local endpoint logs Athena's own too: on AWS, Athena reads and writes with the caller's
    rights.
    """
    if not is_local():
        yield
        return
    status = subprocess.run([LOCAL_ATHENA, "status"], capture_output=True, check=True)
    path = Path(json.loads(status.stdout)["logs"]) / "calls.jsonl"
    start = path.stat().st_size
    yield
    with path.open("rb") as trace:
        trace.seek(start)
        records = [json.loads(line) for line in trace]
    queries = {
        record["id"]
        for record in records
        if record["kind"] == "sql" and is_own(record["db"], stack)
    }
    found = [
        _call(record, stack, queries)
        for record in records
        if record["kind"] == "api" and record["svc"] in ("s3", "glue", "athena")
    ]
    calls.update(call for call in found if call)


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
    if not database or not is_own(database, stack):
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


def refused(calls: set[Call], policy: dict[str, Any]) -> list[Call]:
    """The calls that a policy does not allow."""
    return [
        call
        for call in sorted(calls, key=str)
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
