"""What the YAML of a table promises is tested by one dbt test, which names what is broken."""

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import query

from social_roi.dbt_runner import PROJECT, run_dbt
from social_roi.errors import UserError

# One row, of the whole project; several rows of one load, summed wherever they are read; used and
# staged rows, which data tests count where they go.
WITHOUT_A_KEY = {
    "int_simulation_flags",
    "rpt_totals",
    "rpt_attribution_quality",
    "int_events_by_file",
    "int_journey_touches",
    "int_events_deduplicated",
    "int_interactions_deduplicated",
    "stg_ad_events",
    "stg_ad_interactions",
    # several lines of a bill may be warned about alike
    "int_conversion_warnings",
    "int_repeat_warnings",
    "int_spend_told_twice",
    "int_spend_warnings",
    "int_visit_warnings",
}

BROKEN = {
    "verdict is one of 'pays_back', 'loses', 'cannot_tell', 'claims_to_pay_back',"
    " 'loses_by_own_count'": """
        update rpt_platform_roi set verdict = 'maybe' where attribution_model = 'linear'""",
    "roi lies within its interval": "update rpt_platform_roi set roi = roi_high + 1",
    "spend is at least 0": "update rpt_platform_roi set spend = -1",
    "is_simulated is not null": "update rpt_platform_roi set is_simulated = null",
    "one row per ad_platform, attribution_model": """
        insert into rpt_platform_roi select * from rpt_platform_roi limit 1""",
    "user_id is unique": "insert into dim_users select * from dim_users limit 1",
    "removal_effect is at most 1": "update removal_effects set removal_effect = 1.1",
    "ctr lies within its interval": "update rpt_device_funnel set ctr_low = null",
}
TABLES = "rpt_platform_roi dim_users removal_effects rpt_device_funnel"


@pytest.mark.build
def test_each_kind_of_promise_that_is_broken_is_named_with_its_rows(
    demo_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path))
    broken = tmp_path / "demo.duckdb"
    shutil.copy2(demo_database, broken)
    command = ["test", "--select", *(f"{table},test_name:promises" for table in TABLES.split())]
    run_dbt(command, "duckdb", {"input": "demo"})
    with duckdb.connect(str(broken)) as con:
        con.execute("set schema = 'marts'")
        for statement in BROKEN.values():
            con.execute(statement)
    with pytest.raises(UserError) as refused:
        run_dbt(command, "duckdb", {"input": "demo"})
    said = str(refused.value)
    for promise in BROKEN:
        [line] = [line for line in said.splitlines() if f": not so: {promise} (rows: " in line]
        assert "such as" in line, line
    assert "ad_platform = Facebook, attribution_model = linear, verdict = maybe" in said


def test_every_model_promises_a_key() -> None:
    without = set()
    for path in (PROJECT / "models").rglob("*.yml"):
        for model in (yaml.safe_load(path.read_text()) or {}).get("models", []):
            columns = [column.get("config", {}).get("meta", {}) for column in model["columns"]]
            grain = model.get("config", {}).get("meta", {}).get("grain")
            if not grain and not any(column.get("unique") for column in columns):
                without.add(model["name"])
            elif "promises" not in model["data_tests"]:
                without.add(f"{model['name']} has no test of its promises")
    assert without == WITHOUT_A_KEY


def promised_types(name: str) -> dict[str, str]:
    """The columns of a model's YAML with their types."""
    [path] = (PROJECT / "models").rglob(f"{name}.yml")
    [model] = yaml.safe_load(path.read_text())["models"]
    return {column["name"]: column.get("data_type") for column in model["columns"]}


@pytest.mark.build
def test_public_tables_have_the_columns_and_types_that_they_promise(demo_database: Path) -> None:
    built: dict[str, dict[str, str]] = {}
    for table, name, type_ in query(
        demo_database,
        """select table_name, column_name, lower(replace(data_type, ',', ', '))
        from information_schema.columns
        where table_schema = 'marts' and table_name like 'rpt_%'""",
    ):
        built.setdefault(table, {})[name] = type_
    assert len(built) > 30
    for table, types in built.items():
        assert promised_types(table) == types, table


def test_semantic_models_name_columns_of_their_table() -> None:
    found = yaml.safe_load((PROJECT / "models" / "semantic_models.yml").read_text())
    [daily] = found["semantic_models"]
    types = promised_types("rpt_daily")
    for measure in daily["measures"]:
        assert types[measure["name"]].startswith(("bigint", "decimal")), measure
    for dimension in daily["dimensions"]:
        expected = "date" if dimension["type"] == "time" else "varchar"
        assert types[dimension["name"]] == expected, dimension
    assert {metric["name"] for metric in found["metrics"]} == {"roi", "roas", "cpa", "ctr", "cvr"}
