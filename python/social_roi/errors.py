"""Errors that the user can fix, and advice on error messages of AWS or DuckDB."""

from social_roi.console import printable

LOST = "the connection to AWS was lost: run the command again, it continues where it stopped"
EXPIRED = "the AWS credentials have expired: sign in again"
UNKNOWN = "AWS does not recognise these credentials: sign in again"
NO_RIGHT = "the credentials lack a permission: the README lists those that each step needs"
BUSY = "AWS throttles the requests: set SOCIAL_ROI_THREADS lower and run again"
DISK = "free disk space and run again, nothing is lost"

# A part of an error message of AWS or DuckDB, and the advice. The first match counts.
ADVICE = (
    ("max_temp_directory_size", DISK),
    ("Could not write file", DISK),
    ("No space left", DISK),
    ("Out of Memory Error", "give DuckDB more memory: set SOCIAL_ROI_MEMORY, such as 4GB"),
    ("Unable to locate credentials", "no AWS credentials: run `aws configure` or set AWS_PROFILE"),
    ("config profile", "check AWS_PROFILE: `aws configure list-profiles` lists the profiles"),
    ("ExpiredToken", EXPIRED),
    ("has expired", EXPIRED),
    ("is expired", EXPIRED),
    ("InvalidClientTokenId", UNKNOWN),
    ("InvalidAccessKeyId", UNKNOWN),
    ("UnrecognizedClient", UNKNOWN),
    ("AccessDenied", NO_RIGHT),
    ("not authorized", NO_RIGHT),
    ("Forbidden", NO_RIGHT),
    ("NoSuchBucket", "the bucket does not exist: create it or set SOCIAL_ROI_BUCKET"),
    ("output bucket", "the bucket does not exist: create it or set SOCIAL_ROI_BUCKET"),
    ("bytes scanned limit", "the work group's limit of bytes per query was reached: raise it"),
    ("WorkGroup", "check the work group: set SOCIAL_ROI_WORK_GROUP"),
    ("Could not connect", "no connection to AWS: check the network and AWS_ENDPOINT_URL"),
    ("Connection was closed", LOST),
    ("Connection aborted", LOST),
    ("response stream", LOST),
    ("Read timeout", LOST),
    ("TooManyRequests", BUSY),
    ("Throttling", BUSY),
    ("SlowDown", BUSY),
)


class UserError(Exception):
    """Bad input or a missing requirement: one line (what, where, what to do); exit code 2.

    Unprintable characters of names and cells in it are escaped; several failures have a line each.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message, kept="\n"))


def advice(message: str) -> str | None:
    """The advice on an error message of AWS or DuckDB; None when there is none."""
    return next((hint for sign, hint in ADVICE if sign.lower() in message.lower()), None)


def advised(message: str) -> str:
    """The message, with the advice if there is one."""
    hint = advice(message)
    # DuckDB's own advice names its settings, not ours
    return f"{message.partition(' Possible solutions:')[0]}; {hint}" if hint else message
