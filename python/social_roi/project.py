"""Where things are, and how dbt is run: the one place that knows the project's folders."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from social_roi.advice import advice, advised
from social_roi.athena import share_service_descriptions
from social_roi.errors import UserError

PROJECT = Path(__file__).resolve().parents[2]

FAILED = ("error", "fail", "runtime error")


def build_dir() -> Path:
    """Everything made goes below here: `build/`, or where SOCIAL_ROI_BUILD points."""
    return Path(os.environ.get("SOCIAL_ROI_BUILD") or PROJECT / "build").resolve()


@contextmanager
def in_project() -> Iterator[None]:
    """Run dbt from the project's folder: paths in profiles.yml are relative to it.

    Raises UserError where the package is not inside a checkout of the project.
    """
    if not (PROJECT / "dbt_project.yml").exists():
        raise UserError(
            f"{PROJECT}: no dbt_project.yml here; install the package from a checkout of the"
            " project (make build does it)"
        )
    former, build = Path.cwd(), os.environ.get("SOCIAL_ROI_BUILD")
    if build:
        os.environ["SOCIAL_ROI_BUILD"] = str(build_dir())
    os.chdir(PROJECT)
    try:
        yield
    finally:
        os.chdir(former)


def project_variables() -> dict[str, Any]:
    """The dbt variables with their values in dbt_project.yml."""
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))["vars"]


def dbt_made(target: str, input_name: str) -> Path:
    """What dbt writes about its runs: manifest, compiled SQL, docs."""
    return build_dir() / "dbt" / f"{target}_{input_name}"


def dbt_arguments(command: list[str], target: str, variables: dict[str, Any]) -> list[str]:
    """The words of a dbt call: this project and target, everything made in the build folder."""
    return [
        *command,
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target", target, "--vars", json.dumps(variables)),
        *("--target-path", str(dbt_made(target, variables["input"]))),
        *(
            "--log-path",
            str(build_dir() / "dbt" / "logs"),
            "--log-level",
            "none",
            "--no-use-colors",
        ),
    ]


def run_dbt(
    command: list[str],
    target: str,
    variables: dict[str, Any],
    progress: Callable[[str], None] = lambda line: None,
) -> Any:
    """One dbt command in this process.

    command: as on the command line, e.g. `["build", "--select", "state:new"]`.
    Returns dbt's own result. Raises UserError with one line per failed node.
    """
    from dbt.cli.main import dbtRunner

    if target == "athena":
        share_service_descriptions()
    done = 0

    def on_event(event: Any) -> None:
        nonlocal done
        if event.info.name == "LogStartLine":
            progress(event.info.msg)
        elif event.info.name == "NodeFinished":
            done += 1
            progress(f"{done} nodes done, last: {event.data.node_info.node_name}")

    with in_project():
        outcome = dbtRunner(callbacks=[on_event]).invoke(dbt_arguments(command, target, variables))
    if target == "duckdb":
        # dbt keeps the file open; a reader in this process would be refused
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()
    if outcome.success:
        return outcome.result
    if outcome.exception is not None:
        raise UserError(f"dbt {command[0]}: {advised(_one_line(str(outcome.exception)))}")
    failures = [
        (f"{result.node.resource_type} {result.node.name}", _one_line(result.message or ""))
        for result in getattr(outcome.result, "results", [])
        if str(result.status) in FAILED
    ]
    raise UserError(f"dbt {command[0]} failed at{failures_in_words(failures)}")


def failures_in_words(failures: Sequence[tuple[str, str]]) -> str:
    """A line per failed node; one for all where the cause of every one is known."""
    if failures and all(advice(message) for _, message in failures):
        node, message = failures[0]
        others = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
        return f" {node}{others}: {advised(message)}"
    return "".join(f"\n  {node}: {message}" for node, message in failures)


@contextmanager
def dbt_beside(command: list[str], target: str, variables: dict[str, Any]) -> Iterator[None]:
    """One dbt command in a process of its own while the caller does something else.

    Raises UserError with what dbt printed last, once the caller's part is done.
    """
    with in_project():
        process = subprocess.Popen(
            [Path(sys.executable).with_name("dbt"), *dbt_arguments(command, target, variables)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        printed, _ = process.communicate()
    if process.returncode:
        raise UserError(f"dbt {command[0]}: {_one_line(printed)[-300:]}")


def _one_line(message: str) -> str:
    return " ".join(message.split())
