"""Real builds for the tests, each built once per run of the tests in a folder of its own."""

import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from social_roi.dbt_runner import PROJECT, run_dbt
from social_roi.landing import land_files

Marts = Callable[[str], list[tuple]]

# A shell that runs the tests in the background has their children ignore interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

PUBLIC_FILE = PROJECT.parent / "shared" / "data" / "social_media_ad_optimization.csv"


@pytest.fixture(scope="session")
def session_environment() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


# Files that take minutes with few tests: begun last, one would run on alone at the end.
LONGEST = (
    *("test_growing", "test_make", "test_wheel", "test_report_browser", "test_mistakes"),
    *("test_reported_projects", "test_ad_reports", "test_attribution_models", "test_notebook"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; the others stay in order."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))


def built(build: Path, patch: pytest.MonkeyPatch, input_name: str, **variables: object) -> Path:
    """One dbt build with its data tests, with those of the demo also the unit tests, which read no
    data; warnings are errors. Returns the database."""
    command = ["build", "--warn-error"]
    if input_name != "demo":
        command += ["--exclude-resource-type", "unit_test"]
    with patch.context() as environment:
        environment.setenv("SOCIAL_ROI_BUILD", str(build))
        run_dbt(command, "duckdb", {"input": input_name, **variables})
    return build / f"{input_name}.duckdb"


@contextmanager
def built_once(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder for a build that all processes of pytest-xdist share, and whether one of them has
    already built in it; the others wait until it has."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, is_built = root / name, root / f"{name}.built"
    folder.mkdir(exist_ok=True)
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder, is_built.exists()
        is_built.touch()


@pytest.fixture(scope="session")
def demo_database(
    tmp_path_factory: pytest.TempPathFactory, session_environment: pytest.MonkeyPatch
) -> Path:
    with built_once(tmp_path_factory, "demo") as (build, is_built):
        return build / "demo.duckdb" if is_built else built(build, session_environment, "demo")


@pytest.fixture(scope="session")
def public_database(
    tmp_path_factory: pytest.TempPathFactory, session_environment: pytest.MonkeyPatch
) -> Path:
    if not PUBLIC_FILE.exists():
        pytest.skip(f"{PUBLIC_FILE.name} is not here: its licence forbids a copy in the repository")
    build = tmp_path_factory.mktemp("public")
    land_files([PUBLIC_FILE], build / "landed")
    return built(build, session_environment, "landed")


def copy_checkout(folder: Path) -> None:
    """What git has, or would add, of this checkout as it is now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)


def query(database: Path, sql: str) -> list[tuple]:
    """Rows of the marts of a built database."""
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("set schema = 'marts'")
        return con.execute(sql).fetchall()
