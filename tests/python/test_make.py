"""The commands of the README in a fresh checkout whose path contains blanks."""

import os
import subprocess
from pathlib import Path

import pytest
from conftest import copy_checkout

from social_roi.dbt_runner import PROJECT

pytestmark = pytest.mark.build

QUESTIONS = (
    "1. Which platform and campaign pays back?",
    "2. Where do people drop out?",
    "3. Which ad opened the journey, and which one closed it?",
    "4. Who responds?",
    "5. What kinds of users are there?",
    "6. What will the next",  # 28 days, or fewer where the data are short
    "7. Where should the next money go?",
)

EVENTS = """\
Event ID;User ID;Occurred At;Event Type;Ad Platform;Device Type;Revenue
007;01820;31.12.2025 10:00;Impression;facebook;mobile;
008;01820;31.12.2025 10:05;click;Facebook;mobile;
009;01820;01.01.2026 09:00;conversion;;;1.234,50
010;50e00;02.01.2026 09:00;click;TikTok;phone;
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a path with blanks") / "social roi"
    copy_checkout(folder)
    return folder


def make(checkout: Path, *words: str) -> str:
    """The output of `make`, in an environment without variables of this checkout."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SOCIAL_ROI_", "DBT_", "MAKE", "PYTHONPATH", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        ["make", *words], cwd=checkout, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_make_build_sets_up_builds_the_demo_and_prints_the_answers(checkout: Path) -> None:
    shown = make(checkout, "build")
    assert all(question in shown for question in QUESTIONS)
    for made in ("demo.duckdb", "report/demo/index.html", "report/demo/docs.html"):
        assert (checkout / "build" / made).exists(), made
    assert make(checkout, "docs") == "open build/report/docs.html\n"


def test_make_build_takes_a_read_only_folder_of_data_files(checkout: Path, tmp_path: Path) -> None:
    data = tmp_path / "my exports"
    data.mkdir()
    (data / "ads [1].csv").write_text(EVENTS)
    data.chmod(0o555)
    try:
        shown = make(checkout, "build", f"DATA={data}")
    finally:
        data.chmod(0o755)
    assert all(question in shown for question in QUESTIONS)
    assert [path.name for path in data.iterdir()] == ["ads [1].csv"]
    assert (checkout / "build" / "landed.duckdb").exists()


def test_plain_dbt_works_from_the_projects_folder(checkout: Path) -> None:
    done = subprocess.run(
        [".venv/bin/dbt", "parse", "--target", "duckdb", "--warn-error", "--no-partial-parse"],
        cwd=checkout,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_lock_names_no_host() -> None:
    assert "://" not in (PROJECT / "requirements.lock").read_text()
