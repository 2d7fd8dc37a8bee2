"""The package in somebody's dbt project, on tables that are there already."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from social_roi.dbt_runner import PROJECT

EXAMPLE = PROJECT / "examples" / "dbt_package"
pytestmark = pytest.mark.build


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its seeds: the tables that a warehouse would have."""
    folder = tmp_path_factory.mktemp("example") / "shop"
    ignored = shutil.ignore_patterns("target", "logs", "dbt_packages", "*.duckdb*")
    shutil.copytree(EXAMPLE, folder, ignore=ignored)
    packages = (folder / "packages.yml").read_text()
    (folder / "packages.yml").write_text(packages.replace("../..", PROJECT.as_posix()))
    assert dbt(folder, "deps").returncode == 0
    done = dbt(folder, "seed", "--select", "shop_analytics")
    assert done.returncode == 0, done.stdout
    return folder


def dbt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", "from dbt.cli.main import cli; cli()", *arguments]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SOCIAL_ROI_", "DBT_"))
    }
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


def test_the_example_builds_on_existing_tables(example: Path) -> None:
    done = dbt(example, "build")
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(example / "warehouse.duckdb"), read_only=True) as con:

        def rows(sql: str) -> list[tuple]:
            return con.execute(sql).fetchall()

        assert rows("select count(*) from information_schema.tables where table_name ~ 'demo'") == [
            (0,)
        ]
        [reported] = rows("select sum(spend) from social_roi.fct_ad_reports")
        [given] = rows("select sum(spend) from shop_warehouse.ad_reporting__campaign_report")
        assert float(reported[0]) == pytest.approx(float(given[0]))
        assert rows("select count(*) from social_roi.fct_conversions") == [(15,)]
        platforms = rows("select distinct ad_platform from social_roi.rpt_platform_roi order by 1")
        assert {("Meta",), ("Google Ads",)} <= set(platforms)
        assert rows("select distinct currency from social_roi.rpt_totals") == [("EUR",)]
        assert rows("select count(*) > 0 from shop.paying_platforms") == [(True,)]


def test_a_wrong_column_is_named_with_the_nearest(example: Path) -> None:
    settings = (example / "dbt_project.yml").read_text()
    (example / "dbt_project.yml").write_text(settings.replace(": event_time", ": event_tme"))
    try:
        done = dbt(example, "compile", "--select", "stg_ad_events")
    finally:
        (example / "dbt_project.yml").write_text(settings)
    assert done.returncode in (1, 2)
    assert "has no column event_tme; did you mean event_time?" in done.stdout


def test_a_margin_of_nothing_is_refused(example: Path) -> None:
    # settings are judged on the command line of the package's own project only
    done = dbt(example, "compile", "--select", "rpt_platform_roi", "--vars", "gross_margin: 0")
    assert done.returncode in (1, 2)
    assert "gross_margin: must be more than 0 and at most 1" in done.stdout
