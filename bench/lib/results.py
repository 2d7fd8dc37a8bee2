"""Results of the benches."""

import json
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from social_roi.dbt_runner import build_dir
from social_roi.errors import UserError

# Fixed at the start: a bench may then have the project build elsewhere.
FOLDER = build_dir() / "bench"
FOLDER.mkdir(parents=True, exist_ok=True)


def run(main: Callable[[], None]) -> None:
    """A bench as a program: a UserError ends it with one line and exit code 2."""
    try:
        main()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def write(name: str, found: dict[str, Any]) -> None:
    """Write a bench's findings, with the machine and the versions, to build/bench/<name>.json."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = {
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count() or 0,
        "memory_gb": round(memory, 1),
        "load": os.getloadavg()[0],
    }
    versions = {"python": platform.python_version()}
    versions |= {package: version(package) for package in ("duckdb", "dbt-core", "numpy", "pandas")}
    path = FOLDER / f"{name}.json"
    facts = {"machine": machine, "versions": versions} | found
    path.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    print(f"written to {path}")
