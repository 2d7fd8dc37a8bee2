"""The exports in `examples/` are what the demo's ad managers would write."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import built, query

from social_roi.dbt_runner import PROJECT
from social_roi.demo import CAMPAIGNS
from social_roi.demo_exports import GOOGLE, META, TIKTOK, write_exports
from social_roi.landing import land_files

EXPORTS = PROJECT / "examples" / "exports"
MANAGERS = {"Meta": META, "Google Ads": GOOGLE, "TikTok": TIKTOK}


@pytest.fixture(scope="module")
def spend() -> Counter[str]:
    """The spend that the demo's bill plants, by ad manager."""
    bill = pd.read_csv(PROJECT / "seeds" / "demo" / "demo_ad_spend.csv", dtype=str)
    spent: Counter[str] = Counter()
    # the last two rows are planted mistakes
    for campaign_id, amount in zip(bill["campaign_id"][:-2], bill["spend"][:-2], strict=True):
        for name, manager in MANAGERS.items():
            if CAMPAIGNS[campaign_id].platform in manager.platforms:
                spent[name] += Decimal(amount)
    return spent


def test_making_them_again_gives_the_same_bytes(tmp_path: Path) -> None:
    made = {path.name: path.read_bytes() for path in write_exports(tmp_path / "new folder")}
    assert made == {path.name: path.read_bytes() for path in EXPORTS.iterdir()}


def test_each_file_tells_the_planted_spend(tmp_path: Path, spend: Counter[str]) -> None:
    land_files([EXPORTS], tmp_path)
    landed = duckdb.sql(f"""
        select ad_platform, _source_file, sum(cast(spend as decimal(18, 4)))
        from '{tmp_path}/current/ad_reports/*.parquet'
        group by all
    """).fetchall()
    assert len(landed) == 5
    assert {(platform, told) for platform, _, told in landed} == {*spend.items()}


@pytest.mark.build
def test_the_built_totals_hold_it_once_with_shares_beside_it(
    tmp_path: Path, session_environment: pytest.MonkeyPatch, spend: Counter[str]
) -> None:
    land_files([EXPORTS], tmp_path / "landed")
    database = built(tmp_path, session_environment, "landed")
    totals = query(database, "select ad_platform, sum(spend) from fct_ad_spend group by all")
    assert dict(totals) == spend
    own = query(
        database,
        "select ad_platform, spend, roi > 0, roi_low is not null from rpt_platform_roi"
        " where attribution_model = 'platform_reported' order by 1",
    )
    assert own == [
        ("Google Ads", spend["Google Ads"], True, True),
        ("Meta", spend["Meta"], True, True),
        ("TikTok", spend["TikTok"], False, True),
    ]
    shares = query(
        database,
        "select breakdown, ad_platform, sum(spend), min(coverage) from rpt_reported_breakdowns"
        " where breakdown in ('device', 'audience') group by all order by 1",
    )
    assert shares == [
        ("audience", "Meta", spend["Meta"], 1.0),
        ("device", "Google Ads", spend["Google Ads"], 1.0),
    ]
