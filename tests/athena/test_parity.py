"""The same numbers on both engines: every model, cell by cell, of demo and public file."""

import json
from collections import Counter

import duckdb
import pandas as pd
import pytest

from athena.conftest import NO_TESTS, SOLVED, keys, land_at_noon, public_file
from athena.parity import compare
from social_roi.aws.settings import settings
from social_roi.aws.solve import read_table
from social_roi.dbt_runner import build_dir, dbt_target_path, run_dbt
from social_roi.warehouse import REPORT_TABLES, read_frames


def models(target: str, input_name: str) -> set[str]:
    """The models that a target's manifest has."""
    manifest = json.loads(
        (dbt_target_path(build_dir(), target, input_name) / "manifest.json").read_text()
    )
    return {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}


@pytest.fixture(scope="module")
def public_file_on_both(public_file_on_athena: None) -> None:
    """The public file landed and built on both, up to what the solvers read."""
    land_at_noon(str(public_file()))
    run_dbt(["build", *NO_TESTS, "--exclude", *SOLVED], "duckdb", {"input": "landed"})


@pytest.fixture(scope="module")
def demo_on_both(demo_on_athena: None) -> None:
    """The demo built on both; its dbt tests ran on Athena, and run on DuckDB in `make test`."""
    run_dbt(["build", *NO_TESTS], "duckdb", {"input": "demo"})


@pytest.mark.parametrize(
    ("input_name", "built"), [("demo", "demo_on_both"), ("landed", "public_file_on_both")]
)
def test_every_model_is_equal_cell_by_cell(
    input_name: str,
    built: str,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    request.getfixturevalue(built)
    ours, theirs = models("duckdb", input_name), models("athena", input_name)
    database = build_dir() / f"{input_name}.duckdb"
    with duckdb.connect(str(database), read_only=True) as con:
        made = "select table_name from information_schema.tables where table_schema = 'marts'"
        built_here = {name for (name,) in con.execute(made).fetchall()}
    found = compare(sorted(ours & theirs & built_here), database, settings(input_name))
    with capsys.disabled():
        print(f"\n{input_name}: {found.line()}")
        print(f"{input_name}: models that only one target has: {sorted(ours ^ theirs) or 'none'}")
    assert not found.differences
    assert found.models > 60


def test_the_report_reads_the_same_from_both(demo_on_both: None) -> None:
    ours = read_frames("duckdb", "demo", REPORT_TABLES)
    theirs = read_frames("athena", "demo", REPORT_TABLES)
    for name in REPORT_TABLES:
        pd.testing.assert_frame_equal(ours[name], theirs[name], rtol=1e-9, obj=name)


def test_the_bytes_of_each_model_are_reported(demo_on_athena: None) -> None:
    lines = (build_dir() / "bytes_scanned.csv").read_text().splitlines()[1:]
    scanned = {name: (int(n), int(amount)) for name, n, amount in (x.split(",") for x in lines)}
    assert scanned["fct_customer_journey"][1] > 0
    # the table itself, and its hook that looks at what is rejected
    assert scanned["int_conversions_deduplicated"][0] > 1
    assert len(scanned) > 120


def test_a_second_build_leaves_no_orphans(
    demo_on_athena: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rebuilt table, partitioned or not, has as many objects as before: no former ones remain."""
    before = objects_by_table()
    again = ["stg_users", "fct_conversions", "rpt_device_funnel"]
    run_dbt(["run", "--select", *again], "athena", {"input": "demo"})
    run_dbt(["run", "--select", *again, "--full-refresh"], "athena", {"input": "demo"})
    assert objects_by_table() == before
    with capsys.disabled():
        print(f"\ndemo: {sum(before.values())} objects in {len(before)} tables after a build")


def objects_by_table() -> dict[str, int]:
    """Objects by schema and table; what follows in the key is new in each build."""
    tables = Counter("/".join(key.split("/")[1:3]) for key in keys("data/"))
    return {table: count for table, count in tables.items() if "_demo" in table.split("/")[0]}


def test_the_public_table_comes_out_of_athena(public_file_on_both: None) -> None:
    where = settings("landed")
    frame = read_table(where, "rpt_device_funnel").set_index("device_type")
    assert frame["conversions"].to_dict() == {"Desktop": 87, "Mobile": 82, "Tablet": 66}
