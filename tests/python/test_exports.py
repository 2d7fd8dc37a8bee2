"""Exports of ad managers and connectors land as ad_reports with the figures they show."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from social_roi.dbt_runner import PROJECT
from social_roi.landing import land_files
from social_roi.landing.layouts import layouts

EXPORTS = PROJECT / "tests" / "exports"
EXPECTED = yaml.safe_load((EXPORTS / "expected.yml").read_text("utf-8"))
MEASURES = {
    "spend": "spend",
    "impressions": "impressions",
    "clicks": "clicks",
    "clicks_all": "clicks_all",
    "conversions": "reported_conversions",
    "revenue": "reported_revenue",
    "leads": "reported_leads",
}


def table(landed_dir: Path, name: str) -> str:
    return f"read_parquet('{landed_dir}/current/{name}/*.parquet')"


def figures(landed_dir: Path, file: str | None = None) -> dict[str, Any]:
    """What expected.yml tells of a file, or of all that is landed, without figures it has not."""
    where = f"where _source_file = '{file}'" if file else ""
    sums = ", ".join(
        f"sum(cast({column} as decimal(18, 4))) as {name}" for name, column in MEASURES.items()
    )
    [row] = (
        duckdb.sql(f"""
        select
            min(layout) as layout, min(grain) as grain, count(*) as rows, {sums},
            case when count(distinct currency) = 1 then min(currency) end as currency,
            min(period_start) as first, max(period_end) as last
        from {table(landed_dir, "ad_reports")} {where}
    """)
        .df()
        .to_dict("records")
    )
    found = {name: value for name, value in row.items() if value is not None and value == value}
    rejects = duckdb.sql(f"""
        select _source_line, reason from {table(landed_dir, "landing_rejects")} {where}
        order by _source_line
    """).fetchall()
    names = {"totals": "total row", "footers": "footer row", "later_sync": "later sync"}
    for name, reason in names.items():
        if lines := [line for line, found_reason in rejects if reason in found_reason]:
            found[name] = lines
    return found


def expected(file: str) -> dict[str, Any]:
    row = {name: str(value) for name, value in EXPECTED[file].items() if name in ("first", "last")}
    return EXPECTED[file] | row


def same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    def plain(row: dict[str, Any]) -> dict[str, Any]:
        numbers = {name: Decimal(str(row[name])) for name in MEASURES if name in row}
        return row | {name: value for name, value in numbers.items() if value}

    found, wanted = plain(found), plain(wanted)
    zeros = {name for name in MEASURES if not found.get(name, 1)} - wanted.keys()
    return {name: value for name, value in found.items() if name not in zeros} == wanted


@pytest.fixture
def landed_dir(tmp_path: Path) -> Path:
    return tmp_path / "landed"


@pytest.fixture(scope="module")
def landed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All exports in one folder, landed together."""
    folder = tmp_path_factory.mktemp("exports")
    files = [path for path in EXPORTS.iterdir() if path.name != "expected.yml"]
    land_files(files, folder / "landed", report=lambda line: None)
    yield folder / "landed"


def land_one(landed_dir: Path, path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    lines: list[str] = []
    land_files([path], landed_dir, report=lines.append)
    return "\n".join(lines)


@pytest.mark.parametrize("file", EXPECTED)
def test_an_export_lands_with_the_figures_it_shows(landed_once: Path, file: str) -> None:
    found = figures(landed_once, file)
    assert same(found, expected(file)), found


def test_every_layout_and_language_has_a_file_here() -> None:
    files = {path.name for path in EXPORTS.iterdir()} - {"expected.yml"}
    assert files == EXPECTED.keys()
    read = {facts["layout"] for facts in EXPECTED.values()}
    assert read == {layout.name for layout in layouts()} - {"fivetran_facebook_ads"}
