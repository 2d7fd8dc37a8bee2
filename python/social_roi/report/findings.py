"""The finding of each question as a title of at most twelve words, and a short answer below it."""

import re
from collections.abc import Callable, Sequence

from social_roi.report.attribution import opener_and_closer
from social_roi.report.audience import clear_groups, compared_groups, group_name
from social_roi.report.budget import best_pair, moves, platforms_within
from social_roi.report.facts import (
    attribution_model,
    by_rules,
    family_verdict,
    first_against_last,
    has_conversions,
    is_reports_only,
    known,
    knows_buyers_only,
    own_counts,
    ranked_by_roi,
    roi_limit,
    simulated_money,
)
from social_roi.report.forecast import TOO_WIDE, TOTAL, by_platform
from social_roi.report.formatting import between, marked, plain
from social_roi.report.funnel import clear_differences, rates_of_all
from social_roi.report.reported import (
    answered_by_reports,
    cells,
    clear_after_the_click,
    labelled,
    most_clicked,
    own_family_verdict,
)
from social_roi.report.segments import chosen_segmentation, segments_with_share
from social_roi.report.types import Answer, Row, Rows, Tables

MAX_WORDS = 12
STEPS = ("impressions", "clicks")
MAX_NAME = 24  # characters of a name in a title
# sentences of an answer that the first screen shows
SHOWN_SENTENCES = {"roi": 2, "funnel": 2, "attribution": 2, "audience": 1, "segments": 1}
# a full stop between a word, bracket or number and the next sentence
SENTENCE_END = re.compile("(?<=[a-z0-9)\x03][.]) (?=[A-Z\x02])")


def with_finding(answer: Answer, tables: Tables) -> Answer:
    """The answer with its title and its short form."""
    finding = FINDINGS[answer.key](tables)
    shown = SENTENCE_END.split(answer.marked_sentence)[: SHOWN_SENTENCES.get(answer.key, 1)]
    brief = _each_unit_back(tables) if answer.key == "roi" else ""
    return answer._replace(marked_finding=finding, marked_brief=brief or " ".join(shown))


def _roi(tables: Tables) -> str:
    if is_reports_only(tables):
        return _own_count(tables)
    simulated = simulated_money(tables)
    if not has_conversions(tables):
        return "Cannot tell what pays back: no conversions in the data"
    if simulated["roi"]:
        assumed = [money for money in ("spend", "revenue") if simulated[money]]
        return f"Cannot tell what pays back: {' and '.join(assumed)} only assumed"
    rows = known(ranked_by_roi(tables, "rpt_platform_roi"), "roi")
    if not rows:
        totals = tables["rpt_totals"][0]
        if totals["revenue"] and totals["first_spend_date"]:
            return "Cannot tell what pays back: no touch of the ads is in the data"
        missing = "spend" if totals["revenue"] else "revenue"
        return f"Cannot tell what pays back: {missing} is not in the data"
    paying, losing = (
        [row for row in rows if family_verdict(row, rows) == verdict]
        for verdict in ("pays_back", "loses")
    )
    by = f" by {attribution_model(tables)}"
    pays = _verb(paying, "pays back", "pay back")
    loses = _verb(losing, "loses money", "lose money")
    if losing and len(losing) == len(rows):
        return f"No platform pays back{_rule(losing, by)}"
    if paying and losing:
        return _first_that_fits(
            [
                f"{pays}{_rule(paying, by)}; {loses}{_rule(losing, '')}",
                f"{pays}{_rule(paying, by)}; {loses}",
                f"{len(paying)} platforms pay back{by}; {len(losing)} lose money",
            ]
        )
    if paying:
        return _first_that_fits([f"{pays}{_rule(paying, by)}; no platform clearly loses", pays])
    if losing:
        return _first_that_fits([f"{loses}{_rule(losing, by)}; none clearly pays back", loses])
    of_all = rows[0]["ad_platform"] if len(rows) == 1 else "any platform"
    return f"Cannot tell whether {_clip(of_all)} pays back{by}"


def _own_count(tables: Tables) -> str:
    rows = known(own_counts(tables, "rpt_platform_roi"), "roi")
    if not rows:
        return "Cannot tell what pays back: no value of conversions in the reports"
    judged = known(rows, "roi_low")
    losing, claiming = (
        [row for row in rows if own_family_verdict(row, judged) == verdict]
        for verdict in ("loses_by_own_count", "claims_to_pay_back")
    )
    if losing:
        return f"{_verb(losing, 'loses', 'lose')} money even by the platform's own count"
    if claiming:
        return f"{_verb(claiming, 'claims', 'claim')} to pay back; only claims, not proof"
    return "Cannot tell what pays back, even by the platforms' own count"


def _each_unit_back(tables: Tables) -> str:
    """What each unit of money brought back, best and worst; empty where it cannot be told.

    The limits allow for the choice of two: at the level of all rows, as `family_verdict`.
    """
    if is_reports_only(tables) or simulated_money(tables)["roi"]:
        return ""
    rows = known(ranked_by_roi(tables, "rpt_platform_roi"), "roi", "roi_low")
    if not rows or not has_conversions(tables):
        return ""
    currency = tables["rpt_totals"][0]["currency"] or "unit of money"

    def limits(row: Row) -> str:
        low, high = (roi_limit(row, side, 1 - 0.05 / len(rows)) + 1 for side in ("low", "high"))
        return between(low, high, "decimal")

    chosen = f", allowing for {len(rows)} compared" if len(rows) > 1 else ""
    said = [
        f"Each {currency} on {row['ad_platform']} brought {marked(row['roi'] + 1, 'decimal')} back"
        f" (95\u00a0%\u00a0confidence interval {limits(row)}{chosen})."
        for row in rows[:1]
        if tables["rpt_totals"][0]["gross_margin"] == 1
    ]
    if len(rows) > 1 and said:
        worst = rows[-1]
        said.append(
            f"On {worst['ad_platform']}, {marked(worst['roi'] + 1, 'decimal')} ({limits(worst)})."
        )
    depends = [row["ad_platform"] for row in rows if by_rules(row)]
    if depends and said:
        said.append(f"The verdict depends on the attribution rule for {_names(depends)}.")
    return " ".join(said)


def _rule(rows: Rows, by: str) -> str:
    """`by every rule` where the verdicts of all these rows are the same by every rule."""
    return by if any(row["verdict_depends_on_rule"] for row in rows) else " by every rule"


def _funnel(tables: Tables) -> str:
    if "funnel" in answered_by_reports(tables):
        rows = cells(tables, "platform")
        impressions, clicks = (sum(row[name] or 0 for row in rows) for name in STEPS)
        if not impressions or clicks > impressions:
            return "Cannot tell where people drop out from these reports"
        said = f"{marked(clicks / impressions, 'percent')} of reported impressions are clicked"
        # a log beside the reports tells what comes after the click
        clear = clear_after_the_click(tables) if not is_reports_only(tables) else []
        less = [f"{_clip(worst[kind])} converts clearly less" for _, kind, _, worst in clear]
        if less:
            return _first_that_fits([f"{said}; {less[0]}", less[0]])
        best = most_clicked(labelled(rows))
        return f"{said}; {_clip(best['label'])} clearly most often" if best else said
    whole = rates_of_all(tables)
    if not whole:
        return "Cannot tell where people drop out: too few impressions and clicks"
    # the last step first
    found = sorted(clear_differences(tables), key=lambda of: of[0] == "ctr")
    if "cvr" in whole:
        said = f"{marked(whole['cvr'], 'percent')} of clicks convert"
    else:
        said = f"{marked(whole['ctr'], 'percent')} of impressions are clicked"
    if not found:
        return f"{said}; no device or platform clearly differs"
    rate, kind, best, worst = found[0]
    less = f"{_clip(worst[kind])} {'converts' if rate == 'cvr' else 'is clicked'} clearly less"
    return _first_that_fits(
        [f"{said}; {less} than {_clip(best[kind])}", f"{said}; {less} than the best", less]
    )


def _attribution(tables: Tables) -> str:
    opener, closer = opener_and_closer(first_against_last(tables))
    if knows_buyers_only(tables):
        opener = ""
    if opener and opener == closer:
        return f"{_clip(opener)} both opens and closes the most journeys"
    if opener and closer:
        return f"{_clip(opener)} opens the most journeys, {_clip(closer)} closes the most"
    if opener:
        return f"{_clip(opener)} opens the most journeys; cannot tell who closes"
    if closer:
        return f"{_clip(closer)} closes the most journeys; cannot tell who opens"
    return "Cannot tell who opens and who closes journeys"


def _audience(tables: Tables) -> str:
    if "audience" in answered_by_reports(tables):
        if not cells(tables, "audience"):
            return "Cannot tell who responds: no report is by age and gender"
        return "Reports tell who clicks, by age and gender, not who buys"
    _, groups = compared_groups(tables)
    clear = clear_groups(groups)
    if not groups or not has_conversions(tables):
        return "Cannot tell who responds: groups too small to compare"
    if not clear:
        return "Nobody clearly responds more than others, by age or gender"
    more = [row for row in clear if row["z"] > 0]
    first = (more or clear)[0]
    less = [row for row in clear if row["z"] < 0]
    said = f"{_clip(group_name(first))} convert {'more' if more else 'less'} often than others"
    if more and less:
        return _first_that_fits([f"{said}, {_clip(group_name(less[0]))} less", said])
    return said


def _segments(tables: Tables) -> str:
    segments = segments_with_share(tables)
    if not segments:
        return "Cannot tell what kinds of users there are"
    if len(segments) == 1:
        return "One kind of user: no clear groups"
    clear = not chosen_segmentation(tables)["warning"]
    apart = "clearly apart" if clear else "not clearly apart"
    return f"{marked(len(segments), 'count')} kinds of users, {apart}"


def _forecast(tables: Tables) -> str:
    days, rows = by_platform(tables)
    total: Row = next((row for row in rows if row["ad_platform"] == TOTAL), {})
    next_days = f"next {marked(days, 'count')} days"
    if total.get("roi") is not None:
        about = f"ROI about {marked(total['roi'], 'roi')}"
        if total["roi_low_80"] > 0:
            return f"The {next_days} should pay back: {about}"
        if total["roi_high_80"] < 0:
            return f"The {next_days} should lose money: {about}"
        return f"Cannot tell whether the {next_days} pay back: {about}"
    if total.get("roi_reason") == TOO_WIDE:
        return f"Cannot tell whether the {next_days} pay back: sales too uneven"
    for measure, kind in (("revenue", "money"), ("conversions", "credit")):
        if total.get(measure) is not None:
            what = " conversions" if measure == "conversions" else " of revenue"
            return f"Expect about {marked(total[measure], kind)}{what} in the {next_days}"
    if total.get("spend") is not None:
        return f"Expect to spend about {marked(total['spend'], 'money')} in the {next_days}"
    return f"Cannot tell what the {next_days} bring"


def _budget(tables: Tables) -> str:
    whole, rows = moves(tables)
    within = platforms_within(tables)
    if whole and whole["gain"] is None and within:
        return _first_that_fits(
            [f"Move money between campaigns of {_names(within)}; none between platforms surely",
             "Move money between campaigns; none between platforms surely"]
        )  # fmt: skip
    if whole is None or (whole["gain"] is None and whole["reason"] != "nothing_sure"):
        return "Cannot tell where the next money should go"
    if whole["gain"] is None:
        pair = best_pair(tables)
        test = f"; test {_clip(pair['to_platform'])}" if pair else ""
        return _first_that_fits([f"Leave the budget: no move surely pays{test}", "Stand still"])
    givers = [row["ad_platform"] for row in rows if row["change"] < 0]
    takers = [row["ad_platform"] for row in rows if row["change"] > 0]
    moved = sum(row["change"] for row in rows if row["change"] > 0)
    amount = marked(moved, "advice")
    return _first_that_fits(
        [
            f"Move {amount} from {_names(givers)} to {_names(takers)}",
            f"Move {amount} between platforms",
        ]
    )


def _verb(rows: Rows, one: str, many: str) -> str:
    if not rows:
        return ""
    return f"{_names([row['ad_platform'] for row in rows])} {one if len(rows) == 1 else many}"


def _names(names: Sequence[str]) -> str:
    """`A`, `A and B`, or `A and 3 more`."""
    first, *others = map(_clip, names)
    if not others:
        return first
    return f"{first} and {others[0] if len(others) == 1 else f'{len(others)} more'}"


def _clip(name: str) -> str:
    """A name of at most three words and MAX_NAME characters."""
    short = " ".join(name.split()[:3])
    if len(short) > MAX_NAME:
        short = short[: MAX_NAME - 1]
    return name if short == name else f"{short.rstrip()}…"


def _first_that_fits(titles: Sequence[str]) -> str:
    return next((title for title in titles if words(title) <= MAX_WORDS), titles[-1])


def words(marked_title: str) -> int:
    return len(plain(marked_title).split())


FINDINGS: dict[str, Callable[[Tables], str]] = {
    "roi": _roi,
    "funnel": _funnel,
    "attribution": _attribution,
    "audience": _audience,
    "segments": _segments,
    "forecast": _forecast,
    "budget": _budget,
}
