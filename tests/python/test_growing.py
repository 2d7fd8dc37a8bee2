"""Incremental builds give the tables of one full build, in any order of landing."""

import random
import shutil
from pathlib import Path

import duckdb
import pytest

from event_files import EVENTS, days, interactions, log, orders
from social_roi.dbt_runner import project_variables, run_dbt
from social_roi.errors import UserError
from social_roi.landing import land_files

pytestmark = pytest.mark.build

DEALS = """\
Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date,Pipeline,Deal owner,\
Associated Contact IDs,Associated Contact,Original Traffic Source,\
Original Traffic Source Drill-Down 1,Original Traffic Source Drill-Down 2
901,A,Closed Won,100,2026-01-20 09:00,2026-01-21 10:00,Sales,O,51,P,Paid Search,Brand,shoes
"""
SPEND = "spend_date,ad_platform,campaign_id,ad_id,spend\n"
VARIABLES = {"input": "landed", "max_rejected_share": 0.9}
# The choice of segments is slow and reads users only, which every build rebuilds.
TABLES_ONLY = ["build", "--exclude", "segment_selection+"]
TABLES_ONLY += ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]


# What is kept from build to build, with what it reads: enough where nothing is compared after it.
KEPT_ONLY = [*TABLES_ONLY, "--select", "+config.materialized:incremental", "stg_landed_files"]


def build(command: list[str] = TABLES_ONLY) -> None:
    run_dbt(command, "duckdb", VARIABLES)


def tables(database: Path) -> dict[str, list[tuple]]:
    """Every table's rows; doubles to nine digits: the order of a sum decides the last ones."""

    def plain(row: tuple) -> tuple:
        return tuple(f"{cell:.9g}" if isinstance(cell, float) else cell for cell in row)

    with duckdb.connect(str(database), read_only=True) as con:
        names = con.execute("select table_name from duckdb_tables() where schema_name = 'marts'")
        return {
            name: sorted(map(plain, con.execute(f"from marts.{name}").fetchall()), key=repr)
            for (name,) in names.fetchall()
        }


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("growing")


@pytest.fixture
def folder(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is landed or built in it. dbt has read the project after the first test: it reads it
    anew for another path of the database."""
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(shared / "grown"))
    for name in ("files", "grown/landed"):
        shutil.rmtree(shared / name, ignore_errors=True)
    (shared / "grown" / "landed.duckdb").unlink(missing_ok=True)
    (shared / "files").mkdir()
    return shared


def land(folder: Path) -> None:
    land_files(
        sorted((folder / "files").iterdir()),
        folder / "grown" / "landed",
        max_rejected_share=0.9,
        report=lambda line: None,
    )


def built_at_once(folder: Path) -> dict[str, list[tuple]]:
    """The tables of one full build of the landed data; those that grew stay."""
    database = folder / "grown" / "landed.duckdb"
    grown = database.rename(folder / "grown.duckdb")
    build()
    once = tables(database)
    grown.replace(database)
    return once


def differing(grown: dict[str, list[tuple]], once: dict[str, list[tuple]]) -> list[str]:
    return [
        name for name in sorted(grown.keys() | once.keys()) if grown.get(name) != once.get(name)
    ]


def test_a_sequence_of_landings_gives_the_tables_of_one_full_build(folder: Path) -> None:
    rng = random.Random(1)
    files = folder / "files"
    # b lands first: what comes later sorts before it, and is late, too
    (files / "b.csv").write_text(days(rng, 20, 30, "b"))
    (files / "i2.csv").write_text(interactions(rng))
    (files / "spend.csv").write_text(SPEND + "2026-01-21,Facebook,k1,a1,10\n")
    land(folder)
    build(KEPT_ONLY)
    (files / "a.csv").write_text(days(rng, 0, 30, "a"))
    (files / "empty.csv").write_text(EVENTS)
    (files / "i1.csv").write_text(interactions(rng))
    (files / "spend2.csv").write_text(SPEND + "2026-01-21,Facebook,k1,a1,12\n")
    land(folder)
    land(folder)
    build(KEPT_ONLY)
    (files / "c.csv").write_text(days(rng, 50, 10, "c"))
    (files / "i3.csv").write_text(interactions(rng))
    (files / "users.csv").write_text("user_id,age,gender\nu1,30,F\nu99,40,M\n")
    land(folder)
    build()
    grown = tables(folder / "grown" / "landed.duckdb")
    assert not differing(grown, built_at_once(folder))
    names = {name for kind, _, _, name, _ in grown["stg_names"] if kind == "campaign"}
    assert names == {"k0", "k1", "k2"}, "a later file renamed campaigns"
    # the rows of a removed or changed file are removed
    (files / "a.csv").unlink()
    (files / "b.csv").write_text(days(rng, 20, 40, "b"))
    (files / "i2.csv").unlink()
    land(folder)
    build()
    assert not differing(tables(folder / "grown" / "landed.duckdb"), built_at_once(folder))


def test_logs_and_orders_that_join_persons_later_give_the_tables_of_one_full_build(
    folder: Path,
) -> None:
    rng = random.Random(5)
    files = folder / "files"
    (files / "events.csv").write_text(days(rng, 0, 30, "a"))
    (files / "log1.csv").write_text(log(rng, 0, 20, "a"))
    land(folder)
    build(KEPT_ONLY)
    before = tables(folder / "grown" / "landed.duckdb")["int_web_events"]
    (files / "log2.csv").write_text(log(rng, 40, 10, "b"))
    (files / "orders.csv").write_text(orders(rng, 0, 60))
    (files / "deals.csv").write_text(DEALS)
    land(folder)
    build(KEPT_ONLY)
    # whose campaign the deal names is told by a bill that lands after it
    (files / "events2.csv").write_text(days(rng, 20, 30, "b"))
    (files / "spend.csv").write_text(SPEND + "2026-01-21,Google Ads,Brand,a1,10\n")
    land(folder)
    build()
    grown = tables(folder / "grown" / "landed.duckdb")
    deals = [row for row in grown["fct_customer_journey"] if "Brand" in row]
    assert deals and all("Google Ads" in row for row in deals)
    assert not differing(grown, built_at_once(folder))
    assert set(before) - set(grown["int_web_events"]), "no browser has become somebody's"
    cells = {cell for row in grown["int_conversions_unioned"] for cell in row}
    assert {"ad_events", "orders", "web_events"} <= cells


def test_new_files_are_added_and_a_changed_variable_triggers_a_full_refresh(folder: Path) -> None:
    rng = random.Random(3)
    database = folder / "grown" / "landed.duckdb"
    (folder / "files" / "a.csv").write_text(days(rng, 0, 30, "a"))
    land(folder)
    build(KEPT_ONLY)

    def mark_staged_rows() -> None:
        with duckdb.connect(str(database)) as con:
            con.execute("update marts.stg_ad_events set campaign_name = 'marked'")

    def marked() -> int:
        with duckdb.connect(str(database), read_only=True) as con:
            [[rows]] = con.execute(
                "select count(campaign_name) from marts.stg_ad_events"
            ).fetchall()
        return rows

    mark_staged_rows()
    before = marked()
    (folder / "files" / "b.csv").write_text(days(rng, 10, 30, "b"))
    land(folder)
    build(KEPT_ONLY)
    assert marked() == before, "rows of unchanged files were staged again"

    changed = VARIABLES | {"lookback_days": project_variables()["lookback_days"] // 3}
    # it would lose the settings that the other tables were built with
    with pytest.raises(UserError, match="build everything once"):
        run_dbt(["build", "--select", "stg_landed_files"], "duckdb", changed)
    run_dbt(KEPT_ONLY, "duckdb", changed)
    assert marked() == 0, "tables made with another lookback were kept"
