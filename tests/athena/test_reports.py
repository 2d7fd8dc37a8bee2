"""Exports of ad managers give the same tables on both engines.

Last of the files here: it lands other files in place of those that the others read.
"""

import boto3
import pytest

from athena.conftest import NO_TESTS, land_at_noon
from athena.parity import compare
from athena.test_parity import models
from social_roi.aws.settings import settings
from social_roi.aws.solve import solve_on_athena
from social_roi.dbt_runner import PROJECT, build_dir, project_variables, run_dbt
from social_roi.solvers.registry import solved_tables

EXPORTS = PROJECT / "examples" / "exports"


def test_every_model_of_the_exports_is_equal_cell_by_cell(
    stack: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    client, variables = boto3.client("s3"), {"input": "landed"}
    for path in EXPORTS.iterdir():
        client.upload_file(str(path), stack["Bucket"], f"exports/{path.name}")
    solved = [f"{table}+" for table in solved_tables()]
    land_at_noon("--target", "athena", f"s3://{stack['Bucket']}/exports/")
    run_dbt(["build", *NO_TESTS, "--exclude", *solved], "athena", variables)
    solve_on_athena(settings("landed"), project_variables() | variables)
    run_dbt(["build", *NO_TESTS, "--select", *solved], "athena", variables)

    land_at_noon(str(EXPORTS))
    run_dbt(["build", *NO_TESTS], "duckdb", variables)
    both = models("duckdb", "landed") & models("athena", "landed")
    found = compare(sorted(both), build_dir() / "landed.duckdb", settings("landed"))
    with capsys.disabled():
        print(f"\nexports: {found.line()}")
    assert not found.differences
    assert found.models > 40
