"""The notebook runs on the marts of Athena, and finds there what it finds on the laptop."""

import pytest

import run_notebook
from social_roi.cli import main
from social_roi.project import run_dbt


@pytest.fixture(scope="module")
def segments_of_the_demo() -> None:
    """What the notebook reads, and what that is made of; the build's tests run elsewhere."""
    no_tests = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    wanted = ["+rpt_segments", "+int_user_sample", "segment_selection"]
    run_dbt(["build", "--select", *wanted, *no_tests], "athena", {"input": "demo"})
    assert main(["solve", "--input", "demo", "--select", "segments"]) == 0


def test_the_notebook_finds_the_planted_kinds_of_users(
    segments_of_the_demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEBOOK_TARGET", "athena")
    monkeypatch.setenv("NOTEBOOK_INPUT", "demo")
    run = run_notebook.executed()
    assert run_notebook.pictures(run) == 5
    assert run_notebook.printed(run).startswith("3 segments of ")
