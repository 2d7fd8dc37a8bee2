"""Which platform and campaign pays back? Charts and tables."""

from collections import Counter

from social_roi.report.facts import (
    attribution_model,
    converting_users,
    is_reports_only,
    known,
    largest,
    ordered,
    ranked_by_roi,
    roi_summary,
    simulated_money,
)
from social_roi.report.formatting import VERDICTS, plain, text
from social_roi.report.headline import changes_by_platform
from social_roi.report.palette import ACCENT, MUTED
from social_roi.report.roi import answer, judged_by_chance, overview_row, with_rules
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    MAX_POINTS,
    PERCENT,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    height,
    interval_spec,
    interval_tips,
    platform_colour,
    quantity,
    reference_line,
    tip,
    unless,
    values,
)
from social_roi.report.types import (
    Chart,
    Column,
    Question,
    Rows,
    Spec,
    Tables,
    TableSpec,
    TabSpec,
    column,
)


def platform_returns(tables: Tables) -> Chart:
    rows = known(ranked_by_roi(tables, "rpt_platform_roi"), "roi")[:MAX_BARS]
    return Chart(
        "roi-platforms",
        "Return on investment (ROI) by platform, with 95 % confidence intervals",
        " ".join(
            [
                f"ROI = (revenue - spend) / spend, credited by {attribution_model(tables)}. The "
                "line at 0 is break-even: an interval across it means cannot tell.",
                *map(plain, judged_by_chance(rows, "platforms")),
            ]
        ),
        converting_users(tables),
        _returns(tables, [row | {"label": row["ad_platform"]} for row in rows]),
        height(len(rows), legend=True),
        "rpt_platform_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(rows, "No platform has both spend and revenue."),
    )


def campaign_returns(tables: Tables) -> Chart:
    rows = known(ranked_by_roi(tables, "rpt_campaign_roi"), "roi")
    is_cut = len(rows) > MAX_BARS
    chance = judged_by_chance(rows, "campaigns")
    rows = largest(rows, "spend", MAX_BARS)
    return Chart(
        "roi-campaigns",
        "Return on investment (ROI) by campaign, with 95 % confidence intervals",
        (f"The {MAX_BARS} campaigns with the largest spend. " if is_cut else "")
        + f"ROI, credited by {attribution_model(tables)}. The wider the interval, the less "
        "certain the campaign's ROI. " + " ".join(map(plain, chance)),
        converting_users(tables),
        _returns(tables, labelled(rows)),
        height(len(rows), legend=True),
        "rpt_campaign_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(rows, "No campaign has both spend and revenue."),
    )


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
    title = "Share of spend (ring) and of credited revenue (dot)"
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
        _share_title(rows),
        "A dot to the right of its ring: the platform brings more of the revenue than it costs of"
        f" the spend. By {attribution_model(tables)} less: {', '.join(more) or 'none'}.",
        converting_users(tables),
        spec,
        height(len(rows)),
        "rpt_platform_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty="Needs two platforms with spend and revenue." if len(rows) < 2 else "",
    )


def _share_title(rows: Rows) -> str:
    """The platform with the largest gap between its shares, as a finding."""
    gaps = [row for row in rows if row["revenue_share"] is not None]
    if not gaps:
        return "Share of spend against share of return, by platform"
    row = max(gaps, key=lambda row: abs(row["revenue_share"] - row["spend_share"]))
    spend, revenue = (text(row[f"{money}_share"], "percent") for money in ("spend", "revenue"))
    return f"{row['label']} takes {spend} of the spend and brings {revenue} of the revenue"


def spend_against_return(tables: Tables) -> Chart:
    rows = known(ranked_by_roi(tables, "rpt_campaign_roi"), "spend", "revenue")
    rows = labelled(ordered(rows, "-spend")[:MAX_POINTS])
    top = max((row[money] for row in rows for money in ("spend", "revenue")), default=1.0)
    scale = {"type": "sqrt", "domain": [0, top]}
    x, y = (quantity(money, money.capitalize(), WHOLE, scale) for money in ("spend", "revenue"))
    spec = {
        "height": 320,
        "params": [PLATFORMS_PARAMETER],
        "layer": [
            {
                "data": {"values": [{"spend": 0, "revenue": 0}, {"spend": top, "revenue": top}]},
                "mark": {"type": "line", "strokeDash": [5, 4], "color": MUTED},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": [{"spend": top / 2, "revenue": top / 2}]},
                "mark": {
                    "type": "text",
                    "text": "break-even",
                    "align": "right",
                    "dx": -8,
                    "dy": -8,
                },
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": values(rows)},
                "transform": [BY_PLATFORM],
                "mark": {"type": "circle", "size": 130, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": platform_colour(
                        tables, (row["ad_platform"] for row in rows), legend=True
                    ),
                    "tooltip": _return_tooltip(),
                },
            },
        ],
    }
    return Chart(
        "roi-spend",
        "Spend and revenue of each campaign",
        "Spend and revenue in the project's currency, on square-root scales. Campaigns above the "
        "dashed line have more revenue than spend.",
        converting_users(tables),
        spec,
        400,
        "rpt_campaign_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(rows, "No campaign has both spend and revenue."),
    )


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
        "Spend and revenue by week",
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
    )


def _returns(tables: Tables, rows: Rows) -> Spec:
    """ROI with its interval and verdict, one row per label, best first."""
    spec = interval_spec(
        "label",
        [row["label"] for row in rows],
        quantity("roi", "ROI", PERCENT),
        ("roi_low", "roi_high"),
        platform_colour(tables, (row["ad_platform"] for row in rows)),
        _return_tooltip(),
    )
    verdicts = [VERDICTS[name] for name in ("pays_back", "loses", "cannot_tell")]
    spec["layer"][1]["encoding"]["shape"] = {
        "field": "verdict",
        "type": "nominal",
        "title": None,
        "scale": {"domain": verdicts, "range": ["triangle-up", "triangle-down", "circle"]},
    }
    in_words = [row | {"verdict": VERDICTS[row["verdict"]]} for row in rows]
    return spec | {
        "height": STEP * len(rows),
        "data": {"values": values(in_words)},
        "params": [PLATFORMS_PARAMETER],
        "transform": [BY_PLATFORM],
        "layer": [reference_line(0), *_goal(tables), *spec["layer"]],
    }


def _goal(tables: Tables) -> list[Spec]:
    """The team's goal for ROAS as a line of the ROI that it means."""
    target = tables["rpt_totals"][0]["target_roas"]
    if target is None:
        return []
    at = target * tables["rpt_totals"][0]["gross_margin"] - 1
    line = reference_line(at)
    words = {
        "data": {"values": [{"reference": at}]},
        "mark": {"type": "text", "text": "goal", "align": "left", "dx": 4, "dy": 8, "y": 0,
                 "tooltip": None},
        "encoding": {"x": line["encoding"]["x"], "color": {"value": MUTED}}
        | {name: None for name in ("y", "tooltip")},
    }  # fmt: skip
    return [line, words]


def _return_tooltip() -> list[Spec]:
    return [
        {"field": "label", "title": "Name"},
        {"field": "ad_platform", "title": "Platform"},
        tip("spend", "Spend", ",.2f"),
        tip("revenue", "Revenue", ",.2f"),
        tip("conversions", "Conversions", ",.1f"),
        *interval_tips("roi", "ROI", PERCENT, ("roi_low", "roi_high")),
        {"field": "verdict", "title": "Verdict"},
    ]


def labelled(campaigns: Rows) -> Rows:
    """Rows with a `label`: name and platform, and the id when several campaigns share both."""
    labels = [f"{row['campaign_name']} · {row['ad_platform']}" for row in campaigns]
    shared = Counter(labels)
    return [
        row | {"label": label if shared[label] == 1 else f"{label} · {row['campaign_id']}"}
        for row, label in zip(campaigns, labels, strict=True)
    ]


MEASURES: tuple[Column, ...] = (
    column("Verdict", "verdict", "verdict"),
    column("Rules that agree", "text", "by_rules"),
    column("ROI", "roi", "roi", rests_on="roi"),
    column("95 % interval", "roi", "roi_low", "roi_high"),
    column("ROAS", "roas", "roas", rests_on="roi"),
    column("Spend", "money", "spend", rests_on="spend"),
    column("Revenue", "money", "revenue", rests_on="revenue"),
    column("Conversions", "credit", "conversions"),
    column("CPA", "money", "cpa", rests_on="spend"),
    column("Converting users", "count", "converting_users"),
    column("Break-even", "percent", "break_even_share", rests_on="roi"),
    column("Not judged because", "text", "why_cannot_tell"),
)

PLATFORMS = TableSpec(
    "rpt_platform_roi-table",
    "Platforms",
    "rpt_platform_roi",
    (column("Platform", "text", "ad_platform"), *MEASURES),
    rows=lambda tables: with_rules(ranked_by_roi(tables, "rpt_platform_roi")),
    summary=lambda tables: with_rules(roi_summary(tables, "rpt_platform_roi")),
    platform="ad_platform",
    keep_largest="spend",
)

CAMPAIGNS = TableSpec(
    "rpt_campaign_roi-table",
    "Campaigns",
    "rpt_campaign_roi",
    (
        column("Campaign", "text", "campaign_name"),
        *MEASURES[:1],
        column("Platform", "text", "ad_platform"),
        *MEASURES[1:],
    ),
    rows=lambda tables: with_rules(ranked_by_roi(tables, "rpt_campaign_roi")),
    summary=lambda tables: with_rules(roi_summary(tables, "rpt_campaign_roi")),
    platform="ad_platform",
    keep_largest="spend",
)

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

QUESTION = Question(
    answer,
    "ROI; the line is break-even",
    overview_row,
    TabSpec(
        "roi",
        "Return",
        (
            platform_returns,
            PLATFORMS,
            spend_and_revenue_shares,
            CHANGES,
            spend_against_return,
            campaign_returns,
            CAMPAIGNS,
            weekly_money,
        ),
    ),
)
