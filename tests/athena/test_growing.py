"""Adding to the tables on Athena gives what one full build on DuckDB gives."""

import random
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from athena.conftest import NO_TESTS, land_at_noon
from athena.parity import compare
from event_files import ROWS, days, interactions
from social_roi.aws.settings import settings
from social_roi.dbt_runner import build_dir, run_dbt

# The incremental models with all upstream models.
SELECTED = [
    "+int_journeys",
    "+int_conversion_paths",
    "int_touches_daily",
    "int_touch_events_by_file",
    "stg_landed_files",
]
FEW_RULES = ("--max-rejected-share", "0.9")


def build(target: str) -> dict[str, int | None]:
    """Build the tables; the rows that each model wrote."""
    variables = {"input": "landed", "max_rejected_share": 0.9}
    built = run_dbt(["build", *NO_TESTS, "--select", *SELECTED], target, variables)
    return {
        run.node.name: run.adapter_response.get("rows_affected")
        for run in built.results
        if run.node.resource_type == "model"
    }


@pytest.fixture
def own_schema(
    stack: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Databases separate from those of the other tests; removed at the end."""
    name = f"{stack['Schema']}_growing"
    monkeypatch.setenv("SOCIAL_ROI_SCHEMA", name)
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    yield
    glue = boto3.client("glue")
    for page in glue.get_paginator("get_databases").paginate():
        for database in page["DatabaseList"]:
            if database["Name"].startswith(name):
                glue.delete_database(Name=database["Name"])


def test_a_file_that_is_added_later_gives_the_tables_of_one_full_build(
    own_schema: None, tmp_path: Path
) -> None:
    rng = random.Random(1)
    first, later = tmp_path / "b", tmp_path / "a"
    for folder, (start, count) in ((first, (20, 30)), (later, (0, 45))):
        folder.mkdir()
        (folder / f"{folder.name}.csv").write_text(days(rng, start, count, folder.name))
        (folder / f"i{folder.name}.csv").write_text(interactions(rng))
    for target in ("athena", "duckdb"):
        land_at_noon(str(first), "--target", target, *FEW_RULES)
        if target == "athena":
            build(target)
        land_at_noon(str(later), "--add", "--target", target, *FEW_RULES)
        written = build(target)
        if target == "athena":
            for table in ("stg_ad_events", "stg_ad_interactions"):
                assert written[table] == ROWS, "rows of the first file were staged again"
    found = compare(sorted(written), build_dir() / "landed.duckdb", settings("landed"))
    assert not found.differences
    assert found.models > 15
