"""Tables for the report's tests: those of the built demo, and variants of them."""

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from social_roi.report.types import Tables as Rows
from social_roi.warehouse import REPORT_TABLES, read_frames

# As frames, which are changed more easily; `as_rows` gives what the report takes.
Tables = dict[str, pd.DataFrame]

HOSTILE = (
    "</script><script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=1">',
    '=HYPERLINK("http://example.com","click")',
    "{{ 7 * 7 }} ${7 * 7} <!-- -->",
    "@SUM(A1)",
    "a name of two hundred letters " * 7,
)


def demo_tables(database: Path) -> Tables:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_ROI_BUILD", str(database.parent))
        return read_frames("duckdb", database.stem, REPORT_TABLES)


def as_rows(tables: Tables) -> Rows:
    return {
        name: frame.astype(object).where(frame.notna(), None).to_dict("records")
        for name, frame in tables.items()
    }


def hostile_tables(tables: Tables) -> Tables:
    """The demo's tables, with hostile names of platforms, campaigns, files and so on."""
    renamed = {}
    for table, frame in tables.items():
        changed = frame.copy()
        for column in changed.select_dtypes("str").columns.difference(CODES):
            names = sorted(set(changed[column].dropna()) - {"unattributed", "unknown"})
            harm = {name: HOSTILE[place % len(HOSTILE)] + str(place // len(HOSTILE) or "")
                    for place, name in enumerate(names)}  # fmt: skip
            changed[column] = changed[column].replace(harm)
        renamed[table] = changed
    return renamed


# Text that is ours, not the data's.
CODES = [
    "level",
    "measure",
    "method",
    "reason",
    "forecast_date",
    "last_known_date",
    "attribution_model",
    "verdict",
    "feature",
    "activity_date",
    "first_date",
    "last_date",
]


def empty_tables(tables: Tables) -> Tables:
    """A project before its first row: one row of totals, all else empty."""
    totals = tables["rpt_totals"].copy()
    counts = totals.select_dtypes("Int64").columns.drop("lookback_days")
    totals[counts] = 0
    totals[["first_date", "last_date"]] = None
    return {name: frame.iloc[:0] for name, frame in tables.items()} | {"rpt_totals": totals}


def tables_without_conversions(tables: Tables) -> Tables:
    """Impressions, clicks and spend, but no conversions."""
    changed = {name: frame.copy() for name, frame in tables.items()}
    for frame in changed.values():
        none = {"conversions", "conversions_without_click", "converting_users", "revenue", "cvr"}
        for column in none & set(frame):
            frame[column] = frame[column].where(frame[column].isna(), 0)
    for name in ("rpt_platform_roi", "rpt_campaign_roi"):
        frame = changed[name]
        frame[["roi", "roi_low", "roi_high"]] = -1.0
        frame[["roas", "verdict"]] = [0.0, "cannot_tell"]
        frame["cpa"] = float("nan")
    empty = [
        name
        for name in changed
        if name.startswith(("rpt_path", "rpt_time", "rpt_conversion", "rpt_platform_claims"))
        or "attribution" in name
    ]
    return changed | {name: changed[name].iloc[:0] for name in empty}


def tables_of_one_platform(tables: Tables) -> Tables:
    """One platform, one segment."""
    changed = {
        name: frame[frame["ad_platform"] == "Facebook"] if "ad_platform" in frame else frame
        for name, frame in tables.items()
    }
    one = tables["segment_selection"].assign(is_selected=lambda rows: rows["k"] == 1)
    return changed | {
        "segment_selection": one,
        **{
            name: tables[name][tables[name]["segment"] == 1]
            for name in ("rpt_segments", "segment_centroids", "rpt_segment_sample")
        },
    }


def simulated_tables(tables: Tables) -> Tables:
    """All money simulated."""
    totals = tables["rpt_totals"].assign(is_spend_simulated=True, is_revenue_simulated=True)
    returns = {
        name: tables[name].assign(is_simulated=True, verdict="cannot_tell")
        for name in ("rpt_platform_roi", "rpt_campaign_roi")
    }
    return tables | returns | {"rpt_totals": totals}


def tables_with_many_campaigns(tables: Tables, platforms: int = 10, campaigns: int = 6) -> Tables:
    """Platforms x campaigns as the rows of `rpt_campaign_roi`."""
    rows = tables["rpt_campaign_roi"]
    rows = rows[rows["attribution_model"] == "last_touch"].head(6)
    many = pd.concat(
        rows.assign(
            ad_platform=f"Platform {platform}",
            campaign_id=[f"{platform}-{campaign}" for campaign in range(len(rows))],
            spend=rows["spend"] + platform,
        )
        for platform in range(platforms * campaigns // len(rows))
    )
    return tables | {"rpt_campaign_roi": many.reset_index(drop=True)}


def payload_of(page: str) -> dict[str, Any]:
    """What a page's scripts read, its tables as CSV by name included."""
    payload = json.loads(re.search(r'id="payload">(.*?)</script>', page, re.DOTALL)[1])
    return payload | {"csv": json.loads(gzip.decompress(base64.b64decode(payload["csv"])))}
