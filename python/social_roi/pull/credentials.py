"""Tokens: read from the environment or AWS Secrets Manager, and taken out of every text."""

import json
import os
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from social_roi.errors import UserError

# The name or ARN of a secret of AWS Secrets Manager: a JSON object with values by variable.
SECRET = "SOCIAL_ROI_SECRET"
REMOVED = "(removed)"


class Credentials:
    """Secret values by the name of their variable; never shown. plain: other values of the AWS
    secret, such as numbers of accounts."""

    def __init__(self, values: dict[str, str], plain: Mapping[str, str] | None = None) -> None:
        self._values = values
        self._secret = set(values.values())
        self._plain = plain or {}

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self._values)})"

    def plain(self, name: str) -> str:
        """What is no secret, from the environment, else from the AWS secret; else empty."""
        return os.environ.get(name) or self._plain.get(name, "")

    def add(self, value: str) -> str:
        """A secret that an interface gave out, such as an access token."""
        self._secret.add(value)
        return value

    def without(self, text: str) -> str:
        """The text with each secret replaced, also as it stands in an address or in JSON."""
        for secret in sorted(self._secret, key=len, reverse=True):
            forms = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
            forms |= {form.replace("/", "\\/") for form in forms}
            for form in sorted(forms, key=len, reverse=True):
                text = text.replace(form, REMOVED)
        return text


def credentials(platform: str, names: Iterable[str]) -> Credentials:
    """The secrets of these names, the environment's before those of the secret.

    Raises UserError that names those that are missing or cannot be sent in a header.
    """
    names = list(names)
    found = {name: os.environ.get(name, "").strip() for name in names}
    missing = [name for name in names if not found[name]]
    kept: dict[str, str] = {}
    if missing and (secret := os.environ.get(SECRET)):
        kept = _from_secrets_manager(secret)
        found |= {name: kept.get(name, "") for name in missing}
        missing = [name for name in missing if not found[name]]
    if missing:
        raise UserError(
            f"{platform}: {', '.join(missing)} is not set; set it in the environment or in the AWS "
            f"secret that {SECRET} names, see docs/pull.md"
        )
    for name, value in found.items():
        if len(value) < 8 or not value.isascii() or not value.isprintable() or " " in value:
            raise UserError(f"{platform}: {name} is no whole token; copy it again")
    return Credentials(found, kept)


def _from_secrets_manager(name: str) -> dict[str, str]:
    try:
        import boto3

        from social_roi.aws.settings import aws_errors, settings
    except ImportError as error:
        raise UserError(
            f"{SECRET} needs more packages: pip install 'social-roi[athena]'"
        ) from error
    region = settings("landed").region
    with aws_errors(f"the secret {name}"):
        client = boto3.client("secretsmanager", region_name=region)
        text = client.get_secret_value(SecretId=name).get("SecretString", "")
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise UserError(
            f'the secret {name}: expected a JSON object, such as {{"META_ACCESS_TOKEN": "..."}}'
        )
    return {key: str(value).strip() for key, value in values.items()}
