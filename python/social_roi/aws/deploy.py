"""Deploy and remove the CloudFormation stacks of infra/: the plan is shown first, then executed.

python -m social_roi.aws.deploy up [--set Parameter=value]... [--quicksight PRINCIPAL_ARN] [--yes]
python -m social_roi.aws.deploy down [--delete-data] [--yes]
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from social_roi.aws.settings import aws_errors
from social_roi.dbt_runner import PROJECT, build_dir
from social_roi.errors import UserError

TEMPLATE = PROJECT / "infra" / "social_roi.yaml"
QUICKSIGHT_SCRIPT = PROJECT / "infra" / "quicksight.py"
PROJECT_KEY = "code/social_roi.zip"

# Outputs of the stack that the Athena target reads from the environment.
EXPORTS = {
    "Bucket": "SOCIAL_ROI_BUCKET",
    "Schema": "SOCIAL_ROI_SCHEMA",
    "BuildWorkGroup": "SOCIAL_ROI_WORK_GROUP",
    "StagingPrefix": "SOCIAL_ROI_STAGING_PREFIX",
    "DataPrefix": "SOCIAL_ROI_DATA_PREFIX",
    "Region": "AWS_REGION",
}


def up(
    stack: str, values: Mapping[str, str], *, quicksight: str | None = None, is_sure: bool = False
) -> dict[str, str]:
    """Create or change the stack and upload the project. Returns the stack's outputs by name.

    values: template parameters; others keep their value or default. quicksight: ARN of the
    QuickSight user or group that gets the dashboard. Raises UserError, and KeyboardInterrupt when
    the plan is declined.
    """
    with aws_errors(f"stack {stack}"):
        if find_stack(stack) is None:
            values = with_kept_bucket(values)
        change(stack, TEMPLATE, values, is_sure=is_sure)
        outputs = _outputs(stack)
        _client("s3").put_object(
            Bucket=outputs["Bucket"], Key=PROJECT_KEY, Body=project_archive(PROJECT)
        )
        if quicksight:
            wanted = {
                "Principal": quicksight,
                "Schema": outputs["Schema"],
                "WorkGroup": outputs["ReadWorkGroup"],
            }
            template = quicksight_template(build_dir() / "infra")
            change(f"{stack}-quicksight", template, wanted, is_sure=is_sure)
        return outputs


def down(stack: str, *, delete_data: bool = False, is_sure: bool = False) -> None:
    """Delete the stacks with their table definitions, and with `delete_data` the bucket.

    Raises UserError when the stack does not exist, and KeyboardInterrupt when the plan is declined.
    """
    with aws_errors(f"stack {stack}"):
        if find_stack(stack) is None:
            raise UserError(f"there is no stack {stack} in this account and region")
        bucket = _outputs(stack)["Bucket"]
        stacks = [name for name in (f"{stack}-quicksight", stack) if find_stack(name)]
        for name in stacks:
            found = _client("cloudformation").describe_stack_resources(StackName=name)
            for resource in found["StackResources"]:
                if "PhysicalResourceId" in resource:  # others were never created
                    print(f"delete  {resource['ResourceType']:<50} {resource['LogicalResourceId']}")
        print(
            f"{'delete' if delete_data else 'keep  '}  s3://{bucket} and"
            f" {'everything' if delete_data else 'all files'} in it"
        )
        _agree("Delete?", is_sure)
        for name in stacks:
            _client("cloudformation").delete_stack(StackName=name)
            _client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=name)
        if delete_data:
            _delete_bucket(bucket)


def quicksight_template(folder: Path) -> Path:
    """Write the template of the QuickSight stack to a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "quicksight.yaml"
    with path.open("w", encoding="utf-8") as written:
        subprocess.run([sys.executable, QUICKSIGHT_SCRIPT], stdout=written, check=True)
    return path


def with_kept_bucket(values: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a new stack; its bucket may remain from a former one."""
    return {"KeptBucket": "on" if _is_there(_bucket(values)) else "off", **values}


def exports(outputs: Mapping[str, str]) -> list[str]:
    """The shell commands after which `make build TARGET=athena` uses the stack."""
    return [f"export {variable}={outputs[name]}" for name, variable in EXPORTS.items()]


def project_archive(folder: Path) -> bytes:
    """The last commit as a zip, for the daily build and the notebook. Raises UserError."""
    archive = subprocess.run(
        ["git", "-C", str(folder), "archive", "--format=zip", "HEAD"], capture_output=True
    )
    if archive.returncode:
        raise UserError(
            f"{folder}: not a git checkout with a commit, which the upload needs:"
            f" {archive.stderr.decode().strip()}"
        )
    return archive.stdout


def change(stack: str, template: Path, values: Mapping[str, str], *, is_sure: bool = False) -> None:
    """Create a change set, show it and execute it after confirmation.

    Raises UserError, and KeyboardInterrupt when the plan is declined.
    """
    from botocore.exceptions import WaiterError

    cloudformation = _client("cloudformation")
    body = template.read_text()
    summary = cloudformation.get_template_summary(TemplateBody=body)
    known = {parameter["ParameterKey"] for parameter in summary["Parameters"]}
    if unknown := set(values) - known:
        raise UserError(
            f"{template.name} has no parameter {sorted(unknown)[0]}; it has"
            f" {', '.join(sorted(known))}"
        )
    existing = find_stack(stack)
    former = {parameter["ParameterKey"] for parameter in (existing or {}).get("Parameters", [])}
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
    kept = [
        {"ParameterKey": name, "UsePreviousValue": True}
        for name in sorted(former & known - set(values))
    ]
    change_set = {"StackName": stack, "ChangeSetName": f"plan-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"}
    request = {
        "TemplateBody": body,
        "Parameters": given + kept,
        "Capabilities": ["CAPABILITY_IAM"],
        "ChangeSetType": "UPDATE" if existing else "CREATE",
    }
    if not _planned(cloudformation, change_set, request):
        print(f"{stack}: nothing to change")
        return
    _agree(f"Execute these changes of {stack}?", is_sure)
    cloudformation.execute_change_set(**change_set)
    done = "stack_update_complete" if existing else "stack_create_complete"
    try:
        cloudformation.get_waiter(done).wait(StackName=stack)
    except WaiterError:
        raise UserError(f"{stack}: {_first_failure(cloudformation, stack)}") from None


def _planned(
    cloudformation: Any, change_set: Mapping[str, str], request: Mapping[str, Any]
) -> bool:
    """Create the change set and print it; False when there is nothing to change."""
    from botocore.exceptions import ClientError, WaiterError

    try:
        cloudformation.create_change_set(**change_set, **request)
        cloudformation.get_waiter("change_set_create_complete").wait(**change_set)
    except (ClientError, WaiterError) as error:
        reason = str(error)
        if isinstance(error, WaiterError):
            reason = error.last_response.get("StatusReason", reason)
            cloudformation.delete_change_set(**change_set)
        if "No updates are to be performed" in reason or "didn't contain changes" in reason:
            return False
        raise UserError(f"no change set: {reason}") from None
    pages = cloudformation.get_paginator("describe_change_set").paginate(**change_set)
    for planned in (one["ResourceChange"] for page in pages for one in page["Changes"]):
        replaced = " (replaced)" if planned.get("Replacement") == "True" else ""
        print(
            f"{planned['Action'].lower():<7} {planned['ResourceType']:<50}"
            f" {planned['LogicalResourceId']}{replaced}"
        )
    return True


def _first_failure(cloudformation: Any, stack: str) -> str:
    """The first failure, which caused the others."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    failures = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'failed')}"
        for page in pages
        for event in page["StackEvents"]
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    return failures[-1] if failures else "did not finish; see the stack events in the AWS console"


def _agree(question: str, is_sure: bool) -> None:
    if not is_sure and input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise KeyboardInterrupt


def find_stack(name: str) -> dict[str, Any] | None:
    """The stack if it exists; one with only a change set does not count."""
    from botocore.exceptions import ClientError

    try:
        stack = _client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE") else stack


def _outputs(stack: str) -> dict[str, str]:
    found = _client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    if not found.get("Outputs"):
        raise UserError(f"stack {stack} has no outputs: it is {found['StackStatus']}")
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def _bucket(values: Mapping[str, str]) -> str:
    """The bucket's name as in the template."""
    account = _client("sts").get_caller_identity()["Account"]
    return f"{values.get('Name', 'social-roi')}-{account}-{_region()}"


def _is_there(bucket: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        _client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return False
        raise
    return True


def _delete_bucket(name: str) -> None:
    """Delete all versions of all objects, 1,000 at a time, then the bucket."""
    s3 = _client("s3")
    while True:
        found = s3.list_object_versions(Bucket=name)
        versions = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        if not versions:
            break
        objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
        answer = s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", []):
            raise UserError(f"s3://{name}/{error['Key']} cannot be deleted: {error['Message']}")
    s3.delete_bucket(Bucket=name)


def _client(service: str) -> Any:
    import boto3

    return boto3.client(service, region_name=_region())


def _region() -> str:
    return os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m social_roi.aws.deploy", description="The stack of the Athena target."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("up", help="create or change the stack, upload the project")
    create.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="values",
        help="a parameter of infra/social_roi.yaml; may be repeated",
    )
    create.add_argument(
        "--quicksight", metavar="ARN", help="also create the dashboard for this owner"
    )
    delete = commands.add_parser("down", help="delete the stack; the bucket is kept")
    delete.add_argument("--delete-data", action="store_true", help="delete the bucket too")
    for command in (create, delete):
        command.add_argument("--stack", default="social-roi", help="default: social-roi")
        command.add_argument("--yes", action="store_true", help="execute without confirmation")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0, or 2 with one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "down":
            down(options.stack, delete_data=options.delete_data, is_sure=options.yes)
            return 0
        if wrong := [pair for pair in options.values if "=" not in pair]:
            raise UserError(f"--set {wrong[0]}: write it as NAME=VALUE")
        values = dict(pair.split("=", 1) for pair in options.values)
        outputs = up(options.stack, values, quicksight=options.quicksight, is_sure=options.yes)
        print("\n".join(exports(outputs)))
        print(f"# builder  {outputs['BuilderRole']}\n# analyst  {outputs['AnalystRole']}")
    except UserError as error:
        print(f"social-roi: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, EOFError):
        print("social-roi: cancelled, nothing was changed", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
