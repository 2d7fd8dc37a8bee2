"""Settings of the project on AWS, checks that it can be reached, and its errors."""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from social_roi.errors import UserError, advised


@dataclass(frozen=True)
class Settings:
    """Settings of the project on AWS: the same variables as in profiles.yml."""

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
    """The settings of the demo's or of the landed data's schema, from the environment.

    The default region holds from here on also for clients that are not told theirs. Raises
    UserError where the parts for Athena are not installed.
    """
    if importlib.util.find_spec("awswrangler") is None:
        raise UserError("Athena needs more packages: pip install 'social-roi[athena]'")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    os.environ["AWS_DEFAULT_REGION"] = region
    schema = os.environ.get("SOCIAL_ROI_SCHEMA", "social_roi")
    return Settings(
        bucket=os.environ.get("SOCIAL_ROI_BUCKET", "social-roi"),
        schema=f"{schema}_demo" if input_name == "demo" else schema,
        work_group=os.environ.get("SOCIAL_ROI_WORK_GROUP", "primary"),
        staging_prefix=os.environ.get("SOCIAL_ROI_STAGING_PREFIX", "results"),
        region=region,
        poll_seconds=float(os.environ.get("SOCIAL_ROI_POLL_SECONDS", "1")),
    )


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Turn exceptions of boto3 and awswrangler into one line. Raises UserError."""
    from awswrangler.exceptions import QueryCancelled, QueryFailed
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError, QueryCancelled, QueryFailed) as error:
        raise UserError(f"{doing}: {advised(' '.join(str(error).split()))}") from error


def check_access(where: Settings) -> None:
    """Check before any work that credentials, bucket and work group can be used for a build.

    Raises UserError that names the one that cannot.
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
            " would be written among the query results; set SOCIAL_ROI_WORK_GROUP to a work group"
            " that does not enforce its settings"
        )


def check_bucket(where: Settings) -> None:
    """Check that the bucket exists. Raises UserError."""
    import boto3

    # a list, since S3 answers the cheaper HEAD without an error message
    with aws_errors(f"s3://{where.bucket}"):
        s3 = boto3.client("s3", region_name=where.region)
        s3.list_objects_v2(Bucket=where.bucket, MaxKeys=1)
