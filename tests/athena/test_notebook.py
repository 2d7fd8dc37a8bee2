"""The notebook runs on the marts of Athena, with the same result as on DuckDB."""

import pytest

import run_notebook


def test_the_notebook_finds_the_planted_kinds_of_users(
    demo_on_athena: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEBOOK_TARGET", "athena")
    monkeypatch.setenv("NOTEBOOK_INPUT", "demo")
    run = run_notebook.executed()
    assert run_notebook.pictures(run) == 5
    assert run_notebook.printed(run).startswith("3 segments of ")
