"""Whether a build would change nothing: all it reads and all it wrote is as the last one left it.

What a build reads is compared by content, what it wrote by size, times and inode. The record of
the last build is deleted when a build starts and written when it has succeeded: a half build has
none.
Nothing here imports dbt, pandas or a database.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from social_roi.dbt_runner import docs_page

# Parts, each by its name for people.
State = dict[str, Any]

PROJECT_FOLDERS = ("models", "macros", "seeds", "data-tests", "python")
PROJECT_FILES = ("dbt_project.yml", "profiles.yml", "pyproject.toml", "requirements.lock")
# what importing and making a wheel leave in these folders
MADE_BY_PYTHON = frozenset({"__pycache__", "social_roi.egg-info"})
ENVIRONMENT = ("SOCIAL_ROI_", "DBT_", "TZ")
# What is made from the tables alone.
SHOWN = "report and figures"


def inputs(
    project: Path,
    files: Mapping[str, Path],
    variables: Mapping[str, Any],
    own_project: Path | None = None,
) -> State:
    """All that a build reads. To be taken before it starts: what is edited while it runs is new to
    the next one.

    files: those to land by the names they are landed under, which `_source_file` holds.
    variables: dbt variables given on the command line. own_project: one around the `project`.
    """
    projects = {"": project} | ({"own/": own_project} if own_project else {})
    return {
        "input files": {name: _digest(path) for name, path in files.items()},
        "project files": {
            f"{whose}{path.relative_to(folder)}": _digest(path)
            for whose, folder in projects.items()
            for path in _files(folder / name for name in (*PROJECT_FOLDERS, *PROJECT_FILES))
            if not MADE_BY_PYTHON.intersection(path.parts)
        },
        "variables": dict(variables),
        # not the values: there may be secrets among them
        "environment": {
            name: hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
            for name, value in os.environ.items()
            if name.startswith(ENVIRONMENT)
        },
        "packages": _packages(),
    }


def outputs(build: Path, input_name: str) -> State:
    """All that a build leaves and the next one rests on. To be taken when it has ended."""
    tables = [build / f"{input_name}.duckdb", build / f"{input_name}.duckdb.wal"]
    # it is copied beside the report
    tables.append(docs_page(build, "duckdb", input_name))
    if input_name == "landed":
        tables += _files([build / "landed" / "current"])
    shown = _files([build / "report" / input_name, build / "figures" / input_name])
    return {
        "tables": {str(path): _stat(path) for path in tables},
        SHOWN: {str(path): _stat(path) for path in shown},
    }


def changes(record: Path, now: State) -> list[str]:
    """The names of the parts that differ from the last build's; all of them where there is none."""
    try:
        former = json.loads(record.read_text("utf-8"))
    except (OSError, ValueError):
        return list(now)
    return [part for part in now if former.get(part) != json.loads(json.dumps(now[part]))]


def forget(record: Path) -> None:
    """At the start of a build: until it has succeeded there is no last one."""
    record.unlink(missing_ok=True)


def remember(record: Path, now: State) -> None:
    """At the end of a build, whole or not at all."""
    new = record.with_suffix(".new")
    new.write_text(json.dumps(now), "utf-8")
    new.replace(record)


def _files(paths: Iterable[Path]) -> list[Path]:
    """These files and all below these folders, links followed, in order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            for folder, _, names in os.walk(path, followlinks=True):
                found += [Path(folder, name) for name in names]
        elif path.is_file():
            found.append(path)
    return sorted(found)


def _digest(path: Path) -> str | None:
    """None where it cannot be read: a build that needs it says so."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _stat(path: Path) -> list[int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _packages() -> dict[str, Any]:
    """Python's version and what is installed; a package edited in place is not seen."""
    installed: dict[str, Any] = {"python": sys.version}
    for folder in map(Path, sys.path):
        if folder.is_dir():
            for path in folder.iterdir():
                if path.suffix in (".dist-info", ".pth"):
                    installed[path.name] = path.stat().st_mtime_ns
    return installed
