"""The inputs of each solver are named in three places: the registry, and a body on each engine."""

import re

import pytest

from social_roi.dbt_runner import PROJECT
from social_roi.solvers.registry import SOLVERS, solved_tables

BODIES = PROJECT / "models" / "solvers"
REF = re.compile(r"""\bref\(["'](\w+)["']\)""")


def read_by_step(table: str) -> set[str]:
    """The tables that the registry's step of a table names."""
    [solver] = [solver for solver in SOLVERS.values() if table in solver.steps]
    named = set(solver.steps[table].__code__.co_consts)
    return named & {*solver.inputs, *solver.steps}


@pytest.mark.parametrize("table", solved_tables())
def test_a_solved_table_reads_the_same_inputs_on_both_engines(table: str) -> None:
    on_duckdb = set(REF.findall((BODIES / "duckdb" / f"{table}.py").read_text()))
    on_athena = set(REF.findall((BODIES / "athena" / f"{table}.sql").read_text()))
    assert on_duckdb == on_athena == read_by_step(table) != set()


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_fetches_what_its_steps_read_and_no_more(name: str) -> None:
    solver = SOLVERS[name]
    read = set().union(*map(read_by_step, solver.steps))
    assert read - set(solver.steps) == set(solver.inputs)


def test_every_solver_model_has_a_body_on_each_engine() -> None:
    for engine, suffix in (("duckdb", ".py"), ("athena", ".sql")):
        bodies = {path.stem for path in (BODIES / engine).iterdir() if path.suffix == suffix}
        assert bodies == set(solved_tables())
