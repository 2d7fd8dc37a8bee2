"""What each subcommand does, step by step."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from social_roi import unchanged
from social_roi.aws.settings import Settings, check_access, settings
from social_roi.dbt_runner import (
    PROJECT,
    build_dir,
    bytes_scanned,
    docs_page,
    in_project,
    parse,
    project_variables,
    run_dbt,
)
from social_roi.errors import UserError
from social_roi.inputs import find_inputs, mapping_of
from social_roi.lock import locked

Tables = Mapping[str, Any]
# By dbt node: the bytes that each of its queries on Athena scanned.
Scanned = Mapping[str, list[int]]

# Athena bills at least this much of each query, in bytes.
LEAST_BILLED = 10_000_000


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


def build(
    run: Run,
    data: Sequence[str],
    *,
    price_per_tb: float,
    force: bool = False,
    mapping: Path | None = None,
) -> None:
    """Land what is in `data`, build the tables, then docs, report, figures and the answers.

    On DuckDB, with nothing new since the last build, at most report and figures are written again;
    `force` builds all the same. On Athena the tables' state is not known here: it always builds.
    """
    scanned: Scanned = {}
    with locked(build_dir(), "build"):
        if run.target == "athena":
            scanned = _build(run, data, mapping)
        else:
            _build_what_is_new(run, data, force, mapping)
    answers(run)
    print_outputs(run)
    if run.target == "athena":
        print_cost(scanned, price_per_tb)


def _build_what_is_new(run: Run, data: Sequence[str], force: bool, mapping: Path | None) -> None:
    record = build_dir() / "dbt" / f"built_{run.target}_{run.input}.json"
    files = find_inputs([Path(path) for path in data], build_dir() / "landed", lambda _: None)
    said = [mapping or mapping_of(name, path) for name, path in files.items()]
    files |= {str(path): path for path in said if path and path.is_file()}
    inputs = unchanged.inputs(PROJECT, files, run.variables)
    now = inputs | unchanged.outputs(build_dir(), run.input)
    changed = unchanged.changes(record, now)
    if force or not {unchanged.SHOWN}.issuperset(changed):
        unchanged.forget(record)
        _build(run, data, mapping)
        unchanged.remember(record, inputs | unchanged.outputs(build_dir(), run.input))
        return
    compared = ", ".join(now)
    print(
        f"nothing new since the last build (compared: {compared}); --force builds (make: FORCE=1)",
        file=sys.stderr,
    )
    if changed:
        with step(f"writing the {unchanged.SHOWN} again"):
            write_outputs(run)
        shown = unchanged.outputs(build_dir(), run.input)[unchanged.SHOWN]
        unchanged.remember(record, now | {unchanged.SHOWN: shown})


def _build(run: Run, data: Sequence[str], mapping: Path | None) -> Scanned:
    if run.target == "athena":
        with step("looking for the bucket and the work group"):
            check_access(settings(run.input))
    if data:
        with step("landing"):
            _land(run, data, add=False, mapping=mapping)
    with _publisher(run) as publish:
        with step("reading the project"):
            manifest = parse(run.target, run.dbt_variables)
        scanned = _build_tables(run, manifest)
        with step("writing the docs"):
            # nodes are compiled already, by the build
            docs = ["docs", "generate", "--static", "--no-compile"]
            run_dbt(docs, run.target, run.dbt_variables, manifest=manifest)
        with step("writing the report and the figures"):
            publish()
    return scanned


@contextmanager
def _publisher(run: Run) -> Iterator[Callable[[], None]]:
    """A process that has imported what page and figures need by the time the tables are built.

    The returned function has it write them. Raises UserError with its error message.
    """
    command = [sys.executable, "-m", "social_roi.report.publish", run.target, run.input]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a module in the user's folder must not take the place of one of the same name
        cwd=PROJECT,
        env=os.environ | {"SOCIAL_ROI_BUILD": str(build_dir())},
    )

    def publish() -> None:
        _, said = process.communicate("write\n")
        if process.returncode:
            raise UserError(" ".join(said.split()[-60:]))

    try:
        yield publish
    except BaseException:
        process.kill()
        raise
    finally:
        process.communicate()


def write_outputs(run: Run) -> None:
    """The page, the figures and the docs of the tables that are there."""
    tables = _tables(run)
    _write_report(tables, run)
    _write_figures(tables)
    _publish_docs(run)


def land(run: Run, paths: Sequence[str], *, add: bool, mapping: Path | None = None) -> None:
    """Raw files to raw tables."""
    if run.target == "duckdb":
        _keep_pandas_out()
    # a build that sees part of a landing would take the rest for rows it has
    with locked(build_dir(), "build"):
        _land(run, paths, add=add, mapping=mapping)


def explain(paths: Sequence[str], mapping: Path | None) -> None:
    """What landing would make of files; nothing is changed."""
    _keep_pandas_out()
    from social_roi.landing import explain_files

    explain_files(paths, build_dir() / "landed", mapping=mapping)


class _NoPandas:
    """As if pandas were not installed."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _keep_pandas_out() -> None:
    """pyarrow looks for pandas at its first scalar, which takes as long as landing a small file.

    Where it is not found then, pyarrow goes without it until a frame is asked for.
    """
    import pyarrow

    sys.meta_path.insert(0, _NoPandas)
    pyarrow.scalar(0)
    sys.meta_path.remove(_NoPandas)


def solve(run: Run, solver: str | None) -> None:
    """Solve beside Athena (one solver or all) and build what depends on it."""
    from social_roi.aws.solve import solve_on_athena

    where = settings(run.input)
    with step("looking for the bucket and the work group"):
        check_access(where)
    with step("solving"):
        options = project_variables() | run.dbt_variables
        solved = solve_on_athena(where, options, solver, progress)
    with step("building what depends on it"):
        run_dbt(["build", *downstream_of(solved)], "athena", run.dbt_variables, progress)


def downstream_of(tables: Iterable[str]) -> list[str]:
    """dbt's selectors for the models downstream of these tables, with the tests that read only
    those models and their inputs: other tables may not have been built."""
    models = [f"{table}+,resource_type:model" for table in tables]
    return ["--select", *models, "--indirect-selection", "buildable"]


def plain_dbt(arguments: Sequence[str]) -> int:
    """dbt itself, in the project. Returns its exit code.

    Without access to AWS dbt would end in pages of Python's own words: that is checked before.
    Raises UserError.
    """
    asked = " ".join(arguments).replace("=", " ").split()
    if "athena" in (*asked, os.environ.get("DBT_TARGET")):
        check_access(settings("landed"))
    with in_project():
        command = [sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli()", *arguments]
        return subprocess.run(command, check=False).returncode


def demo(folder: Path | None) -> None:
    """The demo's raw files."""
    from social_roi.demo import write_demo

    for path in write_demo(folder or PROJECT / "seeds" / "demo"):
        print(path)


def answers(run: Run) -> None:
    """The answers of the last build, on the terminal."""
    from social_roi.report.quality import WARNING_TABLES
    from social_roi.report.questions import ANSWER_TABLES
    from social_roi.warehouse import read_tables

    _print_answers(read_tables(run.target, run.input, (*ANSWER_TABLES, *WARNING_TABLES)), run)


def report(run: Run) -> None:
    """The report page of the last build."""
    with step("writing the report"):
        _write_report(_tables(run), run)


def figures(run: Run) -> None:
    """The figures of the last build as PNG and SVG."""
    with step("drawing the figures"):
        _write_figures(_tables(run))


def _print_answers(tables: Tables, run: Run) -> None:
    from social_roi.report.facts import scope
    from social_roi.report.quality import money_warnings
    from social_roi.report.questions import all_answers
    from social_roi.report.terminal import print_answers, print_warnings

    print_answers(all_answers(tables), sys.stdout, scope(tables, is_demo=run.input == "demo"))
    print_warnings(money_warnings(tables), sys.stdout)


def _write_report(tables: Tables, run: Run) -> None:
    from social_roi.report.build import build_report

    build_report(tables, build_dir() / "report" / "index.html", is_demo=run.input == "demo")


def _write_figures(tables: Tables) -> None:
    from social_roi.report.figures import write_figures

    write_figures(tables, build_dir() / "figures")


def _tables(run: Run) -> Tables:
    """The small tables that answers, page and figures read."""
    from social_roi.warehouse import REPORT_TABLES, read_tables

    return read_tables(run.target, run.input, REPORT_TABLES)


def _land(run: Run, paths: Sequence[str], *, add: bool, mapping: Path | None) -> None:
    share = (project_variables() | run.variables)["max_rejected_share"]
    if run.target == "athena":
        from social_roi.aws.land import land_to_s3

        land_to_s3(paths, settings("landed"), add=add, max_rejected_share=share, mapping=mapping)
        return
    from social_roi.landing import land_files

    land_files(paths, build_dir() / "landed", add=add, max_rejected_share=share, mapping=mapping)


def _build_tables(run: Run, manifest: Any) -> Scanned:
    """All models and tests, each once."""
    # unit tests are about the SQL, not about the user's data
    command = ["build", "--exclude-resource-type", "unit_test"]
    if run.target == "athena":
        return build_on_athena(command, settings(run.input), run.dbt_variables, manifest)
    with step("building and testing the tables"):
        run_dbt(command, run.target, run.dbt_variables, progress, manifest)
    return {}


def build_on_athena(
    command: list[str], where: Settings, variables: dict[str, Any], manifest: Any = None
) -> Scanned:
    """What dbt's command builds, each node once: the solvers run between what they read and what
    reads them. manifest: as for `run_dbt`. Raises UserError as `run_dbt` and `solve_on_athena` do.
    """
    from social_roi.aws.solve import solve_on_athena
    from social_roi.solvers.registry import solved_tables

    solved = [f"{table}+" for table in solved_tables()]
    with bytes_scanned() as scanned:
        with step("building and testing what the solvers read"):
            run_dbt([*command, "--exclude", *solved], "athena", variables, progress, manifest)
        with step("solving"):
            solve_on_athena(where, project_variables() | variables, progress=progress)
        with step("building and testing what depends on them"):
            run_dbt([*command, "--select", *solved], "athena", variables, progress, manifest)
    return scanned


def _publish_docs(run: Run) -> None:
    """Beside the report, whose links lead there: the folder can be sent or uploaded as it is."""
    page = build_dir() / "report" / "docs.html"
    shutil.copyfile(docs_page(build_dir(), run.target, run.input), page)


def print_outputs(run: Run) -> None:
    """The locations of a build's output."""
    database = (
        relative_path(build_dir() / f"{run.input}.duckdb")
        if run.target == "duckdb"
        else f"{settings(run.input).schema} in the Glue catalog"
    )
    print(f"\nreport    {relative_path(build_dir() / 'report' / 'index.html')}")
    print(f"figures   {relative_path(build_dir() / 'figures')}")
    print(f"tables    {database}")
    print(f"docs      {relative_path(build_dir() / 'report' / 'docs.html')}")


def relative_path(path: Path) -> Path:
    """The path relative to the current folder, when it is below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


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


@contextmanager
def step(title: str) -> Iterator[None]:
    """One line per step with its time; on a terminal its state while it runs."""
    start = time.monotonic()
    progress(f"{title} ...")
    try:
        yield
    except UserError as error:
        _clear()
        raise UserError(f"{title}: {error}") from error
    _clear()
    print(f"{title}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def progress(line: str) -> None:
    """The state of the running step, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line[:78]}", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
