"""What kinds of users are there? The sentence."""

from collections.abc import Mapping

from social_roi.report.facts import shown_columns
from social_roi.report.formatting import is_null, marked
from social_roi.report.palette import ACCENT
from social_roi.report.types import (
    Answer,
    OverviewRow,
    Row,
    Rows,
    Tables,
    column,
)

# the segment of users without a touch
NO_AD_SEEN = 0


def answer(tables: Tables) -> Answer:
    """The kinds of users, or the reason why there is one segment only."""
    segments = segments_with_share(tables)
    no_ad = [row for row in tables["rpt_segments"] if row["segment"] == NO_AD_SEEN]
    columns = (
        column("Persona", "text", "persona"),
        column("Users", "count", "users"),
        column("Share", "percent", "share"),
        column("CTR", "ctr", "ctr"),
        column("CVR", "percent", "cvr"),
        column("95 % interval", "percent", "cvr_low", "cvr_high"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
    )
    return Answer(
        "segments",
        "What kinds of users are there?",
        _kinds_of_users(segments, tables) + _left_out(no_ad),
        False,
        shown_columns(columns, tables),
        segments,
    )


def segments_with_share(tables: Tables) -> Rows:
    """`rpt_segments` without those who saw no ad, with the `share` of all other users.

    A rate above 1 is null: there the data lacks impressions or clicks.
    """
    rows = [row for row in tables["rpt_segments"] if row["segment"] != NO_AD_SEEN]
    users = max(sum(row["users"] for row in rows), 1)
    return [
        row
        | {name: None for name in ("ctr", "cvr") if (row[name] or 0) > 1}
        | {"share": row["users"] / users}
        for row in rows
    ]


def _kinds_of_users(segments: Rows, tables: Tables) -> str:
    if not segments:
        totals = tables["rpt_totals"][0]
        if totals["impressions"] or totals["clicks"]:
            return "Cannot tell: segments are not built yet."
        return (
            "Cannot tell: of no user an impression or a counted click is known. Orders tell only of"
            " those who bought, and unpaid visits nothing of ads; take ad_events.csv, or a log of"
            " the site with tagged links."
        )
    if len(segments) == 1:
        return f"One kind only. {segments[0]['what_sets_it_apart']}"
    chosen = chosen_segmentation(tables)
    kinds = ", ".join(
        f"{row['persona']} ({marked(row['users'], 'count')} users, "
        f"{marked(row['share'], 'percent')})"
        for row in segments
    )
    if is_null(chosen["warning"]):
        return f"{len(segments)} kinds, clearly separated: {kinds}."
    return f"{len(segments)} kinds: {kinds}. With a warning: {chosen['warning']}."


def chosen_segmentation(tables: Tables) -> Row:
    """The row of the number of segments that was chosen."""
    return next(row for row in tables["segment_selection"] if row["is_selected"])


def _left_out(no_ad: Rows) -> str:
    """The users of whom no ad is known, for the end of the sentence."""
    if not no_ad:
        return ""
    conversions = no_ad[0]["conversions"]
    bought = f", with {marked(conversions, 'count')} conversions" if conversions else ""
    return (
        f" Left out: {marked(no_ad[0]['users'], 'count')} users without an impression or a counted"
        f" click{bought}."
    )


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    share = row["share"]
    return OverviewRow(row["persona"], ACCENT, {}, (0.0, share), share, "percent")
