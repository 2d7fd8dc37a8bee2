"""The answers from reports of the platforms alone."""

from collections.abc import Callable, Container, Mapping
from statistics import NormalDist
from typing import Any

from social_roi.report.audience import are_groups_told, compared_groups, gender_name
from social_roi.report.facts import (
    MIN_CLICKS,
    UNKNOWN_GROUP,
    is_reports_only,
    known,
    ordered,
    own_counts,
)
from social_roi.report.formatting import (
    VERDICTS,
    between,
    marked,
    rate_in_words,
    say_interval,
)
from social_roi.report.funnel import clear_differences, rates_of_all, said_differences
from social_roi.report.palette import ACCENT, OTHER
from social_roi.report.types import (
    Answer,
    Column,
    OverviewRow,
    Row,
    Rows,
    Tables,
    column,
)

# Which export tells what is missing, by platform's own words for it.
BY_DAY = "Meta: Breakdown > By time > Day; Google Ads: Segment > Time > Day"
BY_DEVICE = "Meta: Breakdown > By delivery > Platform & device; Google Ads: Segment > Device"
BY_AUDIENCE = "Meta: Breakdown > By delivery > Age and gender"
# below this part of the spend a breakdown is said to be incomplete
LITTLE = 0.98
# so many campaigns are named in a sentence
FEW = 3
RATES: tuple[Column, ...] = (
    column("Impressions", "count", "impressions"),
    column("Clicks", "count", "clicks"),
    column("CTR", "ctr", "ctr"),
    column("95 % interval", "ctr", "ctr_low", "ctr_high"),
    column("Claimed conv.", "credit", "reported_conversions"),
    column("Cost per conv.", "price", "cost_per_conversion", is_extra=True),
)


def returns_answer(tables: Tables) -> Answer:
    """Which platform and campaign pays back by the platforms' own count."""
    platforms = own_counts(tables, "rpt_platform_roi")
    campaigns = own_counts(tables, "rpt_campaign_roi")
    sentence = " ".join([*_own_returns(platforms), *own_campaigns(campaigns)])
    columns = (
        column("Platform", "text", "ad_platform"),
        column("Spend", "money", "spend"),
        column("Claimed revenue", "money", "revenue"),
        column("Claimed conv.", "credit", "conversions", is_extra=True),
        column("ROI", "roi", "roi"),
        column("95 % interval", "roi", "roi_low", "roi_high"),
        column("Cost per conv.", "price", "cpa", is_extra=True),
        column("Verdict", "verdict", "verdict"),
    )
    return Answer(
        "roi",
        "Which platform and campaign pays back?",
        say_interval(sentence),
        False,
        columns,
        platforms,
    )


def _own_returns(platforms: Rows) -> list[str]:
    rated = known(platforms, "roi")
    if not rated:
        costs = [f"{row['ad_platform']} {marked(row['spend'], 'money')}" for row in platforms]
        cheapest = ordered(known(platforms, "cpa"), "cpa")[:1]
        return [
            f"Cannot tell: no report has the value of conversions. Spent: {', '.join(costs)}.",
            *(
                f"{row['ad_platform']} reports the cheapest conversions, "
                f"{marked(row['cpa'], 'money')} each."
                for row in cheapest
            ),
        ]
    sentences = [
        own_verdicts(platforms),
        "Platforms may claim the same sale; orders of the shop beside the reports would show it.",
    ]
    judged = known(rated, "roi_low")
    if len(judged) < len(rated):
        sentences.append(
            f"An interval needs 14 days and 10 conversions, and an export by day ({BY_DAY})."
        )
    return sentences


def own_verdicts(platforms: Rows, named: Container[str] | None = None) -> str:
    """What the platforms' own counts say of those `named`, at limits that allow for all that are
    judged; empty where none of these has a reported ROI."""
    judged = known(platforms, "roi", "roi_low")
    rated = [row for row in known(platforms, "roi") if named is None or row["ad_platform"] in named]
    if not rated:
        return ""
    verdicts = {row["ad_platform"]: own_family_verdict(row, judged) for row in rated}
    told = []
    for verdict in ("claims_to_pay_back", "loses_by_own_count", "cannot_tell"):
        rows = [row for row in rated if verdicts[row["ad_platform"]] == verdict]
        if rows:
            names = "; ".join(f"{row['ad_platform']}, {_roi(row)}" for row in rows)
            words = VERDICTS[verdict]
            told.append(f"{words[0].upper() + words[1:] if told else words}: {names}")
    settings = {row["attribution_setting"] for row in rated}
    setting = f" ({settings.pop()})" if len(settings) == 1 and None not in settings else ""
    return f"As the platforms report it{setting}: {'. '.join(told)}."


def own_campaigns(campaigns: Rows) -> list[str]:
    """Of many campaigns some would lose or pay back by chance: counts at limits for all of them,
    and the names of those that lose."""
    judged = known(campaigns, "roi_low")
    if len(judged) < 2:
        return []
    verdicts = [(own_family_verdict(row, judged), row) for row in judged]
    counts = []
    for verdict, words in (
        ("claims_to_pay_back", "claim to pay back"),
        ("loses_by_own_count", "lose even by their own count"),
    ):
        rows = [row for own, row in verdicts if own == verdict]
        names = sorted(str(row["campaign_name"]) for row in rows)
        losers = (
            f" ({', '.join(names)})"
            if verdict == "loses_by_own_count" and len(names) <= FEW
            else ""
        )
        counts += [f"{len(rows)} {words}{losers}"] if rows else []
    found = " and ".join(counts) or "none is clearly above or below break-even"
    return [
        f"Of {len(judged)} campaigns with an interval {found}, at limits that allow for so many."
    ]


def own_family_verdict(row: Row, judged: Rows) -> str:
    """The platform's own verdict on a row that a sentence picks from all that are judged.

    As `facts.family_verdict`: the interval has to be on one side of 0 at 1 - 0.05 / rows.
    """
    if row["roi_low"] is None:
        return row["verdict"]
    level = 1 - 0.05 / max(len(judged), 1)
    if row["verdict"] == "claims_to_pay_back" and own_limit(row, "low", level) > 0:
        return "claims_to_pay_back"
    if row["verdict"] == "loses_by_own_count" and own_limit(row, "high", level) < 0:
        return "loses_by_own_count"
    return "cannot_tell"


def own_limit(row: Row, side: str, level: float) -> float:
    """The `low` or `high` limit of a reported ROI at another level, from those at 95 and 90 %.

    They are Student's t times the standard error. The two tell the degrees of freedom, by the first
    term of Cornish and Fisher's expansion, t = z + (z^3 + z) / (4 df): with 14 days 1.6 % too low
    for one of 40 rows. The lower limits end at -1 and tell nothing.
    """
    reach, reach_90 = (row[f"roi_high{name}"] - row["roi"] for name in ("", "_90"))
    at_95, at_90, wanted = (NormalDist().inv_cdf(0.5 + x / 2) for x in (0.95, 0.9, level))

    def slope(z: float) -> float:
        return (z**3 + z) / 4

    ratio = reach / reach_90
    per_df = max((ratio * at_90 - at_95) / (slope(at_95) - ratio * slope(at_90)), 0.0)
    wide = reach * (wanted + slope(wanted) * per_df) / (at_95 + slope(at_95) * per_df)
    return row["roi"] + (wide if side == "high" else -wide)


def _roi(row: Row) -> str:
    limits = between(row["roi_low"], row["roi_high"], "roi")
    known_limits = f" ({limits})" if row["roi_low"] is not None else ", no interval"
    return f"ROI {marked(row['roi'], 'roi')}{known_limits}"


def funnel_answer(tables: Tables) -> Answer:
    """Where people drop out: click-through rates by platform, and by device where it is told."""
    platforms = cells(tables, "platform")
    devices = cells(tables, "device")
    clicked = known(platforms, "clicks", "impressions")
    sentences = []
    if not clicked:
        sentences.append("Cannot tell: no report has impressions and clicks.")
    else:
        shown = sum(row["impressions"] for row in clicked)
        lost = 1 - sum(row["clicks"] for row in clicked) / shown if shown else None
        sentences.append(
            f"Of {marked(shown, 'count')} reported impressions {marked(lost, 'percent')} lead to "
            "no click."
        )
        sentences += _clicks_of_the_log(tables)
        sentences += _highest_rate(labelled(platforms), "platform")
        sentences += _highest_rate(labelled(devices), "device")
    if not devices:
        sentences.append(
            f"Click-through rates by device: take the export with that breakdown ({BY_DEVICE})."
        )
    return Answer(
        "funnel",
        "Where do people drop out?",
        say_interval(" ".join(sentences)),
        False,
        (
            column("Platform", "text", "ad_platform"),
            *((column("Device", "text", "device_type"),) if devices else ()),
            *RATES,
        ),
        labelled(
            [row for part in (platforms, devices) for row in ordered(part, "-ctr", "ad_platform")]
        ),
    )


def _clicks_of_the_log(tables: Tables) -> list[str]:
    """What a log beside the reports tells that these cannot: how many clicks lead to a conversion,
    and on which device or platform clearly fewer."""
    whole = rates_of_all(tables)
    if "cvr" not in whole:
        return []
    return [
        f"Of the clicks in the log {marked(whole['cvr'], 'percent')} lead to a conversion.",
        *said_differences(clear_after_the_click(tables)),
    ]


def clear_after_the_click(tables: Tables) -> list[tuple[str, str, Row, Row]]:
    """Those of `clear_differences` that reports cannot tell: before the click they know more."""
    return [found for found in clear_differences(tables) if found[0] == "cvr"]


def most_clicked(rows: Rows) -> Row | None:
    """The row that is clearly clicked most often; None where it cannot be told."""
    rated = _with_enough_clicks(rows)
    if len(rated) < 2 or len(known(rated, "ctr_low")) < len(rated):
        return None
    best, *others = ordered(rated, "-ctr", "ad_platform")
    return best if best["ctr_low"] > max(row["ctr_high"] for row in others) else None


def _with_enough_clicks(rows: Rows) -> Rows:
    return [
        row
        for row in known(rows, "ctr")
        if row["clicks"] >= MIN_CLICKS and UNKNOWN_GROUP not in row["label"]
    ]


def _highest_rate(rows: Rows, kind: str, verb: str = "is clicked") -> list[str]:
    """Which of a kind is clicked, or who clicks, most and least; of two or more with enough clicks.

    verb: `is clicked` of what is shown, `click` of people.
    """
    rated = _with_enough_clicks(rows)
    if len(rated) < 2:
        return []
    best, *_, least = ordered(rated, "-ctr", "ad_platform")
    if len(known(rated, "ctr_low")) < len(rated):
        return [
            f"{best['label']} {verb} most often, {marked(best['ctr'], 'ctr')},"
            f" {least['label']} least, {marked(least['ctr'], 'ctr')}: cannot tell whether by"
            f" chance, since the report has no days ({BY_DAY})."
        ]
    ends = (
        f"{best['label']} {rate_in_words(best, 'ctr')}, {least['label']} "
        f"{rate_in_words(least, 'ctr')}"
    )
    if most_clicked(rows):
        clearly = verb.replace("is ", "is clearly ") if " " in verb else f"clearly {verb}"
        return [f"{best['label']} {clearly} most often; from most to least: {ends}."]
    does = verb if " " in verb else f"{verb}s"
    return [
        f"Cannot tell which {kind} {does} most often, intervals overlap; most and least: {ends}."
    ]


def labelled(rows: Rows) -> Rows:
    """Rows of `rpt_reported_breakdowns` with a `label`; those of an unknown group come last.

    The platform is in the label where there are several.
    """
    platforms = {row["ad_platform"] for row in rows}
    named = []
    for row in rows:
        names = ("age_band", "device_type", "publisher", "country")
        words = [gender_name(row["gender"]), *(row[name] for name in names)]
        cell = " ".join(word for word in words if word)
        on = f" on {row['ad_platform']}" if cell and len(platforms) > 1 else ""
        named.append(row | {"label": f"{cell}{on}" if cell else row["ad_platform"]})
    return sorted(named, key=lambda row: UNKNOWN_GROUP in row["label"])


def journeys_answer(tables: Tables) -> Answer:
    """Reports hold no journeys: what would tell them."""
    return Answer(
        "attribution",
        "Which ad opened the journey, and which one closed it?",
        "Cannot tell: reports hold sums, not who saw what. Land a log of the site (GA4, Segment, "
        "Snowplow), the shop's orders with UTM, or ad_events.csv: one row per user and event.",
        False,
        (),
        [],
    )


def users_answer(tables: Tables) -> Answer:
    """Reports hold no users: what would tell them."""
    return Answer(
        "segments",
        "What kinds of users are there?",
        "Cannot tell: reports hold no users. Kinds of users need rows by user: ad_events.csv, or a "
        "log of the site.",
        False,
        (),
        [],
    )


def budget_answer(tables: Tables) -> Answer:
    """A move has to pay under every attribution model, and reports hold only the platforms' own."""
    platforms = [row["ad_platform"] for row in own_counts(tables, "rpt_platform_roi")]
    why = (
        "each platform counts its own sales, in its own way, so what they return cannot be compared"
    )
    if len(platforms) == 1:
        why = (
            f"only {platforms[0]}'s own count of its sales is known, by one attribution model, and"
            " money should move only where that pays under every one"
        )
    return Answer(
        "budget",
        "Where should the next money go?",
        f"Cannot tell: {why}. Land a log of the site or ad_events.csv: one row per user and event.",
        False,
        (),
        [],
    )


def audience_answer(tables: Tables) -> Answer:
    """Who responds: click-through rates by age and gender as the platform reports them."""
    groups = labelled(
        ordered(cells(tables, "audience"), "-ctr", "ad_platform", "age_band", "gender")
    )
    sentences = _highest_rate(groups, "group", "click")
    if not groups:
        sentences = [
            f"Cannot tell: no report is by age and gender; take that export ({BY_AUDIENCE})."
        ]
    elif not sentences:
        sentences = [
            f"Cannot tell: fewer than two groups of known age and gender have {MIN_CLICKS} clicks."
        ]
    sentences += [
        f"The groups tell {marked(row['coverage'], 'percent')} of {row['ad_platform']}'s spend."
        for row in _first_of_platform(known(groups, "coverage"))
        if row["coverage"] < LITTLE
    ]
    return Answer(
        "audience",
        "Who responds?",
        say_interval(" ".join(sentences)),
        False,
        (
            column("Platform", "text", "ad_platform"),
            column("Age", "text", "age_band"),
            column("Gender", "text", "gender"),
            *RATES,
        ),
        groups,
    )


def _first_of_platform(rows: Rows) -> Rows:
    return list({row["ad_platform"]: row for row in reversed(rows)}.values())


def cells(tables: Tables, breakdown: str) -> Rows:
    return [row for row in tables["rpt_reported_breakdowns"] if row["breakdown"] == breakdown]


def own_return_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    limits = (row["roi_low"], row["roi_high"])
    colour = colours.get(row["ad_platform"], OTHER)
    return OverviewRow(
        row["ad_platform"], colour, {"circle": row["roi"]}, limits, row["roi"], "roi"
    )


def click_rate_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    limits = (row["ctr_low"], row["ctr_high"])
    colour = colours.get(row["ad_platform"], ACCENT)
    return OverviewRow(row["label"], colour, {"circle": row["ctr"]}, limits, row["ctr"], "ctr")


def answered_by_reports(tables: Tables) -> frozenset[str]:
    """The tabs whose question only reports can answer.

    Beside events: the funnel where these hold less than half of the reported impressions, as a
    shop's orders, a site's log and events of those who clicked, and the audience where these hold
    no two groups to compare, and none of a known age or gender unless the reports have them.
    """
    if is_reports_only(tables):
        return frozenset(ANSWERS)
    taken = set()
    shown = known(cells(tables, "platform"), "impressions", "clicks")
    if sum(row["impressions"] for row in shown) > 2 * (tables["rpt_totals"][0]["impressions"] or 0):
        taken.add("funnel")
    could_tell = cells(tables, "audience") or (shown and not are_groups_told(tables))
    if could_tell and not compared_groups(tables)[1]:
        taken.add("audience")
    return frozenset(taken)


def with_reported_days(tables: Tables) -> Tables:
    """Where there are reports and nothing else, `rpt_daily` holds the days that they tell."""
    if not is_reports_only(tables):
        return tables
    days = [
        {
            "activity_date": row["period_start"],
            "ad_platform": row["ad_platform"],
            "impressions": row["impressions"],
            "clicks": row["clicks"],
            "conversions": row["reported_conversions"],
            "spend": row["spend"],
            "revenue": row["reported_revenue"],
        }
        for row in tables["rpt_reported_daily"]
        if row["period_start"] == row["period_end"]
    ]
    return {**tables, "rpt_daily": days}


# --- in place of the questions' own, where only reports can answer -----------------------------


def _in_place(
    answer: Callable[[Tables], Answer],
    overview_title: str = "",
    overview_row: Callable[[Row, Mapping[str, str]], OverviewRow] = click_rate_row,
) -> dict[str, Any]:
    return {"answer": answer, "overview_title": overview_title, "overview_row": overview_row}


# By tab: what replaces the fields of its `Question`.
ANSWERS = {
    "roi": _in_place(returns_answer, "Reported ROI; the line is break-even", own_return_row),
    "funnel": _in_place(funnel_answer, "Click-through rate"),
    "attribution": _in_place(journeys_answer),
    "audience": _in_place(audience_answer, "Click-through rate"),
    "segments": _in_place(users_answer),
    "budget": _in_place(budget_answer),
}
