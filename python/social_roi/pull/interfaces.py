"""The interfaces and how to reach them: interfaces.yml, and addresses that are set for tests."""

import ipaddress
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from social_roi.errors import UserError


@cache
def interfaces() -> dict[str, Any]:
    import yaml

    return yaml.safe_load(Path(__file__).with_name("interfaces.yml").read_text("utf-8"))


def addresses(interface: Mapping[str, Any], *, any_address: bool) -> dict[str, str]:
    """The base addresses by the variable that sets them, without a slash at the end.

    Raises UserError for one that is set to another host than this machine, unless `any_address`
    allows it, and for one without TLS elsewhere in any case: tokens go there.
    """
    found = {}
    for variable, usual in interface["addresses"].items():
        given = os.environ.get(variable) or usual
        found[variable] = given.rstrip("/")
        if given == usual:
            continue
        parts = urlsplit(given)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise UserError(f"{variable}: give scheme, host and path only, nothing secret")
        if _is_loopback(parts.hostname or "") and parts.scheme in ("http", "https"):
            continue
        if parts.scheme != "https" or not parts.hostname:
            raise UserError(f"{variable}: the address has to begin with https and name a host")
        if not any_address:
            raise UserError(
                f"{variable} names {parts.hostname}, which would be sent the tokens; unset it, or "
                "allow that with --any-address"
            )
    return found


def account_number(interface: Mapping[str, Any], text: str) -> str:
    """The digits of an account as a person writes it. Raises UserError when it is none."""
    rule = interface["account"]
    match = re.fullmatch(rule["pattern"], text.strip())
    if not match:
        raise UserError(
            f"{interface['name']}: {text!r} is no account number; give its digits with --account "
            f"or {rule['option']}"
        )
    return match[1].replace("-", "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
