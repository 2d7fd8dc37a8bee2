"""Which platform and campaign pays back? Sentence, charts and tables."""

from collections import Counter
from collections.abc import Mapping

from social_roi.report.facts import (
    attribution_model,
    by_rules,
    converting_users,
    family_verdict,
    has_conversions,
    is_reports_only,
    known,
    largest,
    money_outside_events,
    ordered,
    ranked_by_roi,
    roi_summary,
    shown_columns,
    simulated_money,
    without_ad,
    young_spend,
)
from social_roi.report.formatting import VERDICTS, between, marked, plain, say_interval
from social_roi.report.palette import ACCENT, MUTED, OTHER
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    MAX_POINTS,
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
    Answer,
    Chart,
    Column,
    OverviewRow,
    Question,
    Row,
    Rows,
    Spec,
    Tables,
    TableSpec,
    TabSpec,
    column,
)

# --- the sentence ------------------------------------------------------------------------------


_ASK = "For assumed {} set the variable simulate to true in dbt_project.yml."


def answer(tables: Tables) -> Answer:
    """Which platform and campaign pays back, by the attribution model of the build."""
    platforms = ranked_by_roi(tables, "rpt_platform_roi")
    campaigns = ranked_by_roi(tables, "rpt_campaign_roi")
    if not has_conversions(tables):
        sentence = "Cannot tell: there are no conversions in the data."
    elif simulated_money(tables)["roi"]:
        sentence = _assumed(tables)
    elif not known(platforms, "roi"):
        sentence = _without_roi(tables, platforms)
    else:
        platforms = [row | {"name": row["ad_platform"]} for row in platforms]
        campaigns = [
            row | {"name": f"{row['campaign_name']} ({row['ad_platform']})"} for row in campaigns
        ]
        sentence = " ".join(
            [
                _best_return(platforms, "platform", attribution_model(tables)),
                *_losers(platforms),
                _best_return(campaigns, "campaign", attribution_model(tables)),
                *_depends_on_rule(platforms),
                *money_outside_events(tables),
                *young_spend(tables),
                *without_ad(tables),
                *_what_counts(tables),
                *_judged_by_chance(platforms, "platforms"),
            ]
        )
    columns = (
        column("Platform", "text", "ad_platform"),
        column("Spend", "money", "spend", rests_on="spend"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
        column("Conversions", "credit", "conversions", is_extra=True),
        column("ROI", "decimal", "roi", rests_on="roi"),
        column("95 % interval", "decimal", "roi_low", "roi_high"),
        column("Break-even", "percent", "break_even_share", rests_on="roi", is_extra=True),
        column("Verdict", "verdict", "verdict"),
        column("Rules that agree", "text", "by_rules", is_extra=True),
    )
    return Answer(
        "roi",
        "Which platform and campaign pays back?",
        say_interval(sentence),
        simulated_money(tables)["roi"],
        shown_columns(columns, tables),
        _with_rules(platforms),
        _with_rules(roi_summary(tables, "rpt_platform_roi")),
    )


def _assumed(tables: Tables) -> str:
    """Simulated money says nothing about which platform is better, so none is named."""
    simulated = simulated_money(tables)
    missing = [money for money in ("spend", "revenue") if simulated[money]]
    has_not = "neither spend nor revenue" if len(missing) == 2 else f"no {missing[0]}"
    total = roi_summary(tables, "rpt_platform_roi")[-1]
    figure = (
        ""
        if total["roi"] is None
        else f" the ROI of all would be {marked(total['roi'], 'decimal')}:"
    )
    return (
        f"ROI cannot be told: the data has {has_not}. With assumed {' and '.join(missing)}{figure}"
        " that is a figure of the assumptions, not of the ads."
    )


def _without_roi(tables: Tables, platforms: Rows) -> str:
    """What can be said with one kind of money, or with none."""
    totals = roi_summary(tables, "rpt_platform_roi")
    total = totals[-1] if totals else {"spend": None, "revenue": None, "cpa": None}
    by = attribution_model(tables)
    if total["spend"]:
        cheapest = ordered(known(platforms, "cpa"), "cpa")[:1]
        costs = "".join(
            f" A conversion costs {marked(total['cpa'], 'money')}, by {by} least on"
            f" {row['ad_platform']}: {marked(row['cpa'], 'money')}."
            for row in cheapest
        )
        return f"Cannot tell: revenue is not in the data.{costs} {_ASK.format('revenue')}"
    most = ordered(platforms, "-conversions")[:1]
    brought = "".join(
        f" By {by} {row['ad_platform']} has most conversions, "
        f"{marked(row['conversions'], 'credit')}."
        for row in most
    )
    missing = "spend is" if total["revenue"] else "spend and revenue are"
    return f"Cannot tell: {missing} not in the data.{brought} {_ASK.format('spend')}"


def _best_return(ranked: Rows, noun: str, model: str) -> str:
    """The sentence about the first of `ranked` (by ROI, with a `name`)."""
    rows = known(ranked, "roi")
    if not rows:
        return f"No {noun} has both spend and revenue."
    top = rows[0]
    verdicts = {row["name"]: family_verdict(row, rows) for row in rows}
    paying = [row for row in rows if verdicts[row["name"]] == "pays_back"]
    if not paying:
        if all(verdict == "loses" for verdict in verdicts.values()):
            return f"No {noun} pays back by {model}: {top['name']} loses least, {_roi(top)}."
        compared = "" if len(rows) == 1 else f" when {len(rows)} are compared"
        return (
            f"Cannot tell whether any {noun} pays back{compared}: {top['name']} is highest, "
            f"{_roi(top)}."
        )
    if verdicts[top["name"]] != "pays_back":
        return (
            f"Cannot tell which {noun} is best: {top['name']} is highest, {_roi(top)}, on too "
            f"little data; by {model} {paying[0]['name']} pays back, {_roi(paying[0])}"
            f"{_if_caused(paying[0])}."
        )
    rivals = [
        row
        for row in known(rows, "roi_high")
        if row["name"] != top["name"] and row["roi_high"] >= top["roi_low"]
    ]
    if not rivals:
        return (
            f"By {model} {top['name']} is the {noun} that pays back most, {_roi(top)}"
            f"{_if_caused(top)}."
        )
    if len(rivals) == 1:
        others = f"{rivals[0]['name']} ({_limits(rivals[0])})"
    else:
        others = f"{len(rivals)} others"
    return (
        f"By {model} {top['name']} pays back, {_roi(top)}{_if_caused(top)}; cannot tell whether it "
        f"is the best {noun}: its interval overlaps {'that' if len(rivals) == 1 else 'those'} of "
        f"{others}."
    )


def _if_caused(row: Row) -> str:
    """What no interval covers: how many of the purchases the ads have to have caused."""
    if row["break_even_share"] is None:
        return ""
    share = marked(row["break_even_share"], "percent")
    return f", if at least {share} of these purchases would not have happened without the ad"


def _depends_on_rule(platforms: Rows) -> list[str]:
    rows = [f"{said} for {row['name']}" for row in platforms if (said := by_rules(row))]
    if not rows:
        return []
    more = f" and for {len(rows) - 3} more platforms" if len(rows) > 3 else ""
    return [f"The verdict depends on the attribution rule: only {', '.join(rows[:3])}{more} agree."]


def _what_counts(tables: Tables) -> list[str]:
    margin = tables["rpt_totals"][0]["gross_margin"]
    if margin == 1:
        return ["ROI is of revenue, before the cost of goods."]
    return [f"ROI counts {marked(margin, 'percent')} of revenue, the gross margin."]


def _losers(ranked: Rows) -> list[str]:
    rows = known(ranked, "roi")
    losers = [row for row in rows if family_verdict(row, rows) == "loses"]
    if not losers or len(losers) == len(rows):
        return []
    return [f"{losers[-1]['name']} loses money, {_roi(losers[-1])}."]


def _judged_by_chance(ranked: Rows, noun: str) -> list[str]:
    """How many verdicts of the table could be wrong by chance; the sentences allow for that."""
    judged = [row for row in known(ranked, "roi_low") if not row["is_simulated"]]
    if len(judged) < 2:
        return []
    chance = marked(0.05 * len(judged), "credit")
    return [
        f"The table judges {len(judged)} {noun} one by one: up to {chance} of its verdicts may be "
        "wrong by chance alone."
    ]


def _roi(row: Row) -> str:
    return f"ROI {marked(row['roi'], 'decimal')} ({_limits(row)})"


def _limits(row: Row) -> str:
    return between(row["roi_low"], row["roi_high"], "decimal")


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    return OverviewRow(
        row["ad_platform"],
        colours.get(row["ad_platform"], OTHER),
        {"circle": row["roi"]},
        (row["roi_low"], row["roi_high"]),
        row["roi"],
        "decimal",
    )


# --- charts ------------------------------------------------------------------------------------


def platform_returns(tables: Tables) -> Chart:
    rows = known(ranked_by_roi(tables, "rpt_platform_roi"), "roi")[:MAX_BARS]
    return Chart(
        "roi-platforms",
        "Return on investment (ROI) by platform, with 95 % confidence intervals",
        " ".join(
            [
                f"ROI = (revenue - spend) / spend, credited by {attribution_model(tables)}. The "
                "line at 0 is break-even: an interval across it means cannot tell.",
                *map(plain, _judged_by_chance(rows, "platforms")),
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
    chance = _judged_by_chance(rows, "campaigns")
    rows = largest(rows, "spend", MAX_BARS)
    return Chart(
        "roi-campaigns",
        "Return on investment (ROI) by campaign, with 95 % confidence intervals",
        (f"The {MAX_BARS} campaigns with the largest spend. " if is_cut else "")
        + f"ROI, credited by {attribution_model(tables)}. The wider the interval, the less "
        "certain the campaign's ROI. " + " ".join(map(plain, chance)),
        converting_users(tables),
        _returns(tables, _labelled(rows)),
        height(len(rows), legend=True),
        "rpt_campaign_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(rows, "No campaign has both spend and revenue."),
    )


def spend_against_return(tables: Tables) -> Chart:
    rows = known(ranked_by_roi(tables, "rpt_campaign_roi"), "spend", "revenue")
    rows = _labelled(ordered(rows, "-spend")[:MAX_POINTS])
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
                "mark": {"type": "circle", "size": 130, "opacity": 0.85},
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
    """Spend and revenue by week. The page inserts the rows: day, week, is_whole and the sums."""
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
                "mark": {"type": "point", "filled": True, "size": 45},
                "encoding": {
                    "opacity": {"condition": {"test": "datum.is_whole", "value": 1}, "value": 0.35},
                    "tooltip": [
                        {"field": "week", "title": "Week beginning"},
                        {"field": "money", "title": "What"},
                        tip("amount", "Amount", ",.2f"),
                    ],
                },
            },
        ],
    }
    return Chart(
        "roi-weekly",
        "Spend and revenue by week",
        ("As the platforms report it, i" if is_reports_only(tables) else "I")
        + "n the project's currency; revenue in the week of the conversion, by its platform. Pale "
        "points are weeks that the data covers only in part. Spend in one week may bring revenue "
        "in a later one.",
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
        quantity("roi", "ROI", ",.2~f"),
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
        "layer": [reference_line(0), *spec["layer"]],
    }


def _return_tooltip() -> list[Spec]:
    return [
        {"field": "label", "title": "Name"},
        {"field": "ad_platform", "title": "Platform"},
        tip("spend", "Spend", ",.2f"),
        tip("revenue", "Revenue", ",.2f"),
        tip("conversions", "Conversions", ",.1f"),
        *interval_tips("roi", "ROI", ",.2f", ("roi_low", "roi_high")),
        {"field": "verdict", "title": "Verdict"},
    ]


def _labelled(campaigns: Rows) -> Rows:
    """Rows with a `label`: name and platform, and the id when several campaigns share both."""
    labels = [f"{row['campaign_name']} · {row['ad_platform']}" for row in campaigns]
    shared = Counter(labels)
    return [
        row | {"label": label if shared[label] == 1 else f"{label} · {row['campaign_id']}"}
        for row, label in zip(campaigns, labels, strict=True)
    ]


# --- tables ------------------------------------------------------------------------------------


def _with_rules(rows: Rows) -> Rows:
    return [row | {"by_rules": by_rules(row)} for row in rows]


MEASURES: tuple[Column, ...] = (
    column("Platform", "text", "ad_platform"),
    column("Spend", "money", "spend", rests_on="spend"),
    column("Revenue", "money", "revenue", rests_on="revenue"),
    column("Conversions", "credit", "conversions"),
    column("Converting users", "count", "converting_users"),
    column("ROI", "decimal", "roi", rests_on="roi"),
    column("95 % interval", "decimal", "roi_low", "roi_high"),
    column("ROAS", "decimal", "roas", rests_on="roi"),
    column("CPA", "money", "cpa", rests_on="spend"),
    column("Break-even", "percent", "break_even_share", rests_on="roi"),
    column("Verdict", "verdict", "verdict"),
    column("Not judged because", "text", "why_cannot_tell"),
    column("Rules that agree", "text", "by_rules"),
)

PLATFORMS = TableSpec(
    "rpt_platform_roi-table",
    "Platforms",
    "rpt_platform_roi",
    MEASURES,
    rows=lambda tables: _with_rules(ranked_by_roi(tables, "rpt_platform_roi")),
    summary=lambda tables: _with_rules(roi_summary(tables, "rpt_platform_roi")),
    platform="ad_platform",
    keep_largest="spend",
)

CAMPAIGNS = TableSpec(
    "rpt_campaign_roi-table",
    "Campaigns",
    "rpt_campaign_roi",
    (column("Campaign", "text", "campaign_name"), *MEASURES),
    rows=lambda tables: _with_rules(ranked_by_roi(tables, "rpt_campaign_roi")),
    summary=lambda tables: _with_rules(roi_summary(tables, "rpt_campaign_roi")),
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
            spend_against_return,
            campaign_returns,
            CAMPAIGNS,
            weekly_money,
        ),
    ),
)
