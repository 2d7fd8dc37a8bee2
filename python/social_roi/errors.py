"""The one kind of error a user can act on, and what to do about an answer of AWS or DuckDB."""

LOST = "the connection to AWS was lost: run the command again, it goes on with what is missing"
EXPIRED = "the AWS credentials have expired: sign in again"
UNKNOWN = "AWS does not know these credentials: sign in again"
NO_RIGHT = "the credentials lack a right: the README lists those each step needs"
BUSY = "AWS asks for fewer calls at a time: set SOCIAL_ROI_THREADS lower and run again"
DISK = "free disk space and run again, nothing is lost"

# What AWS or DuckDB answers, and what to do about it. The first that occurs in the answer counts.
ADVICE = (
    ("max_temp_directory_size", DISK),
    ("Could not write file", DISK),
    ("No space left", DISK),
    ("Out of Memory Error", "give DuckDB more memory: set SOCIAL_ROI_MEMORY, such as 4GB"),
    ("Unable to locate credentials", "no AWS credentials: run `aws configure` or set AWS_PROFILE"),
    ("config profile", "check AWS_PROFILE: `aws configure list-profiles` names those there are"),
    ("ExpiredToken", EXPIRED),
    ("has expired", EXPIRED),
    ("is expired", EXPIRED),
    ("InvalidClientTokenId", UNKNOWN),
    ("InvalidAccessKeyId", UNKNOWN),
    ("UnrecognizedClient", UNKNOWN),
    ("AccessDenied", NO_RIGHT),
    ("not authorized", NO_RIGHT),
    ("Forbidden", NO_RIGHT),
    ("NoSuchBucket", "the bucket is not there: create it or set SOCIAL_ROI_BUCKET"),
    ("output bucket", "the bucket is not there: create it or set SOCIAL_ROI_BUCKET"),
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
    """Bad input or a missing piece: one clear line (what, where, what to do); exit code 2."""


def advice(message: str) -> str | None:
    """What a user can do about an answer of AWS or DuckDB; None where nothing is known."""
    return next((hint for sign, hint in ADVICE if sign.lower() in message.lower()), None)


def advised(message: str) -> str:
    """The message, with what a user can do about it where that is known."""
    hint = advice(message)
    # DuckDB's own advice speaks of its settings, not of ours
    return f"{message.partition(' Possible solutions:')[0]}; {hint}" if hint else message
