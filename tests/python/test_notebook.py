"""The notebook in git is clean, and it runs on the demo of the local target."""

import ast
from pathlib import Path

import nbformat
import pytest

import run_notebook


def cells() -> list[nbformat.NotebookNode]:
    return nbformat.read(run_notebook.NOTEBOOK, as_version=4).cells


def test_the_notebook_is_stored_without_output() -> None:
    code = [cell for cell in cells() if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_the_notebook_has_no_copies_of_the_sidecars_functions() -> None:
    """It defines nothing and clusters nothing by itself."""
    source = "\n".join(cell.source for cell in cells() if cell.cell_type == "code")
    tree = ast.parse(source)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    imported = {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }
    ours = {"social_roi.solvers.segments", "social_roi.solvers.personas", "social_roi.warehouse"}
    assert ours <= imported
    assert not any(module.startswith("sklearn") for module in imported)


@pytest.mark.build
def test_the_notebook_finds_the_planted_kinds_of_users(
    demo_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(demo_database.parent))
    monkeypatch.setenv("NOTEBOOK_TARGET", "duckdb")
    monkeypatch.setenv("NOTEBOOK_INPUT", "demo")
    run = run_notebook.executed()
    assert run_notebook.pictures(run) == 5
    assert run_notebook.printed(run).startswith("3 segments of ")
