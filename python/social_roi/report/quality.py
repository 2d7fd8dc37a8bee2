"""How much of the data was used, and why not the rest? Charts and tables."""

from social_roi.report.facts import days_told, is_reports_only, ordered, summed
from social_roi.report.formatting import text
from social_roi.report.palette import MUTED
from social_roi.report.spec import (
    MAX_BARS,
    STEP,
    WHOLE,
    height,
    number_text,
    quantity,
    tip,
    unless,
    values,
)
from social_roi.report.types import Chart, Column, Tables, TableSpec, TabSpec, column


def rejections(tables: Tables) -> Chart:
    reasons = summed(tables["rpt_rejections"], ("reason",), ("rejected",))
    reasons = ordered(reasons, "-rejected", "reason")[:MAX_BARS]
    counts = {row["rejected"] for row in reasons}
    is_flat = len(reasons) > 1 and len(counts) == 1
    users = sum(row["users"] for row in tables["rpt_totals"])
    spec = {
        "height": STEP * len(reasons),
        "data": {"values": values(reasons)},
        "encoding": {
            "y": {
                "field": "reason",
                "type": "nominal",
                "title": None,
                "sort": [row["reason"] for row in reasons],
            },
            "x": quantity("rejected", "Rows rejected", WHOLE) | {"axis": None},
            "tooltip": [
                {"field": "reason", "title": "Reason"},
                tip("rejected", "Rows rejected", WHOLE),
            ],
        },
        "layer": [
            {"mark": {"type": "bar", "color": MUTED, "height": 16}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {"text": number_text("rejected", WHOLE)},
            },
        ],
    }
    return Chart(
        "quality-reasons",
        "Why rows were rejected",
        "Rejected rows by reason; each is in the table rejected_rows with its file and line.",
        days_told(tables)
        if is_reports_only(tables)
        else f"{text(users, 'count')} users in the rows that are used.",
        spec,
        height(len(reasons)),
        "rpt_rejections",
        empty=unless(reasons, "Every row was used.")
        or (
            f"{len(reasons)} reasons, each of {text(min(counts), 'count')}: see the table below."
            if is_flat
            else ""
        ),
    )


FILE: tuple[Column, ...] = (
    column("Table", "text", "raw_table"),
    column("File", "text", "_source_file"),
)

FILES = TableSpec(
    "rpt_data_quality-table",
    "Landed, staged and rejected rows by file",
    "rpt_data_quality",
    (
        *FILE,
        column("Landed", "count", "landed"),
        column("Staged", "count", "staged"),
        column("Rejected", "count", "rejected"),
        column("Warnings", "count", "warnings"),
    ),
)

REJECTIONS = TableSpec(
    "rpt_rejections-table",
    "Rejected rows by reason",
    "rpt_rejections",
    (
        *FILE,
        column("Reason", "text", "reason"),
        column("Rows rejected", "count", "rejected"),
    ),
    order=("-rejected",),
)

WARNINGS = TableSpec(
    "rpt_data_warnings-table",
    "Rows used with a warning",
    "rpt_data_warnings",
    (
        *FILE,
        column("Warning", "text", "warning"),
        column("Rows used", "count", "warned_rows"),
    ),
    order=("-warned_rows",),
)

WARNING_TABLES = ("rpt_money_warnings",)  # what money_warnings reads
EXAMPLES = 3  # names in rpt_money_warnings.examples, at most
MONEY_WARNINGS = TableSpec(
    "rpt_money_warnings-table",
    "Money that may count twice or not at all",
    "rpt_money_warnings",
    (
        *FILE,
        column("Warning", "text", "warning"),
        column("Rows", "count", "warned_rows"),
        column("Amount", "money", "amount"),
        column("Such as", "text", "examples"),
    ),
    order=("-amount",),
)


def money_warnings(tables: Tables) -> list[str]:
    """Each warning about money as one line: file, what, sum, rows and names; largest sum first."""
    lines = []
    for row in ordered(tables["rpt_money_warnings"], "-amount", "_source_file", "warning"):
        rows = f"{text(row['warned_rows'], 'count')} row{'s' * (row['warned_rows'] != 1)}"
        figures = [text(row["amount"], "money")] if row["amount"] is not None else []
        others = row["names"] - EXAMPLES
        more = f" and {text(others, 'count')} more" if others > 0 else ""
        lines.append(
            f"{row['_source_file']}: {row['warning']}; "
            f"{', '.join([*figures, rows])} ({row['examples']}{more})"
        )
    return lines


TAB = TabSpec("quality", "Data quality", (FILES, MONEY_WARNINGS, rejections, REJECTIONS, WARNINGS))
