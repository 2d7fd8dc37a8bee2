"""Real builds for the tests, each built once per session in a folder of its own."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
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


def built(build: Path, patch: pytest.MonkeyPatch, input_name: str, **variables: object) -> Path:
    """One dbt build with all its tests; warnings are errors. Returns the database."""
    with patch.context() as environment:
        environment.setenv("SOCIAL_ROI_BUILD", str(build))
        run_dbt(["build", "--warn-error"], "duckdb", {"input": input_name, **variables})
    return build / f"{input_name}.duckdb"


@pytest.fixture(scope="session")
def demo_database(
    tmp_path_factory: pytest.TempPathFactory, session_environment: pytest.MonkeyPatch
) -> Path:
    return built(tmp_path_factory.mktemp("demo"), session_environment, "demo")


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
