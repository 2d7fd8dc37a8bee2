"""What each subcommand does, step by step; each takes the parsed options of cli.parser()."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from social_roi import athena
from social_roi.errors import UserError
from social_roi.lock import locked
from social_roi.project import (
    PROJECT,
    build_dir,
    dbt_beside,
    dbt_made,
    project_variables,
    run_dbt,
)

Tables = Mapping[str, Any]
# By dbt node: the bytes that each of its queries on Athena scanned.
Scanned = Mapping[str, list[int]]

# Athena bills at least this much of each query, in bytes.
LEAST_BILLED = 10_000_000


def build(options: argparse.Namespace) -> None:
    """Land (with --data), build the tables, then docs, report, figures and the five answers."""
    options.input = "landed" if options.data else "demo"
    with locked(build_dir(), "build"):
        if options.target == "athena":
            with step("looking for the bucket and the work group"):
                athena.check_access(athena.settings(options.input))
        if options.data:
            with step("landing"):
                _land(options.data, options)
        scanned = _build_tables(options)
        tables = _tables(options)
        docs = ["docs", "generate", "--static"]
        with (
            step("writing the docs, the report and the figures"),
            dbt_beside(docs, options.target, _variables(options)),
        ):
            _write_report(tables, options)
            _write_figures(tables)
        _publish_docs(options)
    _print_answers(tables)
    _say_where(options)
    if options.target == "athena":
        _say_cost(scanned, options.price_per_tb)


def land(options: argparse.Namespace) -> None:
    """Raw files to raw tables."""
    options.input = "landed"
    # a build that sees part of a landing would take the rest for rows it has
    with locked(build_dir(), "build"):
        _land(options.paths, options)


def solve(options: argparse.Namespace) -> None:
    """Solve beside Athena and build what depends on it."""
    variables = _variables(options)
    where = athena.settings(options.input)
    with step("looking for the bucket and the work group"):
        athena.check_access(where)
    with step("solving"):
        solved = athena.solve(where, project_variables() | variables, options.select, say)
    with step("building what depends on it"):
        run_dbt(["build", *what_rests_on(solved)], "athena", variables, say)


def what_rests_on(tables: Iterable[str]) -> list[str]:
    """dbt's words for the models that rest on these tables, with the tests that read nothing else
    but those models and what they are made from: other tables may not have been built."""
    models = [f"{table}+,resource_type:model" for table in tables]
    return ["--select", *models, "--indirect-selection", "buildable"]


def demo(options: argparse.Namespace) -> None:
    """The demo's raw files."""
    from social_roi.demo import write_demo

    for path in write_demo(options.folder or PROJECT / "seeds" / "demo"):
        print(path)


def answers(options: argparse.Namespace) -> None:
    """The five answers of the last build, on the terminal."""
    _print_answers(_tables(options))


def report(options: argparse.Namespace) -> None:
    """The report page of the last build."""
    with step("writing the report"):
        _write_report(_tables(options), options)


def figures(options: argparse.Namespace) -> None:
    """The figures of the last build as PNG and SVG."""
    with step("drawing the figures"):
        _write_figures(_tables(options))


def _print_answers(tables: Tables) -> None:
    from social_roi.answers import five_answers
    from social_roi.terminal import print_answers

    print_answers(five_answers(tables), sys.stdout)


def _write_report(tables: Tables, options: argparse.Namespace) -> None:
    from social_roi.report import build_report

    build_report(tables, build_dir() / "report" / "index.html", is_demo=options.input == "demo")


def _write_figures(tables: Tables) -> None:
    from social_roi.figures import write_figures

    write_figures(tables, build_dir() / "figures")


def _tables(options: argparse.Namespace) -> Tables:
    """The small tables that everything shown is made of."""
    from social_roi.warehouse import REPORT_TABLES, read_tables

    return read_tables(options.target, options.input, REPORT_TABLES)


def _land(paths: list[str], options: argparse.Namespace) -> None:
    share = (project_variables() | _variables(options))["max_rejected_share"]
    how = {"add": getattr(options, "add", False), "max_rejected_share": share}
    if options.target == "athena":
        athena.land_to_s3(paths, athena.settings("landed"), **how)
        return
    from social_roi.landing import land_files

    land_files(paths, build_dir() / "landed", **how)


def _build_tables(options: argparse.Namespace) -> Scanned:
    """All models and tests, each once."""
    variables = _variables(options)
    # unit tests are about the SQL, not about the user's data
    command = ["build", "--exclude-resource-type", "unit_test"]
    if options.target == "athena":
        return build_on_athena(command, athena.settings(options.input), variables)
    with step("building and testing the tables"):
        run_dbt(command, options.target, variables, say)
    return {}


def build_on_athena(
    command: list[str], where: athena.Settings, variables: dict[str, Any]
) -> Scanned:
    """What dbt's command builds, each node once: the solvers run between what they read and what
    reads them. Raises UserError as `run_dbt` and `athena.solve` do."""
    from social_roi.solvers import solved_tables

    solved = [f"{table}+" for table in solved_tables()]
    with athena.bytes_scanned() as scanned:
        with step("building and testing what the solvers read"):
            run_dbt([*command, "--exclude", *solved], "athena", variables, say)
        with step("solving"):
            athena.solve(where, project_variables() | variables, say=say)
        with step("building and testing what depends on them"):
            run_dbt([*command, "--select", *solved], "athena", variables, say)
    return scanned


def _variables(options: argparse.Namespace) -> dict[str, Any]:
    """The dbt variables that were given on the command line; the others are in dbt_project.yml."""
    names = ("input", "force_segments", "segment_sample_users", "max_rejected_share")
    given = {name: getattr(options, name, None) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def _publish_docs(options: argparse.Namespace) -> None:
    """Beside the report, whose links lead there: the folder can be sent or uploaded as it is."""
    made = dbt_made(options.target, options.input) / "static_index.html"
    made.replace(build_dir() / "report" / "docs.html")


def _say_where(options: argparse.Namespace) -> None:
    database = (
        build_dir() / f"{options.input}.duckdb"
        if options.target == "duckdb"
        else f"{athena.settings(options.input).schema} in the Glue catalog"
    )
    print(f"\nreport    {_shown(build_dir() / 'report' / 'index.html')}")
    print(f"figures   {_shown(build_dir() / 'figures')}")
    print(f"tables    {_shown(database)}")
    print(f"docs      {_shown(build_dir() / 'report' / 'docs.html')}")


def _shown(path: Path | str) -> str:
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _say_cost(scanned: Scanned, price_per_tb: float) -> None:
    """The estimate, and the bytes of each model and test as a file, the largest first."""
    path = build_dir() / "bytes_scanned.csv"
    largest_first = sorted(scanned.items(), key=lambda item: (-sum(item[1]), item[0]))
    lines = [f"{name},{len(queries)},{sum(queries)}\n" for name, queries in largest_first]
    path.write_text("node,queries,bytes_scanned\n" + "".join(lines), "utf-8")
    queries = [amount for of_node in scanned.values() for amount in of_node]
    billed = sum(max(amount, LEAST_BILLED) for amount in queries)
    print(
        f"scanned   {sum(queries) / 1e6:,.1f} MB in {len(queries)} queries"
        f" ({_shown(path)}); billed as {billed / 1e9:,.2f} GB, about"
        f" {billed / 1e12 * price_per_tb:,.4f} at {price_per_tb:g} per TB"
    )


@contextmanager
def step(title: str) -> Iterator[None]:
    """One line per step with its time; on a terminal its state while it runs."""
    start = time.monotonic()
    say(f"{title} ...")
    try:
        yield
    except UserError as error:
        _clear()
        raise UserError(f"{title}: {error}") from error
    _clear()
    print(f"{title}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def say(line: str) -> None:
    """The state of the running step, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line[:78]}", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
