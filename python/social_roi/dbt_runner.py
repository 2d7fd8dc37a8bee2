"""The project's folders, and how dbt is run: no other module knows these folders."""

import functools
import gc
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from social_roi.errors import UserError, advice, advised

_INSIDE = Path(__file__).resolve().parent / "project"
# The dbt project of this package: inside it where it was installed from a wheel, else the checkout.
PROJECT = _INSIDE if _INSIDE.is_dir() else Path(__file__).resolve().parents[2]

FAILED = ("error", "fail", "runtime error")

# The first line of what a node ended with, of macros that refuse too.
DBT_HEAD = re.compile(r"(Compilation|Runtime|Database) Error in (model|test|seed) \S+ \(\S+\)$")

# Statements that Athena bills, behind the comments that dbt puts before them.
BILLED = re.compile(
    r"(\s|--[^\n]*\n|/\*.*?\*/)*(select|with|insert|merge|delete|update)\b", re.I | re.S
)


def project() -> Path:
    """The dbt project that commands work on: PROJECT, or the one that `social-roi init` wrote and
    that is the current folder."""
    here = Path.cwd()
    if here == PROJECT or not (here / "packages.yml").is_file():
        return PROJECT
    settings = here / "dbt_project.yml"
    if not settings.is_file() or _yaml(settings).get("profile") != "social_roi":
        return PROJECT
    link_package(here)
    return here


def link_package(folder: Path) -> None:
    """Point a project's dbt_packages/social_roi at this package, as `dbt deps` does. Another
    version that somebody put there stays."""
    link = folder / "dbt_packages" / "social_roi"
    if link.exists() and (not link.is_symlink() or link.resolve() == PROJECT):
        return
    link.unlink(missing_ok=True)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(PROJECT, target_is_directory=True)


def build_dir() -> Path:
    """The folder of all output: the value of SOCIAL_ROI_BUILD, or `build/` in the project or, where
    that is inside the installed package, in the current folder."""
    if named := os.environ.get("SOCIAL_ROI_BUILD"):
        return Path(named).resolve()
    return ((Path.cwd() if project() == _INSIDE else project()) / "build").resolve()


@contextmanager
def in_project() -> Iterator[None]:
    """Run dbt from the project's folder: paths in profiles.yml are relative to it.

    Raises UserError where the project is not there.
    """
    where = project()
    if not (where / "dbt_project.yml").exists():
        raise UserError(f"{where}: no dbt_project.yml here; install the package again")
    former, build = Path.cwd(), os.environ.get("SOCIAL_ROI_BUILD")
    os.environ["SOCIAL_ROI_BUILD"] = str(build_dir())
    os.chdir(where)
    try:
        yield
    finally:
        os.chdir(former)
        if build is None:
            del os.environ["SOCIAL_ROI_BUILD"]
        else:
            os.environ["SOCIAL_ROI_BUILD"] = build


def project_variables() -> dict[str, Any]:
    """The dbt variables with their values in dbt_project.yml, the own project's before ours."""
    given: dict[str, Any] = {}
    for where in dict.fromkeys((PROJECT, project())):
        named = _yaml(where / "dbt_project.yml").get("vars") or {}
        given |= {name: value for name, value in named.items() if name != "social_roi"}
        given |= named.get("social_roi") or {}
    return given


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    return yaml.safe_load(path.read_text("utf-8")) or {}


def dbt_target_path(build: Path, target: str, input_name: str) -> Path:
    """What dbt writes about its runs: manifest, compiled SQL, docs. build: the folder of output."""
    return build / "dbt" / f"{target}_{input_name}"


def docs_page(build: Path, target: str, input_name: str) -> Path:
    """dbt's docs in one file, as `dbt docs generate --static` leaves them."""
    return dbt_target_path(build, target, input_name) / "static_index.html"


def dbt_arguments(command: list[str], target: str, variables: dict[str, Any]) -> list[str]:
    """The arguments of a dbt call: this project and target, all output in the build folder."""
    return [
        *command,
        *("--project-dir", str(project()), "--profiles-dir", str(project())),
        *("--target", target, "--vars", json.dumps(variables)),
        *("--target-path", str(dbt_target_path(build_dir(), target, variables["input"]))),
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
    manifest: Any = None,
    on_built: Callable[[str], None] = lambda model: None,
) -> Any:
    """One dbt command in this process.

    command: as on the command line, e.g. `["build", "--select", "state:new"]`. on_built: is told
    each model whose table was written.
    manifest: from `parse`, so that the project is not read again.
    Returns dbt's own result. Raises UserError with one line per failed node or broken promise, and
    KeyboardInterrupt, which dbt itself takes for an error.
    """
    from dbt.cli.main import dbtRunner

    if target == "athena":
        share_service_descriptions()
    # dbt makes millions of objects that live to its end: looking for garbage among them is 6 to 9 %
    # of its time
    gc.set_threshold(100_000, 50, 100)
    done = 0
    broken: dict[str, list[str]] = defaultdict(list)

    def on_event(event: Any) -> None:
        nonlocal done
        if event.info.name == "LogStartLine":
            progress(event.info.msg)
        elif event.info.name == "NodeFinished":
            done += 1
            node = event.data.node_info
            progress(f"{done} nodes done, last: {node.node_name}")
            if node.resource_type == "model" and node.node_status == "success":
                on_built(node.node_name)
        elif event.info.name == "JinjaLogInfo":
            # from the macro name_broken_promises
            node, _, promise = event.data.msg.partition(": ")
            broken[node].append(promise)

    with in_project():
        outcome = dbtRunner(manifest=manifest, callbacks=[on_event]).invoke(
            dbt_arguments(command, target, variables)
        )
    if target == "duckdb":
        # dbt keeps the file open; a reader in this process would be refused
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()
    if outcome.success:
        return outcome.result
    if isinstance(outcome.exception, KeyboardInterrupt | SystemExit):
        raise KeyboardInterrupt
    if outcome.exception is not None:
        message = _one_line(str(outcome.exception))
        raise UserError(f"dbt {command[0]}: {advised(message)}")
    failures = [
        (f"{result.node.resource_type} {result.node.name}", message)
        for result in getattr(outcome.result, "results", [])
        if str(result.status) in FAILED
        for message in broken.get(result.node.name, [_one_line(result.message or "")])
    ]
    raise UserError(f"dbt {command[0]} failed at{format_failures(failures)}")


def parse(target: str, variables: dict[str, Any]) -> Any:
    """dbt's manifest of the project, for several commands of this process. Raises UserError."""
    return run_dbt(["parse", "--no-write-json"], target, variables)


def format_failures(failures: Sequence[tuple[str, str]]) -> str:
    """A line per failed node; one for all where the cause of every one is known."""
    if failures and all(advice(message) for _, message in failures):
        node, message = failures[0]
        others = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
        return f" {node}{others}: {advised(message)}"
    return "".join(f"\n  {node}: {message}" for node, message in failures)


@functools.cache
def share_service_descriptions() -> None:
    """Let all AWS sessions of this process read botocore's descriptions of the services once.

    dbt opens a session per model and test, and each parses megabytes of JSON: two thirds of dbt's
    own time.
    """
    from botocore.loaders import JSONFileLoader, Loader

    shared = JSONFileLoader()
    shared.load_file = functools.cache(shared.load_file)
    Loader.FILE_LOADER_CLASS = staticmethod(lambda: shared)


@contextmanager
def bytes_scanned() -> Iterator[dict[str, list[int]]]:
    """What dbt's queries on Athena scan while this lasts: by node the bytes of each query that is
    billed. Statements about tables, rather than their rows, cost nothing.

    dbt's own result of a node has the last query's only, the smallest of an incremental table.
    """
    from dbt.adapters.athena.connections import AthenaCursor
    from dbt_common.events.contextvars import get_node_info

    scanned: dict[str, list[int]] = defaultdict(list)
    execute = AthenaCursor.execute

    def counted(cursor: Any, *query: Any, **named: Any) -> Any:
        done = execute(cursor, *query, **named)
        scans = cursor.data_scanned_in_bytes
        if scans or BILLED.match(cursor.query or ""):
            node = get_node_info().get("node_name", "dbt itself")
            scanned[node].append(scans)
        return done

    AthenaCursor.execute = counted
    try:
        yield scanned
    finally:
        AthenaCursor.execute = execute


def _one_line(message: str) -> str:
    """The message in one line, without those by which dbt says how it got there."""
    lines = [line.strip() for line in message.splitlines()]
    if len(lines) > 1 and DBT_HEAD.match(lines[0]):
        # the node is named before the message
        del lines[0]
    return " ".join(" ".join(x for x in lines if not x.startswith(("> in ", "> called "))).split())
