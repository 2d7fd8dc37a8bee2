"""The page's tables: which rows and columns of which model, and in which order."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from social_roi.answers import (
    Tables,
    ends_side_by_side,
    first_against_last,
    ranked_by_roi,
    simulated_money,
)
from social_roi.report.formatting import Column, column

MAX_ROWS = 200
MAX_PATHS = 50
MAX_DAILY_ROWS = 1_800


class Table(NamedTuple):
    """One table of the page. Its download holds the rows shown, with every column of `rows`.

    model: the table that its numbers come from; platform: the column that the platform filter
    reads; left_out: rows that are not shown, or 0.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: pd.DataFrame
    model: str
    platform: str = ""
    left_out: int = 0


def latest_days(tables: Tables) -> pd.DataFrame:
    """`rpt_daily` without its oldest days, where it is too long for the page."""
    daily = tables["rpt_daily"]
    if len(daily) <= MAX_DAILY_ROWS:
        return daily
    rows_by_day = daily.groupby("activity_date").size().sort_index(ascending=False)
    kept = rows_by_day.index[rows_by_day.cumsum() <= MAX_DAILY_ROWS]
    return daily[daily["activity_date"].isin(kept)]


def roi_table(tables: Tables, name: str, title: str, first: tuple[Column, ...]) -> Table:
    simulated = simulated_money(tables)
    rows = ranked_by_roi(tables, name)
    if len(rows) > MAX_ROWS:
        rows = rows.loc[sorted(rows.nlargest(MAX_ROWS, "spend").index)]
    columns = (
        *first,
        column("Platform", "text", "ad_platform"),
        column("Spend", "money", "spend", is_simulated=simulated["spend"]),
        column("Revenue", "money", "revenue", is_simulated=simulated["revenue"]),
        column("Conversions", "credit", "conversions"),
        column("Converting users", "count", "converting_users"),
        column("ROI", "decimal", "roi", is_simulated=simulated["roi"]),
        column("95 % interval", "decimal", "roi_low", "roi_high"),
        column("ROAS", "decimal", "roas", is_simulated=simulated["roi"]),
        column("CPA", "money", "cpa", is_simulated=simulated["spend"]),
        column("Verdict", "verdict", "verdict"),
    )
    left_out = len(ranked_by_roi(tables, name)) - len(rows)
    return Table(f"{name}-table", title, columns, rows, name, "ad_platform", left_out)


def funnel_table(tables: Tables, name: str, title: str, label: str, field: str) -> Table:
    rows = tables[name].sort_values(["clicks", field], ascending=[False, True])
    columns = (
        column(label, "text", field),
        column("Impressions", "count", "impressions"),
        column("Clicks", "count", "clicks"),
        column("Conversions", "count", "conversions"),
        column("CTR", "percent", "ctr"),
        column("95 % interval", "percent", "ctr_low", "ctr_high"),
        column("CVR", "percent", "cvr"),
        column("95 % interval", "percent", "cvr_low", "cvr_high"),
    )
    platform = field if field == "ad_platform" else ""
    return _table(f"{name}-table", title, columns, rows, name, platform=platform)


def ends_table(tables: Tables) -> Table:
    name = "rpt_platform_attribution"
    columns = (
        column("Platform", "text", "ad_platform"),
        column("First touch", "percent", "share_first"),
        column("95 % interval", "percent", "share_first_low", "share_first_high"),
        column("Last touch", "percent", "share_last"),
        column("95 % interval", "percent", "share_last_low", "share_last_high"),
        column("Last - first", "shift", "shift"),
    )
    rows = first_against_last(tables)
    title = "First and last touch by platform"
    return _table(f"{name}-ends", title, columns, rows, name, platform="ad_platform")


def campaign_ends_table(tables: Tables) -> Table:
    name = "rpt_campaign_attribution"
    rows = ends_side_by_side(tables[name], ["ad_platform", "campaign_id", "campaign_name"])
    columns = (
        column("Campaign", "text", "campaign_name"),
        column("Platform", "text", "ad_platform"),
        column("First touch", "percent", "share_first"),
        column("Last touch", "percent", "share_last"),
        column("Last - first", "shift", "shift"),
    )
    title = "First and last touch by campaign"
    return _table(f"{name}-ends", title, columns, rows, name, platform="ad_platform")


def models_table(tables: Tables) -> Table:
    name = "rpt_platform_attribution"
    columns = (
        column("Platform", "text", "ad_platform"),
        column("Model", "model", "attribution_model"),
        column("Conversions", "credit", "conversions"),
        column("Revenue", "money", "revenue", is_simulated=simulated_money(tables)["revenue"]),
        column("Share", "percent", "share"),
        column("95 % interval", "percent", "share_low", "share_high"),
    )
    return _table(
        f"{name}-table", "All models", columns, tables[name], name, platform="ad_platform"
    )


def rules_table(tables: Tables) -> Table:
    name = "rpt_attribution_sensitivity_summary"
    is_simulated = simulated_money(tables)["roi"]
    rows = tables[name].assign(
        depends=tables[name]["verdict_depends_on_rule"].map({True: "yes", False: "no"})
    )
    columns = (
        column("Platform", "text", "ad_platform"),
        column("Share, lowest to highest", "percent", "lowest_share", "highest_share"),
        column(
            "ROI, lowest to highest",
            "decimal",
            "lowest_roi",
            "highest_roi",
            is_simulated=is_simulated,
        ),
        column("Rank by ROI, best to worst", "count", "best_roi_rank", "worst_roi_rank"),
        column("Profit depends on the rule", "text", "depends"),
    )
    return _table(
        f"{name}-table", "What depends on the rule", columns, rows, name, platform="ad_platform"
    )


def paths_table(tables: Tables) -> Table:
    name = "rpt_conversion_paths"
    rows = tables[name].sort_values(
        ["conversions", "non_conversions", "path"], ascending=[False, False, True]
    )
    columns = (
        column("Path", "text", "path"),
        column("Conversions", "count", "conversions"),
        column("Journeys without one", "count", "non_conversions"),
        column("Conversion rate", "percent", "conversion_rate"),
        column("95 % interval", "percent", "conversion_rate_low", "conversion_rate_high"),
        column("Revenue", "money", "revenue", is_simulated=simulated_money(tables)["revenue"]),
    )
    return _table(f"{name}-table", "Paths", columns, rows, name, limit=MAX_PATHS)


def claims_table(tables: Tables) -> Table:
    name = "rpt_platform_claims"
    columns = (
        column("Platform", "text", "ad_platform"),
        column("Claimed by the platform", "count", "claimed_conversions"),
        column("Also claimed by others", "count", "also_claimed_by_others"),
        column("Credited here", "credit", "credited_conversions"),
        column("Claimed above credit", "credit", "overclaimed_conversions"),
    )
    title = "What each platform would claim for itself"
    return _table(f"{name}-table", title, columns, tables[name], name, platform="ad_platform")


def audience_table(tables: Tables) -> Table:
    name = "rpt_audience"
    simulated = simulated_money(tables)
    rows = tables[name].sort_values("clicks", ascending=False, kind="stable")
    columns = (
        column("Age", "text", "age_band"),
        column("Gender", "text", "gender"),
        column("Platform", "text", "ad_platform"),
        column("Users", "count", "users"),
        column("Impressions", "count", "impressions"),
        column("Clicks", "count", "clicks"),
        column("Conversions", "count", "conversions"),
        column("CTR", "percent", "ctr"),
        column("CVR", "percent", "cvr"),
        column("95 % interval", "percent", "cvr_low", "cvr_high"),
        column("Revenue", "money", "revenue", is_simulated=simulated["revenue"]),
    )
    return _table(f"{name}-table", "Groups", columns, rows, name, platform="ad_platform")


def segments_table(tables: Tables) -> Table:
    name = "rpt_segments"
    columns = (
        column("Segment", "count", "segment"),
        column("Persona", "text", "persona"),
        column("Users", "count", "users"),
        column("Impressions", "count", "impressions"),
        column("Clicks", "count", "clicks"),
        column("Conversions", "count", "conversions"),
        column("CTR", "percent", "ctr"),
        column("CVR", "percent", "cvr"),
        column("95 % interval", "percent", "cvr_low", "cvr_high"),
        column("Revenue", "money", "revenue", is_simulated=simulated_money(tables)["revenue"]),
    )
    return _table(f"{name}-table", "Segments", columns, tables[name], name)


def selection_table(tables: Tables) -> Table:
    name = "segment_selection"
    rows = tables[name].assign(used=tables[name]["is_selected"].map({True: "used", False: ""}))
    columns = (
        column("Segments", "count", "k"),
        column("Inertia", "money", "inertia"),
        column("Silhouette", "decimal", "silhouette"),
        column("Stability", "decimal", "stability"),
        column("Below the chord", "decimal", "knee_distance"),
        column("Choice", "text", "used"),
        column("Reason", "text", "reason"),
    )
    return _table(f"{name}-table", "How many segments", columns, rows, name)


def files_table(tables: Tables) -> Table:
    name = "rpt_data_quality"
    columns = (
        column("Table", "text", "raw_table"),
        column("File", "text", "_source_file"),
        column("Landed", "count", "landed"),
        column("Staged", "count", "staged"),
        column("Rejected", "count", "rejected"),
        column("Warnings", "count", "warnings"),
    )
    title = "Rows that landed, and what came of them"
    return _table(f"{name}-table", title, columns, tables[name], name)


def rejections_table(tables: Tables) -> Table:
    name = "rpt_rejections"
    rows = tables[name].sort_values("rejected", ascending=False, kind="stable")
    columns = (
        column("Table", "text", "raw_table"),
        column("File", "text", "_source_file"),
        column("Reason", "text", "reason"),
        column("Rows rejected", "count", "rejected"),
    )
    return _table(f"{name}-table", "Rejected, by reason", columns, rows, name)


def warnings_table(tables: Tables) -> Table:
    name = "rpt_data_warnings"
    rows = tables[name].sort_values("warned_rows", ascending=False, kind="stable")
    columns = (
        column("Table", "text", "raw_table"),
        column("File", "text", "_source_file"),
        column("Warning", "text", "warning"),
        column("Rows used all the same", "count", "warned_rows"),
    )
    return _table(f"{name}-table", "Odd, but used", columns, rows, name)


def _table(
    key: str,
    title: str,
    columns: Sequence[Column],
    rows: pd.DataFrame,
    model: str,
    *,
    platform: str = "",
    limit: int = MAX_ROWS,
) -> Table:
    shown = rows.head(limit)
    return Table(key, title, tuple(columns), shown, model, platform, len(rows) - len(shown))
