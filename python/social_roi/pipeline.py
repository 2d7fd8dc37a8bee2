"""What each subcommand does, step by step."""

import functools
import importlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from social_roi import last_build, unchanged
from social_roi.aws.settings import Settings, check_access, settings
from social_roi.console import print_line, printable
from social_roi.dbt_runner import (
    PROJECT,
    build_dir,
    bytes_scanned,
    docs_page,
    in_project,
    parse,
    project,
    project_variables,
    run_dbt,
)
from social_roi.errors import UserError
from social_roi.inputs import PULLED, find_inputs, mapping_of
from social_roi.lock import locked

if TYPE_CHECKING:
    from social_roi.report.formats import Said

Tables = Mapping[str, Any]
# By dbt node: the bytes that each of its queries on Athena scanned.
Scanned = Mapping[str, list[int]]

FIRST_BUILD = "social-roi build --data exports"
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
    pull_from: Sequence[str] = (),
) -> None:
    """Land what is in `data`, build the tables, then docs, report, figures and the answers.

    pull_from: platforms to pull from before; what was pulled is landed beside `data`.
    On DuckDB, with nothing new since the last build, at most report and figures are written again;
    `force` builds all the same. On Athena the tables' state is not known here: it always builds.
    """
    scanned: Scanned = {}
    if pull_from:
        data = [*data, pull(run, pull_from, for_build=True, is_alone=not data)]
    with locked(build_dir(), "build"):
        if run.target == "athena":
            scanned = _recorded_build(run, data, mapping, list(data))
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
    own = project() if project() != PROJECT else None
    inputs = unchanged.inputs(PROJECT, files, run.variables, own)
    now = inputs | unchanged.outputs(build_dir(), run.input)
    changed = unchanged.changes(record, now)
    if force or not {unchanged.SHOWN}.issuperset(changed):
        unchanged.forget(record)
        _recorded_build(run, data, mapping, list(files))
        unchanged.remember(record, inputs | unchanged.outputs(build_dir(), run.input))
        return
    last_build.is_up_to_date(build_dir(), run.target, run.input)
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


def _recorded_build(
    run: Run, data: Sequence[str], mapping: Path | None, files: Sequence[str]
) -> Scanned:
    """A build that answers, page and status can later speak of. files: names of the input files."""
    with last_build.recorded(build_dir(), run.target, run.input, run.variables, files) as replaced:
        return _build(run, data, mapping, replaced.append)


def _build(
    run: Run, data: Sequence[str], mapping: Path | None, on_built: Callable[[str], None]
) -> Scanned:
    if run.target == "athena":
        with step("looking for the bucket and the work group"):
            check_access(settings(run.input))
    if data:
        # seconds of importing, for which landing leaves a core; not a daemon, which cannot be ended
        # inside a library
        threading.Thread(target=importlib.import_module, args=("dbt.cli.main",)).start()
        with step("landing"):
            _land(run, data, add=False, mapping=mapping)
    with _publisher(run) as publish:
        with step("reading the project"):
            manifest = parse(run.target, run.dbt_variables)
        scanned = _build_tables(run, manifest, on_built)
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
    # -P: a module in the user's folder must not take the place of one of the same name
    command = [sys.executable, "-P", "-m", "social_roi.report.publish", run.target, run.input]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
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
    _write_figures(tables, run)
    _publish_docs(run)


def land(
    run: Run,
    paths: Sequence[str],
    *,
    add: bool,
    mapping: Path | None = None,
    remove: Sequence[str] = (),
) -> None:
    """Raw files to raw tables. remove: names of landed files that are to go. Raises UserError."""
    if not paths and not remove:
        raise UserError("name the files or folders to land, or a landed file with --remove")
    if run.target == "duckdb":
        _keep_pandas_out()
    # a build that sees part of a landing would take the rest for rows it has
    with locked(build_dir(), "build"):
        _land(run, paths, add=add, mapping=mapping, remove=remove)


def pull(
    run: Run,
    platforms: Sequence[str],
    *,
    since: date | None = None,
    until: date | None = None,
    accounts: Sequence[str] = (),
    again: bool = False,
    any_address: bool = False,
    for_build: bool = False,
    is_alone: bool = False,
) -> str:
    """Reports of platforms (`meta`, `google`) from their interfaces; returns the folder or prefix
    with all that was pulled so far. The other arguments as in `social_roi.pull.run.Wanted`.

    is_alone: for a build of nothing else. Raises UserError; what is whole is kept.
    """
    from social_roi.pull.run import Wanted
    from social_roi.pull.run import pull as pull_one

    if accounts and len(set(platforms)) > 1:
        raise UserError("--account: pull one platform at a time, each has accounts of its own")
    folder, where = build_dir() / PULLED, str(build_dir() / PULLED)
    changed: Callable[[Path], None] = lambda path: None  # noqa: E731
    if run.target == "athena":
        from social_roi.aws.pulled import PulledOnS3

        bucket = PulledOnS3(settings("landed"))
        folder = build_dir() / f"{PULLED}_to_s3" / bucket.where.schema
        where, changed = bucket.address, bucket.publisher(folder)
    rows = 0
    with locked(folder, "pull"):
        if run.target == "athena":
            bucket.fetch_states(folder)
        with step("pulling"):
            for platform in dict.fromkeys(platforms):
                wanted = Wanted(platform, since, until, accounts, again, any_address)
                rows += pull_one(
                    wanted, folder, report=print_line, progress=progress, changed=changed
                )
    if not for_build:
        print(f"pulled to {where}; social-roi build --data {where}", file=sys.stderr)
    elif is_alone and not rows:
        raise UserError(
            f"no ads were shown in the days that were pulled ({where}): nothing to build; pull "
            "earlier days with social-roi pull --since"
        )
    return where


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


def init(folder: Path) -> None:
    """A small project of one's own around the installed package."""
    from social_roi.starter import write_project

    for path in write_project(folder):
        print(relative_path(path))
    print(f"next: put your exports into {folder / 'exports'}; cd {folder}; {FIRST_BUILD}")


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


def demo(folder: Path | None, *, exports: bool = False) -> None:
    """The demo's raw files, or its spend as exports of ad managers."""
    from social_roi.demo import write_demo
    from social_roi.demo_exports import write_exports

    if exports:
        paths = write_exports(folder or Path("examples", "exports"))
    else:
        paths = write_demo(folder or Path("seeds", "demo"))
    for path in paths:
        print(path)


def status() -> None:
    """What was pulled, is landed and was built, from which files, when and with which settings."""
    from social_roi.pull.state import pulled_accounts

    manifest = build_dir() / "landed" / "current" / "manifest.json"
    print(f"build folder  {build_dir()}")
    for line in pulled_accounts(build_dir() / PULLED):
        print(f"pulled        {line}")
    landed = json.loads(manifest.read_text("utf-8")) if manifest.exists() else []
    print(
        f"landed        {len(landed)} file{'s' if len(landed) > 1 else ''}"
        if landed
        else "landed        nothing"
    )
    for one in sorted(landed, key=lambda one: one["name"]):
        rejected = f", {one['rejected']:,} rejected" if one["rejected"] else ""
        print(printable(f"    {one['name']}: {one['raw_table']}, {one['rows']:,} rows{rejected}"))
    builds = last_build.newest_first(build_dir())
    if not builds:
        print("built         nothing")
    for number, record in enumerate(builds):
        print(f"{'' if number else 'built':14}{last_build.described(record)}")
        if record.input == "landed" and record.target == "duckdb" and landed:
            built = datetime.fromisoformat(record.ended or record.started).timestamp()
            if manifest.stat().st_mtime > built:
                print("    what is landed has changed since: build again")


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


def failure_of(run: Run) -> str:
    """What a reader has to know when the last build did not end well; else ''."""
    from social_roi.warehouse import REPORT_TABLES

    record = last_build.read(last_build.path_of(build_dir(), run.target, run.input))
    return last_build.warning(record, REPORT_TABLES) if record else ""


def tell_of_failure(run: Run, out: TextIO) -> None:
    if said := failure_of(run):
        print(f"social-roi: {said}", file=out)


def answers(run: Run, form: str = "text", question: str | None = None) -> None:
    """The answers of the last build on standard output.

    form: `text`, `json`, `markdown` or `csv`. question: one question's key, else all.
    """
    from social_roi.report.quality import WARNING_TABLES
    from social_roi.report.questions import ANSWER_TABLES
    from social_roi.warehouse import read_tables

    tables = read_tables(run.target, run.input, (*ANSWER_TABLES, *WARNING_TABLES))
    _print_answers(tables, run, form, question)


def export(run: Run, path: Path) -> None:
    """The answers and all tables behind them as one workbook. Raises UserError."""
    from social_roi.report.workbook import write_workbook

    if path.suffix.lower() != ".xlsx":
        raise UserError(f"{path}: the name has to end in .xlsx")
    with step("writing the workbook"):
        tables = _tables(run)
        said = _said(tables, run, None)
        try:
            write_workbook(said, tables, path)
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror})") from error
    tell_of_failure(run, sys.stderr)
    print(relative_path(path.resolve()))


def report(run: Run) -> None:
    """The report page of the last build."""
    with step("writing the report"):
        _write_report(_tables(run), run)
    tell_of_failure(run, sys.stderr)


def figures(run: Run) -> None:
    """The figures of the last build as PNG and SVG."""
    with step("drawing the figures"):
        _write_figures(_tables(run), run)
    tell_of_failure(run, sys.stderr)


def _print_answers(tables: Tables, run: Run, form: str, question: str | None) -> None:
    from social_roi.report.formats import FORMATS
    from social_roi.report.terminal import print_answers, print_warnings

    said = _said(tables, run, question)
    if form != "text":
        sys.stdout.write(FORMATS[form](said))
        # not lost where the output is read by a program
        tell_of_failure(run, sys.stderr)
        return
    tell_of_failure(run, sys.stdout)
    print_answers(said.answers, sys.stdout, said.scope)
    print_warnings(said.warnings, sys.stdout)


def _said(tables: Tables, run: Run, question: str | None) -> "Said":
    """All that the answers say. Raises UserError for a question that there is not."""
    from social_roi.report.facts import scope
    from social_roi.report.formats import Said
    from social_roi.report.quality import money_warnings
    from social_roi.report.questions import all_answers

    found = all_answers(tables)
    chosen = [answer for answer in found if question in (None, answer.key)]
    if not chosen:
        keys = ", ".join(answer.key for answer in found)
        raise UserError(f"--question {question}: choose one of {keys}")
    is_demo = run.input == "demo"
    return Said(
        chosen, scope(tables, is_demo=is_demo), money_warnings(tables), failure_of(run), is_demo
    )


def _write_report(tables: Tables, run: Run) -> None:
    from social_roi.report.build import build_report

    page = report_dir(run) / "index.html"
    build_report(
        tables,
        page,
        is_demo=run.input == "demo",
        title=os.environ.get("SOCIAL_ROI_TITLE", ""),
        made_on=date.today().isoformat(),
    )
    _link_last(page)


def _write_figures(tables: Tables, run: Run) -> None:
    from social_roi.report.figures import write_figures

    write_figures(tables, figures_dir(run), is_demo=run.input == "demo")


def report_dir(run: Run) -> Path:
    """The folder of the page and its docs, one for each input."""
    return build_dir() / "report" / run.input


def figures_dir(run: Run) -> Path:
    return build_dir() / "figures" / run.input


def _tables(run: Run) -> Tables:
    """The small tables that answers, page and figures read."""
    from social_roi.warehouse import REPORT_TABLES, read_tables

    return read_tables(run.target, run.input, REPORT_TABLES)


def _land(
    run: Run,
    paths: Sequence[str],
    *,
    add: bool,
    mapping: Path | None,
    remove: Sequence[str] = (),
) -> None:
    share = (project_variables() | run.variables)["max_rejected_share"]
    if run.target == "athena":
        from social_roi.aws.land import land_to_s3

        land_all = functools.partial(land_to_s3, where=settings("landed"))
    else:
        from social_roi.landing import land_files

        land_all = functools.partial(land_files, landed_dir=build_dir() / "landed")
    rates = project() / "seeds" / "lookups" / "exchange_rates.csv"
    land_all(paths, add=add, max_rejected_share=share, mapping=mapping, remove=remove, rates=rates)


def _build_tables(run: Run, manifest: Any, on_built: Callable[[str], None]) -> Scanned:
    """All models and tests, each once."""
    # unit tests are about the SQL, not about the user's data
    command = ["build", "--exclude-resource-type", "unit_test"]
    if run.target == "athena":
        return build_on_athena(command, settings(run.input), run.dbt_variables, manifest, on_built)
    with step("building and testing the tables"):
        run_dbt(command, run.target, run.dbt_variables, progress, manifest, on_built)
    return {}


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
    from social_roi.aws.solve import solve_on_athena
    from social_roi.solvers.registry import solved_tables

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


def _publish_docs(run: Run) -> None:
    """Beside the report, whose links lead there: the folder can be sent or uploaded as it is."""
    page = report_dir(run) / "docs.html"
    shutil.copyfile(docs_page(build_dir(), run.target, run.input), page)
    _link_last(page)


def _link_last(written: Path) -> None:
    """`report/index.html` and `report/docs.html` lead to those written last: one address."""
    link = written.parent.parent / written.name
    new = link.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.symlink_to(written.relative_to(link.parent))
    new.replace(link)


def print_outputs(run: Run) -> None:
    """The locations of a build's output."""
    database = (
        relative_path(build_dir() / f"{run.input}.duckdb")
        if run.target == "duckdb"
        else f"{settings(run.input).schema} in the Glue catalog"
    )
    print(f"\nreport    {relative_path(report_dir(run) / 'index.html')}")
    print(f"figures   {relative_path(figures_dir(run))}")
    print(f"tables    {database}")
    print(f"docs      {relative_path(report_dir(run) / 'docs.html')}")


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
    """One line per step with its time; on a terminal its state and seconds while it runs.

    An interrupt says which step it stopped.
    """
    start = time.monotonic()
    progress(f"{title} ...")
    ended = threading.Event()
    if sys.stderr.isatty():
        threading.Thread(target=_tick, args=(ended, start), daemon=True).start()
    try:
        yield
    except UserError as error:
        raise UserError(f"{title}: {error}") from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped while {title}") from None
    finally:
        ended.set()
        _clear()
    print(f"{title}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


_shown = ""


def progress(line: str) -> None:
    """The state of the running step, on a terminal only."""
    global _shown
    _shown = line[:68]
    _draw(_shown)


def _tick(ended: threading.Event, start: float) -> None:
    """Redraw the state every second with the step's seconds: reading the project says nothing."""
    while not ended.wait(1):
        _draw(f"{_shown}  {time.monotonic() - start:.0f} s")


def _draw(line: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    _draw("")
