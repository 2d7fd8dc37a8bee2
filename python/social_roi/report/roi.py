"""Which platform and campaign pays back? The sentence."""

from collections.abc import Mapping

from social_roi.report.facts import (
    attribution_model,
    by_rules,
    campaign_names,
    claims_against_sales,
    family_verdict,
    has_conversions,
    known,
    money_outside_events,
    ordered,
    own_counts,
    ranked_by_roi,
    roi_limit,
    roi_summary,
    shown_columns,
    simulated_money,
    unbilled_revenue,
    untouched_platforms,
    untouched_spend,
    without_ad,
    young_spend,
)
from social_roi.report.formatting import between, marked, say_interval
from social_roi.report.palette import OTHER
from social_roi.report.reported import own_campaigns, own_verdicts
from social_roi.report.types import (
    Answer,
    OverviewRow,
    Row,
    Rows,
    Tables,
    column,
)

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
        names = campaign_names(tables)
        campaigns = [
            row | {"name": f"{names[platform, row['campaign_id']]} ({platform})"}
            for row in campaigns
            for platform in (row["ad_platform"],)
        ]
        sentence = " ".join(
            [
                _best_return(platforms, "platform", attribution_model(tables)),
                *_losers(platforms, attribution_model(tables)),
                *_of_campaigns(campaigns, platforms, attribution_model(tables)),
                *_depends_on_rule(platforms),
                *_untouched(tables),
                *unbilled_revenue(tables),
                *money_outside_events(tables),
                *young_spend(tables),
                *without_ad(tables),
                *claims_against_sales(tables),
                *_what_counts(tables),
                *judged_by_chance(platforms, "platforms"),
            ]
        )
    columns = (
        column("Platform", "text", "ad_platform"),
        column("Verdict", "verdict", "verdict"),
        column("Rules that agree", "text", "by_rules", is_extra=True),
        column("ROI", "roi", "roi", rests_on="roi"),
        column("95 % interval", "roi", "roi_low", "roi_high"),
        column("ROAS", "roas", "roas", rests_on="roi", is_extra=True),
        column("Spend", "money", "spend", rests_on="spend"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
        column("Conversions", "credit", "conversions", is_extra=True),
        column("Break-even", "percent", "break_even_share", rests_on="roi", is_extra=True),
    )
    return Answer(
        "roi",
        "Which platform and campaign pays back?",
        say_interval(sentence),
        simulated_money(tables)["roi"],
        shown_columns(columns, tables),
        with_rules(platforms),
        with_rules(roi_summary(tables, "rpt_platform_roi")),
    )


def _assumed(tables: Tables) -> str:
    """Simulated money says nothing about which platform is better, so none is named."""
    simulated = simulated_money(tables)
    missing = [money for money in ("spend", "revenue") if simulated[money]]
    has_not = "neither spend nor revenue" if len(missing) == 2 else f"no {missing[0]}"
    total = roi_summary(tables, "rpt_platform_roi")[-1]
    figure = (
        "" if total["roi"] is None else f" the ROI of all would be {marked(total['roi'], 'roi')}:"
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
    if total["spend"] and total["revenue"]:
        return " ".join(
            [
                "Cannot tell which platform pays back.",
                *_untouched(tables),
                f"All revenue against all spend is a blended ROI of {marked(total['roi'], 'roi')}.",
                *claims_against_sales(tables),
                *_what_counts(tables),
            ]
        )
    if total["spend"]:
        costs = [
            f"{marked(row['cpa'], 'money')} on {row['ad_platform']}"
            for row in ordered(known(platforms, "cpa"), "cpa")
        ]
        apart = f"from {costs[0]} to {costs[-1]}" if len(costs) > 1 else "".join(costs)
        said = (
            f" By {by} a conversion costs {apart}; all spend against all conversions, with ads or"
            f" without, is {marked(total['cpa'], 'money')} each."
        )
        return (
            f"Cannot tell: revenue is not in the data.{said if costs else ''}"
            f" {_ASK.format('revenue')}"
        )
    most = [row for row in ordered(platforms, "-conversions")[:1] if row["conversions"]]
    brought = "".join(
        f" By {by} {row['ad_platform']} has the most conversions, "
        f"{marked(row['conversions'], 'credit')}."
        for row in most
    )
    missing = "spend is" if total["revenue"] else "spend and revenue are"
    bills = " Land the ad managers' exports or a bill beside it."
    could_assume = tables["rpt_totals"][0]["impressions"] or tables["rpt_totals"][0]["clicks"]
    ask = f" {_ASK.format('spend')}" if could_assume else ""
    return f"Cannot tell: {missing} not in the data.{brought}{bills}{ask}"


def _untouched(tables: Tables) -> list[str]:
    """Platforms with spend but no touch, and the word of their own reports on these."""
    names = {row["ad_platform"] for row in untouched_platforms(tables)}
    own = own_verdicts(own_counts(tables, "rpt_platform_roi"), names)
    counted = own_counts(tables, "rpt_campaign_roi")
    campaigns = own_campaigns([row for row in counted if row["ad_platform"] in names])
    return [*untouched_spend(tables), *([own] if own else []), *campaigns]


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
            if len(rows) == 1:
                return f"By {model} {top['name']} loses money, {_roi(top)}."
            return f"No {noun} pays back by {model}: {top['name']} loses least, {_roi(top)}."
        if len(rows) == 1:
            return f"Cannot tell whether {top['name']} pays back: {_roi(top)}."
        compared = f" when {len(rows)} are compared"
        return (
            f"Cannot tell whether any {noun} pays back{compared}: {top['name']} is highest, "
            f"{_roi_of_highest(top, len(rows))}."
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


def _of_campaigns(campaigns: Rows, platforms: Rows, model: str) -> list[str]:
    """The best campaign and the losers; not the platforms' figures again where each has one."""
    figures, own = (
        {(row["ad_platform"], row["spend"], row["revenue"]) for row in rows}
        for rows in (platforms, campaigns)
    )
    if figures == own and len(campaigns) == len(platforms):
        one = "The platform has one campaign" if len(platforms) == 1 else "Each has one campaign"
        return [f"{one}, of which the same holds."]
    return [
        _best_return(campaigns, "campaign", model),
        *_losers(campaigns, model, _losing(platforms)),
    ]


def _losing(ranked: Rows) -> Rows:
    rows = known(ranked, "roi")
    return [row for row in rows if family_verdict(row, rows) == "loses"]


def _losers(ranked: Rows, model: str, named: Rows = ()) -> list[str]:
    """The one that loses most money, and how many lose, too; those of platforms that are `named` as
    losing are no news, unless another of the platform pays back."""
    rows = known(ranked, "roi")
    paying = {row["ad_platform"] for row in rows if family_verdict(row, rows) == "pays_back"}
    platforms = {row["ad_platform"] for row in named} - paying
    losers = [row for row in _losing(ranked) if row["ad_platform"] not in platforms]
    if not losers or len(losers) == len(rows):
        return []
    worst, *others = sorted(losers, key=lambda row: row["roi"] * row["spend"])
    so_do = f"; so do {len(others)} others" if others[1:] else ""
    if len(others) == 1:
        so_do = f"; so does {others[0]['name']}"
    return [f"By {model} {worst['name']} loses money, {_roi(worst)}{so_do}."]


def judged_by_chance(ranked: Rows, noun: str) -> list[str]:
    """How many verdicts of the table could be wrong by chance; the sentences allow for that."""
    judged = [row for row in known(ranked, "roi_low") if not row["is_simulated"]]
    if len(judged) < 2:
        return []
    chance = marked(0.05 * len(judged), "credit")
    return [
        f"The table judges {len(judged)} {noun} one by one: on average up to {chance} of its "
        "verdicts may be wrong by chance alone."
    ]


def _roi(row: Row) -> str:
    return f"ROI {marked(row['roi'], 'roi')} ({_limits(row)})"


def _roi_of_highest(row: Row, compared: int) -> str:
    """The limits allow for the choice: those at 95 % of the highest of 40 hold in half of cases."""
    if compared == 1 or row["roi_low"] is None:
        return _roi(row)
    low, high = (roi_limit(row, side, 1 - 0.05 / compared) for side in ("low", "high"))
    return (
        f"ROI {marked(row['roi'], 'roi')} ({between(low, high, 'roi')}, allowing for"
        f" {compared} compared)"
    )


def _limits(row: Row) -> str:
    return between(row["roi_low"], row["roi_high"], "roi")


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    return OverviewRow(
        row["ad_platform"],
        colours.get(row["ad_platform"], OTHER),
        {"circle": row["roi"]},
        (row["roi_low"], row["roi_high"]),
        row["roi"],
        "roi",
    )


def with_rules(rows: Rows) -> Rows:
    """With `by_rules`: how many attribution models share the row's verdict, or `all`."""
    return [
        row | {"by_rules": by_rules(row) or ("all" if _is_judged(row) else None)} for row in rows
    ]


def _is_judged(row: Row) -> bool:
    return row["roi"] is not None and row["verdict_depends_on_rule"] is not None
