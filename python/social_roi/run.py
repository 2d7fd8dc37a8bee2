"""What a command works on, and what was built last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from social_roi import last_build
from social_roi.dbt_runner import build_dir


@dataclass(frozen=True)
class Run:
    """What a command works on.

    target: `duckdb` or `athena`. input: `demo` or `landed`. variables: dbt variables that were
    given on the command line; the others are in dbt_project.yml.
    """

    target: str
    input: str
    variables: Mapping[str, Any]

    @property
    def dbt_variables(self) -> dict[str, Any]:
        return {"input": self.input, **self.variables}


def last_run(target: str | None, input_name: str | None) -> Run:
    """What was built last, of the target and the input where they are given.

    Without a record of a build: the newest DuckDB file, or the demo's.
    """
    for record in last_build.newest_first(build_dir()):
        if target in (None, record.target) and input_name in (None, record.input):
            return Run(record.target, record.input, record.variables)
    if target in (None, "duckdb") and input_name is None:
        there = [build_dir() / f"{name}.duckdb" for name in ("demo", "landed")]
        there = [path for path in there if path.exists()]
        if there:
            input_name = max(there, key=lambda path: path.stat().st_mtime).stem
    return Run(target or "duckdb", input_name or "demo", {})
