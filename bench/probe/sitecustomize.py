"""Measures in which part of a build a Python process spends its time; see rebuild.py for the parts.

Python imports a module of this name at its start: with this folder on PYTHONPATH every process of a
build is measured. Functions of Python and dbt are wrapped, none of the project, so that one probe
fits every revision. Each moment belongs to the innermost part that has begun; two threads that
begin parts at once would be mixed up, which dbt with `threads: 1` does not do.
At its end a process writes PARTS_FOLDER/<process id>.json.
"""

import atexit
import importlib._bootstrap as imports
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(os.environ["PARTS_FOLDER"])

spent: dict[str, Counter[str]] = {}  # by part: CPU and wall seconds
nodes: list[dict[str, Any]] = []  # the nodes that dbt ran, with their imports
parts = ["import"]  # the innermost last; what Python did before this line is import, too
since = (0.0, time.perf_counter())


def charge() -> tuple[float, float]:
    """Give the time since the last call to the innermost part; CPU and wall clock of now."""
    global since
    now = (time.process_time(), time.perf_counter())
    spent.setdefault(parts[-1], Counter()).update(cpu=now[0] - since[0], wall=now[1] - since[1])
    since = now
    return now


@contextmanager
def part(name: str) -> Iterator[None]:
    charge()
    parts.append(name)
    try:
        yield
    finally:
        charge()
        parts.pop()


def inside(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **options: Any) -> Any:
        with part(name):
            return function(*arguments, **options)

    return wrapped


def dbt_command(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **options: Any) -> Any:
        with part("other"):
            parts[0] = "page"  # what the process does once dbt has ended
            return function(*arguments, **options)

    return wrapped


def dbt_node(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(runner: Any, manifest: Any) -> Any:
        if "docs" in parts:  # compiles each node again
            return function(runner, manifest)
        node = runner.node
        is_test = node.resource_type in ("test", "unit_test")
        cpu, wall = charge()
        with part("tests" if is_test else "models"):
            result = function(runner, manifest)
        cpu, wall = since[0] - cpu, since[1] - wall
        nodes.append({"name": node.name, "kind": kind(node), "cpu": cpu, "wall": wall})
        return result

    return wrapped


def kind(node: Any) -> str:
    """Such as `model table`, `model python` or `test unique`."""
    words = [str(node.resource_type)]
    if words == ["model"]:
        words.append("python" if node.language == "python" else node.config.materialized)
    elif words == ["test"]:
        metadata = getattr(node, "test_metadata", None)
        words.append(metadata.name if metadata else "singular")
    return " ".join(words)


def wrap(module: str, loaded: ModuleType) -> None:
    """The functions of a module that begin a part."""
    if module == "dbt.cli.main":
        loaded.cli.invoke = dbt_command(loaded.cli.invoke)
    elif module == "dbt.parser.manifest":
        loader = loaded.ManifestLoader
        loader.get_full_manifest = staticmethod(inside("parse", loader.get_full_manifest))
    elif module == "dbt.task.base":
        loaded.BaseRunner.run_with_hooks = dbt_node(loaded.BaseRunner.run_with_hooks)
    elif module == "dbt.task.docs.generate":
        loaded.GenerateTask.run = inside("docs", loaded.GenerateTask.run)


def measured_import(find_and_load: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
    def wrapped(name: str, *others: Any) -> ModuleType:
        with part("import"):
            loaded = find_and_load(name, *others)
            wrap(name, loaded)
            return loaded

    return wrapped


@atexit.register
def write() -> None:
    charge()
    if parts[0] == "landing":  # dbt was never run: a process that only draws, or nothing was new
        spent["page"] = spent.pop("landing")
    found = {"parent": os.getppid(), "parts": spent, "nodes": nodes}
    (FOLDER / f"{os.getpid()}.json").write_text(json.dumps(found), "utf-8")


# Every import of a module that is not loaded yet goes through this function.
imports._find_and_load = measured_import(imports._find_and_load)
charge()
parts[0] = "landing"
