"""Which platform and campaign pays back? Charts and tables."""

from collections import Counter

from social_roi.report.facts import (
    ads_for_campaigns,
    attribution_model,
    converting_users,
    known,
    largest,
    ordered,
    ranked_by_roi,
    roi_summary,
    simulated_money,
)
from social_roi.report.formatting import VERDICTS, plain
from social_roi.report.palette import MUTED
from social_roi.report.roi import answer, judged_by_chance, overview_row, with_rules
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    MAX_POINTS,
    PERCENT,
    PLATFORMS_PARAMETER,
    ROI_SCALE,
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
from social_roi.report.spend_tab import CHANGES, spend_and_revenue_shares, weekly_money
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

PLATFORM_TOPIC = "Return on investment (ROI) by platform"
CAMPAIGN_TOPIC = "Return on investment (ROI) by campaign"
ONLY_ASSUMED = "Spend or revenue is only assumed: that tells campaigns apart by the assumption."
SPEND_TOPIC = "Spend and revenue of each campaign"


def platform_returns(tables: Tables) -> Chart:
    rows = known(ranked_by_roi(tables, "rpt_platform_roi"), "roi")[:MAX_BARS]
    return Chart(
        "roi-platforms",
        _verdicts(tables, rows, "platform") or PLATFORM_TOPIC,
        " ".join(
            [
                "ROI = (revenue - spend) / spend with its 95 % confidence interval, credited by"
                f" {attribution_model(tables)}. The "
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
        topic=PLATFORM_TOPIC,
    )


def campaign_returns(tables: Tables) -> Chart:
    rows = known(ranked_by_roi(tables, "rpt_campaign_roi"), "roi")
    is_cut = len(rows) > MAX_BARS
    chance = judged_by_chance(rows, "campaigns")
    title = _verdicts(tables, rows, "campaign") or CAMPAIGN_TOPIC
    rows = largest(rows, "spend", MAX_BARS)
    return Chart(
        "roi-campaigns",
        title,
        ads_for_campaigns(tables)
        + (f"The {MAX_BARS} campaigns with the largest spend. " if is_cut else "")
        + "ROI with its 95 % confidence interval, credited by "
        f"{attribution_model(tables)}. The wider the interval, the less "
        "certain the campaign's ROI. " + " ".join(map(plain, chance)),
        converting_users(tables),
        _returns(tables, labelled(rows)),
        height(len(rows), legend=True),
        "rpt_campaign_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(rows, "No campaign has both spend and revenue.")
        or (ONLY_ASSUMED if simulated_money(tables)["roi"] else ""),
        topic=CAMPAIGN_TOPIC,
    )


def _verdicts(tables: Tables, rows: Rows, kind: str) -> str:
    """How many pay back, lose and cannot be told; empty where no money is known."""
    if not rows or simulated_money(tables)["roi"]:
        return ""
    counts = Counter(row["verdict"] for row in rows)
    many = f"{len(rows)} {kind}{'s' if len(rows) > 1 else ''}"
    if len(counts) == 1 and len(rows) > 1:
        only = {"pays_back": "pay back", "loses": "lose money", "cannot_tell": "cannot be told"}
        return f"All {many} {only[rows[0]['verdict']]}"
    said = [
        f"{counts[verdict]} {words[counts[verdict] > 1]}"
        for verdict, words in {
            "pays_back": ("pays back", "pay back"),
            "loses": ("loses money", "lose money"),
            "cannot_tell": ("cannot be told", "cannot be told"),
        }.items()
        if counts[verdict]
    ]
    return f"Of {many} {', '.join(said)}"


def spend_against_return(tables: Tables) -> Chart:
    rows = known(ranked_by_roi(tables, "rpt_campaign_roi"), "spend", "revenue")
    rows = labelled(ordered(rows, "-spend")[:MAX_POINTS])
    more = sum(row["revenue"] > row["spend"] for row in rows)
    is_known = bool(rows) and not simulated_money(tables)["roi"]
    named = _outermost(rows) if is_known else set()
    rows = [row | {"named": row["campaign_name"] if row["label"] in named else ""} for row in rows]
    top = max((row[money] for row in rows for money in ("spend", "revenue")), default=1.0)
    is_right = f"datum.spend > {0.3 * top}"  # beyond the middle of a square-root scale
    scale = {"type": "sqrt", "domain": [0, 1.1 * top]}
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
                "data": {"values": [{"spend": top, "revenue": top}]},
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
            {
                "data": {"values": values(rows)},
                "transform": [BY_PLATFORM, {"filter": "datum.named"}],
                "mark": {
                    "type": "text",
                    "align": {"expr": f"{is_right} ? 'right' : 'left'"},
                    "dx": {"expr": f"{is_right} ? -10 : 10"},
                    "limit": 190,
                    "tooltip": None,
                },
                "encoding": {"x": x, "y": y, "text": {"field": "named"}, "tooltip": None},
            },
        ],
    }
    return Chart(
        "roi-spend",
        f"{more} of {len(rows)} campaigns brought more revenue than they cost"
        if is_known
        else SPEND_TOPIC,
        ads_for_campaigns(tables)
        + "Spend and revenue in the project's currency, on square-root scales. Campaigns above the "
        "dashed line have more revenue than spend."
        + (" Named: the most spend, the best and worst ROI." if is_known else ""),
        converting_users(tables),
        spec,
        400,
        "rpt_campaign_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(rows, "No campaign has both spend and revenue.")
        or (ONLY_ASSUMED if simulated_money(tables)["roi"] else ""),
        topic=SPEND_TOPIC,
    )


def _outermost(rows: Rows) -> set[str]:
    """The labels of the campaigns with the most spend, the best and the worst ROI."""
    by_roi = ordered(rows, "-roi")
    return {row["label"] for row in (*ordered(rows, "-spend")[:1], *by_roi[:1], *by_roi[-1:])}


def _returns(tables: Tables, rows: Rows) -> Spec:
    """ROI with its interval and verdict, one row per label, best first."""
    spec = interval_spec(
        "label",
        [row["label"] for row in rows],
        quantity("roi", "ROI", PERCENT, ROI_SCALE),
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
    column("ROI", "roi", "roi", rests_on="roi"),
    column("95 % interval", "roi", "roi_low", "roi_high"),
    column("Rules that agree", "text", "by_rules"),
    column("ROAS", "roas", "roas", rests_on="roi"),
    column("Spend", "money", "spend", rests_on="spend"),
    column("Revenue", "money", "revenue", rests_on="revenue"),
    column("Conversions", "credit", "conversions"),
    column("CPA", "price", "cpa", rests_on="spend"),
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
        *MEASURES[:3],
        column("Platform", "text", "ad_platform"),
        *MEASURES[3:],
    ),
    rows=lambda tables: with_rules(ranked_by_roi(tables, "rpt_campaign_roi")),
    summary=lambda tables: with_rules(roi_summary(tables, "rpt_campaign_roi")),
    platform="ad_platform",
    keep_largest="spend",
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
