"""Settings: dbt's variables and the environment, checked before a command does anything."""

import difflib
import os
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from social_roi.dbt_runner import PROJECT, project_variables
from social_roi.errors import UserError

PREFIX = "SOCIAL_ROI_"
TEXT = (r"\S.*", "must not be blank")
PREFIX_RULE = (
    r"[^/\s][^\s]*[^/\s]|[^/\s]",
    "has to be a prefix such as data, without slashes around",
)
# By variable of the environment: what its whole value has to look like, and that in words.
ENVIRONMENT = {
    "SOCIAL_ROI_BUILD": TEXT,
    "SOCIAL_ROI_BUCKET": (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "has to be the name of a bucket"),
    "SOCIAL_ROI_DATA_PREFIX": PREFIX_RULE,
    "SOCIAL_ROI_STAGING_PREFIX": PREFIX_RULE,
    "SOCIAL_ROI_SCHEMA": (r"[a-z_][a-z0-9_]*", "has to be lower-case letters, digits and _"),
    "SOCIAL_ROI_WORK_GROUP": TEXT,
    "SOCIAL_ROI_POLL_SECONDS": (r"0*[1-9]\d*(\.\d*)?|0*\.\d*[1-9]\d*", "has to be above 0"),
    "SOCIAL_ROI_THREADS": (r"[1-9]\d{0,2}", "has to be a whole number from 1 to 999"),
    "SOCIAL_ROI_SALT": TEXT,
    "SOCIAL_ROI_SECRET": (r"[\w/+=.@:-]{1,2048}", "has to be the name or ARN of an AWS secret"),
    "SOCIAL_ROI_TITLE": TEXT,
    "SOCIAL_ROI_MEMORY": (
        r"(?i)\d+(\.\d+)?\s*(%|[kmgt]i?b?|b)",
        "has to be an amount such as 4GB or 80%",
    ),
}


def check_environment() -> None:
    """The variables SOCIAL_ROI_... . Raises UserError for an unknown, empty or wrong one."""
    for name, value in sorted(os.environ.items()):
        if not name.startswith(PREFIX):
            continue
        if name not in ENVIRONMENT:
            [nearest] = difflib.get_close_matches(name, ENVIRONMENT, n=1, cutoff=0)
            raise UserError(
                f"the environment has {name}, which is no setting: did you mean {nearest}?"
            )
        pattern, words = ENVIRONMENT[name]
        if not value:
            raise UserError(f"{name} is empty: unset it for its default, or give a value")
        if not re.fullmatch(pattern, value):
            raise UserError(f"{name} is {value!r}: it {words}")


def check_variables(given: Mapping[str, Any]) -> None:
    """dbt's variables by the rules of dbt_project.yml, with those `given` on the command line.

    The macro that dbt itself calls does it, here without dbt. Raises UserError.
    """
    import jinja2

    def stop(message: str) -> NoReturn:
        raise UserError(message)

    values = project_variables() | given
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals |= {
        "var": lambda name, default=None: values.get(name, default),
        "exceptions": {"raise_compiler_error": stop},
    }
    text = (PROJECT / "macros" / "settings.sql").read_text("utf-8")
    environment.from_string(text).module.check_settings(list(values))
