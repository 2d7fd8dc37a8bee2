"""The same numbers on both engines: every model, cell by cell, of demo and public file."""

import pytest

from athena.conftest import keys, public_file
from athena.parity import compare
from social_roi import athena
from social_roi.cli import main
from social_roi.project import build_dir, dbt_made


def models(target: str, input_name: str) -> set[str]:
    """The models that a target's manifest has."""
    import json

    manifest = json.loads((dbt_made(target, input_name) / "manifest.json").read_text())
    return {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def build_both(input_name: str, *data: str) -> None:
    arguments = ["build", *(["--data", *data] if data else [])]
    assert main([*arguments, "--target", "athena"]) == 0
    assert main(arguments) == 0


@pytest.mark.parametrize("input_name", ["demo", "landed"])
def test_every_model_is_equal_cell_by_cell(
    input_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All dbt tests pass on both on the way: a failing one ends the build."""
    build_both(input_name, *([str(public_file())] if input_name == "landed" else []))
    ours, theirs = models("duckdb", input_name), models("athena", input_name)
    database = build_dir() / f"{input_name}.duckdb"
    found = compare(sorted(ours & theirs), database, athena.settings(input_name))
    with capsys.disabled():
        print(f"\n{input_name}: {found.line()}")
        print(f"{input_name}: models that only one target has: {sorted(ours ^ theirs) or 'none'}")
        print(f"{input_name}: {len(keys('data/'))} objects below data/ after one build")
    assert not found.differences
    assert found.models > 40


def test_a_second_build_leaves_no_orphans() -> None:
    """Files of tables that were replaced are gone: as many objects after as before."""
    before = tables_and_objects()
    assert main(["build", "--target", "athena"]) == 0
    assert tables_and_objects() == before


def tables_and_objects() -> dict[str, int]:
    """Objects by table folder, without the part of the key that is new in each build."""
    counts: dict[str, int] = {}
    for key in keys("data/"):
        table = "/".join(key.split("/")[:3])
        counts[table] = counts.get(table, 0) + 1
    return counts


def test_the_public_table_comes_out_of_athena() -> None:
    public_file()
    where = athena.settings("landed")
    frame = athena.read_table(where, "rpt_device_funnel").set_index("device_type")
    assert frame["conversions"].to_dict() == {"Desktop": 87, "Mobile": 82, "Tablet": 66}
