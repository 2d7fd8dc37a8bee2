"""Adding to the tables on Athena gives what one full build on DuckDB gives.

What is landed has rows in all raw tables: exports of ad managers, logs of several sources, orders,
events, interactions. So every model is compared, nearly all of them with rows.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import boto3
import duckdb
import pytest

from athena.conftest import NO_TESTS, SOLVED, land_at_noon
from athena.parity import compare
from event_files import ROWS, days, interactions, log, orders
from social_roi.aws.settings import settings
from social_roi.aws.solve import solve_on_athena
from social_roi.dbt_runner import PROJECT, build_dir, project_variables, run_dbt

EXPORTS = PROJECT / "examples" / "exports"
JOURNEYS = PROJECT / "tests" / "journeys"
# The incremental models with all upstream models: what a first build leaves for the second.
INCREMENTAL = [
    "--select",
    "+int_journeys",
    "+int_conversion_paths",
    "int_touches_daily",
    "int_touch_events_by_file",
    "stg_landed_files",
]
FEW_RULES = ("--max-rejected-share", "0.9")
# Of each step from the files to the answers, with rows or the comparison says nothing.
FILLED = {
    *("fct_ad_reports", "rpt_restated_days", "rpt_reported_daily", "rpt_reported_breakdowns"),
    *("stg_web_events", "int_web_events", "int_account_aliases", "int_web_duplicates"),
    *("int_visit_sources", "int_web_touches", "int_web_purchases"),
    *("stg_orders", "int_orders", "int_order_users", "int_order_touches", "int_shop_conversions"),
    *("rpt_utm_match", "rpt_claims_vs_orders", "rpt_platform_claims", "rpt_money_warnings"),
    *("fct_customer_journey", "fct_conversions", "fct_attribution_credits", "rpt_platform_roi"),
}


VARIABLES = {"input": "landed", "max_rejected_share": 0.9}


def build(target: str, *selection: str) -> dict[str, int | None]:
    """Build the tables; the rows that each model wrote."""
    built = run_dbt(["build", *NO_TESTS, *selection], target, VARIABLES)
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
    monkeypatch.setenv("SOCIAL_ROI_SALT", "a salt for tests, long enough")
    yield
    glue = boto3.client("glue")
    for page in glue.get_paginator("get_databases").paginate():
        for database in page["DatabaseList"]:
            if database["Name"].startswith(name):
                glue.delete_database(Name=database["Name"])


def write_files(first: Path, later: Path) -> None:
    """Two folders of files in one currency; logs and orders, which build all anew, in the first."""
    rng = random.Random(1)
    for folder, (start, count) in ((first, (20, 30)), (later, (0, 45))):
        folder.mkdir()
        (folder / f"{folder.name}.csv").write_text(days(rng, start, count, folder.name))
        (folder / f"i{folder.name}.csv").write_text(interactions(rng))
        (first / f"log{start}.csv").write_text(log(rng, start, count, folder.name))
        in_dollars = orders(rng, start, count).replace(",EUR,", ",USD,")
        (first / f"orders{start}.csv").write_text(in_dollars)
    for path in EXPORTS.iterdir():
        (first / path.name).write_bytes(path.read_bytes())
    for name in ("ga4_dots.csv", "snowplow.csv", "shopify_visits.csv"):
        text = (JOURNEYS / name).read_text()
        (first / name).write_text(re.sub(r"(?i)\beur\b", "USD", text))
    # the days of June exported again, with ten times as much spend or more
    [meta] = EXPORTS.glob("Northwind-Campaigns*.csv")
    header, _, *rows = meta.read_text().splitlines()
    june = [re.sub(r"(\d{18},)", r"\g<1>1", row) for row in rows if ",2026-06-" in row]
    (later / "June again.csv").write_text("\n".join([header, *june]))


def test_files_of_all_kinds_that_are_added_give_the_tables_of_one_full_build(
    own_schema: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, later = tmp_path / "b", tmp_path / "a"
    write_files(first, later)
    for target in ("athena", "duckdb"):
        land_at_noon(str(first), "--target", target, *FEW_RULES)
        if target == "athena":
            build(target, *INCREMENTAL)
        land_at_noon(str(later), "--add", "--target", target, *FEW_RULES)
        if target == "athena":
            written = build(target, "--exclude", *SOLVED)
            for table in ("stg_ad_events", "stg_ad_interactions"):
                assert written[table] == ROWS, "rows of the first file were staged again"
            solve_on_athena(settings("landed"), project_variables() | VARIABLES)
            written |= build(target, "--select", *SOLVED)
    both = sorted(written.keys() & build("duckdb").keys())
    with duckdb.connect(str(build_dir() / "landed.duckdb"), read_only=True) as con:
        rows = {name: con.execute(f"select count(*) from marts.{name}").fetchall() for name in both}
    assert not {name for name in FILLED if rows[name] == [(0,)]}
    found = compare(both, build_dir() / "landed.duckdb", settings("landed"))
    with capsys.disabled():
        print(f"\nfiles of all kinds: {found.line()}")
    assert not found.differences
    assert found.models > 100
