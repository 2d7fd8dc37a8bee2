"""The notebook runs on the marts of Athena, and finds there what it finds on the laptop."""

import pytest

import run_notebook
from social_roi import athena
from social_roi.project import project_variables, run_dbt


@pytest.fixture(scope="module")
def segments_of_the_demo() -> None:
    """What the notebook reads, and what that is made of; the build's tests run elsewhere."""
    no_tests = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    demo = {"input": "demo"}
    run_dbt(["build", "--select", "+int_user_sample", *no_tests], "athena", demo)
    athena.solve(athena.settings("demo"), project_variables() | demo, "segments")
    solved = ["--select", "+rpt_segments", "segment_selection", "--exclude", "+int_user_sample"]
    run_dbt(["build", *solved, *no_tests], "athena", demo)


def test_the_notebook_finds_the_planted_kinds_of_users(
    segments_of_the_demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEBOOK_TARGET", "athena")
    monkeypatch.setenv("NOTEBOOK_INPUT", "demo")
    run = run_notebook.executed()
    assert run_notebook.pictures(run) == 5
    assert run_notebook.printed(run).startswith("3 segments of ")
