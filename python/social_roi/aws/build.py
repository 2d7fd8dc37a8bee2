"""A build on Athena: the solvers run between what they read and what reads them, and its cost."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from social_roi.aws.settings import Settings
from social_roi.aws.solve import solve_on_athena
from social_roi.console import relative_path
from social_roi.dbt_runner import build_dir, bytes_scanned, project_variables, run_dbt
from social_roi.progress import progress, step
from social_roi.solvers.registry import solved_tables

# By dbt node: the bytes that each of its queries on Athena scanned.
Scanned = Mapping[str, list[int]]

# Athena bills at least this much of each query, in bytes.
LEAST_BILLED = 10_000_000


def build_on_athena(
    command: list[str],
    where: Settings,
    variables: dict[str, Any],
    manifest: Any = None,
    on_built: Callable[[str], None] = lambda model: None,
) -> Scanned:
    """What dbt's command builds, each node once: the solvers run between what they read and what
    reads them. manifest, on_built: as for `run_dbt`. Raises UserError as that and
    `solve_on_athena` do.
    """
    solved = [f"{table}+" for table in solved_tables()]
    run = functools.partial(run_dbt, progress=progress, manifest=manifest, on_built=on_built)
    with bytes_scanned() as scanned:
        with step("building and testing what the solvers read"):
            run([*command, "--exclude", *solved], "athena", variables)
        with step("solving"):
            solve_on_athena(where, project_variables() | variables, progress=progress)
        with step("building and testing what depends on them"):
            run([*command, "--select", *solved], "athena", variables)
    return scanned


def print_cost(scanned: Scanned, price_per_tb: float) -> None:
    """The estimate, and the bytes of each model and test as a file, the largest first."""
    path = build_dir() / "bytes_scanned.csv"
    largest_first = sorted(scanned.items(), key=lambda item: (-sum(item[1]), item[0]))
    lines = [f"{name},{len(queries)},{sum(queries)}\n" for name, queries in largest_first]
    path.write_text("node,queries,bytes_scanned\n" + "".join(lines), "utf-8")
    queries = [amount for of_node in scanned.values() for amount in of_node]
    billed = sum(max(amount, LEAST_BILLED) for amount in queries)
    print(
        f"scanned   {sum(queries) / 1e6:,.1f} MB in {len(queries)} queries"
        f" ({relative_path(path)}); billed as {billed / 1e9:,.2f} GB, about"
        f" {billed / 1e12 * price_per_tb:,.4f} at {price_per_tb:g} per TB"
    )
