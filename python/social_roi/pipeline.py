"""The commands that make something: land, pull, build, solve, init, demo."""

import functools
import importlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from social_roi import last_build, unchanged
from social_roi.aws.settings import check_access, settings
from social_roi.console import print_line, relative_path
from social_roi.dbt_runner import (
    PROJECT,
    build_dir,
    in_project,
    parse,
    project,
    project_variables,
    run_dbt,
)
from social_roi.errors import UserError
from social_roi.inputs import PULLED, find_inputs, mapping_of
from social_roi.lock import locked
from social_roi.outputs import answers, print_outputs, write_outputs
from social_roi.progress import progress, step
from social_roi.run import Run

if TYPE_CHECKING:
    from social_roi.aws.build import Scanned

FIRST_BUILD = "social-roi build --data exports"


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
        from social_roi.aws.build import print_cost

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
) -> "Scanned":
    """A build that answers, page and status can later speak of. files: names of the input files."""
    with last_build.recorded(build_dir(), run.target, run.input, run.variables, files) as replaced:
        return _build(run, data, mapping, replaced.append)


def _build(
    run: Run, data: Sequence[str], mapping: Path | None, on_built: Callable[[str], None]
) -> "Scanned":
    if run.target == "athena":
        with step("looking for the bucket and the work group"):
            check_access(settings(run.input))
    if data:
        # seconds of importing, for which landing leaves a core; not a daemon, which cannot be ended
        # inside a library
        threading.Thread(target=_import_dbt).start()
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


def _import_dbt() -> None:
    """An import that fails here, as where a refused file ends the command meanwhile, says nothing:
    who needs dbt imports it again."""
    with suppress(Exception):
        importlib.import_module("dbt.cli.main")


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

    where = folder or (Path("examples", "exports") if exports else Path("seeds", "demo"))
    try:
        paths = (write_exports if exports else write_demo)(where)
    except OSError as error:
        raise UserError(f"{where}: cannot be written ({error.strerror})") from error
    for path in paths:
        print(path)


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


def _build_tables(run: Run, manifest: Any, on_built: Callable[[str], None]) -> "Scanned":
    """All models and tests, each once."""
    # unit tests are about the SQL, not about the user's data
    command = ["build", "--exclude-resource-type", "unit_test"]
    if run.target == "athena":
        from social_roi.aws.build import build_on_athena

        return build_on_athena(command, settings(run.input), run.dbt_variables, manifest, on_built)
    with step("building and testing the tables"):
        run_dbt(command, run.target, run.dbt_variables, progress, manifest, on_built)
    return {}
