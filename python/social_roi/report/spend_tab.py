"""Where the money goes: shares of spend and return, weeks, and what changed."""

from social_roi.report.facts import (
    attribution_model,
    converting_users,
    is_reports_only,
    known,
    ranked_by_roi,
    simulated_money,
)
from social_roi.report.formatting import text
from social_roi.report.headline import changes_by_platform, recent_period, totals
from social_roi.report.palette import ACCENT, MUTED
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    height,
    platform_colour,
    quantity,
    tip,
    unless,
    values,
)
from social_roi.report.types import (
    Chart,
    Rows,
    Tables,
    TableSpec,
    column,
)

SHARES_TOPIC = "Share of spend against share of revenue, by platform"
WEEKS_TOPIC = "Spend and revenue by week"


def spend_and_revenue_shares(tables: Tables) -> Chart:
    rows = known(ranked_by_roi(tables, "rpt_platform_roi"), "roi")[:MAX_BARS]
    spend, revenue = (sum(row[money] for row in rows) for money in ("spend", "revenue"))
    rows = [
        row
        | {
            "label": row["ad_platform"],
            "spend_share": row["spend"] / spend,
            "revenue_share": row["revenue"] / revenue if revenue else None,
        }
        for row in rows
    ]
    title = "Spend (ring), credited revenue (dot)"
    spend_axis, revenue_axis = (
        quantity(f"{money}_share", title, ".0%") for money in ("spend", "revenue")
    )
    spec = {
        "height": STEP * len(rows),
        "data": {"values": values(rows)},
        "params": [PLATFORMS_PARAMETER],
        "transform": [BY_PLATFORM],
        "encoding": {
            "y": {
                "field": "label",
                "type": "nominal",
                "title": None,
                "sort": [row["label"] for row in rows],
            },
            "color": platform_colour(tables, (row["ad_platform"] for row in rows)),
            "tooltip": [
                {"field": "label", "title": "Platform"},
                tip("spend_share", "Share of spend", ".1%"),
                tip("revenue_share", "Share of credited revenue", ".1%"),
            ],
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"x": spend_axis, "x2": {"field": "revenue_share"}},
            },
            {
                "mark": {"type": "point", "filled": False, "size": 110, "strokeWidth": 2},
                "encoding": {"x": spend_axis},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 120, "opacity": 1},
                "encoding": {"x": revenue_axis},
            },
        ],
    }
    more = [row["label"] for row in rows if (row["revenue_share"] or 0) < row["spend_share"]]
    return Chart(
        "roi-shares",
        SHARES_TOPIC if simulated_money(tables)["roi"] else _share_title(rows),
        "A dot to the right of its ring: the platform brings more of the revenue than it costs of"
        f" the spend. By {attribution_model(tables)} less: {', '.join(more) or 'none'}.",
        converting_users(tables),
        spec,
        height(len(rows)),
        "rpt_platform_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty="Needs two platforms with spend and revenue." if len(rows) < 2 else "",
        topic=SHARES_TOPIC,
    )


def _share_title(rows: Rows) -> str:
    """The platform with the largest gap between its shares, as a finding."""
    gaps = [row for row in rows if row["revenue_share"] is not None]
    if not gaps:
        return SHARES_TOPIC
    row = max(gaps, key=lambda row: abs(row["revenue_share"] - row["spend_share"]))
    spend, revenue = (text(row[f"{money}_share"], "percent") for money in ("spend", "revenue"))
    return f"{row['label']} takes {spend} of the spend and brings {revenue} of the revenue"


def weekly_money(tables: Tables) -> Chart:
    """Spend and revenue by week. The page inserts the rows: day, week, week_end and the sums."""
    colour = {"domain": ["Spend", "Revenue"], "range": [MUTED, ACCENT]}
    spec = {
        "height": 240,
        "data": {"name": "daily", "values": []},
        "params": [
            PLATFORMS_PARAMETER,
            {"name": "from_day", "value": ""},
            {"name": "to_day", "value": "9999"},
        ],
        "transform": [
            BY_PLATFORM,
            {"filter": "datum.day >= from_day && datum.day <= to_day"},
            {
                "calculate": "datum.week >= from_day && datum.week_end <= to_day",
                "as": "is_whole",
            },
            {
                "aggregate": [
                    {"op": "sum", "field": "spend", "as": "Spend"},
                    {"op": "sum", "field": "revenue", "as": "Revenue"},
                ],
                "groupby": ["week", "is_whole"],
            },
            {"fold": ["Spend", "Revenue"], "as": ["money", "amount"]},
        ],
        "encoding": {
            "x": {
                "field": "week",
                "type": "ordinal",
                "title": "Week beginning",
                "axis": {
                    "labelAngle": 0,
                    "labelOverlap": True,
                    "labelExpr": "timeFormat(toDate(datum.value + 'T00:00'), '%d %b')",
                },
            },
            "y": quantity("amount", "Per week", WHOLE),
            "color": {"field": "money", "type": "nominal", "title": None, "scale": colour},
        },
        "layer": [
            {"transform": [{"filter": "datum.is_whole"}], "mark": {"type": "line"}},
            {
                "transform": [{"filter": "datum.is_whole"}],
                "mark": {"type": "point", "filled": True, "size": 50},
                "encoding": {
                    "tooltip": [
                        {"field": "week", "title": "Week beginning"},
                        {"field": "money", "title": "What"},
                        tip("amount", "Amount", ",.2f"),
                    ],
                },
            },
            {
                "transform": [{"filter": "!datum.is_whole"}],
                "mark": {"type": "point", "filled": False, "size": 50, "aria": False},
            },
        ],
    }
    return Chart(
        "roi-weekly",
        _latest_change(tables) or WEEKS_TOPIC,
        ("As the platforms report it, i" if is_reports_only(tables) else "I")
        + "n the project's currency; revenue in the week of the conversion, by its platform. "
        "Hollow points are weeks that are shown only in part. Spend in one week may bring revenue"
        " in a later one.",
        converting_users(tables),
        spec,
        315,
        "rpt_daily",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(tables["rpt_daily"], "The data has no dates, so there is no time series."),
        topic=WEEKS_TOPIC,
    )


def _latest_change(tables: Tables) -> str:
    """How spend and revenue of the latest days compare with as many days before."""
    period = recent_period(tables)
    changes = {total.key: total.change for total in totals(tables)}
    if not period or None in (changes["spend"], changes["revenue"]):
        return ""
    spend, revenue = (text(changes[money], "roi") for money in ("spend", "revenue"))
    return f"Latest {period.days} days: spend {spend}, revenue {revenue} against those before"


CHANGES = TableSpec(
    "rpt_daily-changes",
    "Biggest changes: the latest days against as many before",
    "rpt_daily",
    (
        column("Platform", "text", "ad_platform"),
        column("Spend", "money", "spend", rests_on="spend"),
        column("before", "money", "spend_before", rests_on="spend"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
        column("before", "money", "revenue_before", rests_on="revenue"),
        column("Conversions", "count", "conversions"),
        column("before", "count", "conversions_before"),
        column("More than chance", "text", "is_clear"),
    ),
    rows=changes_by_platform,
    platform="ad_platform",
)
