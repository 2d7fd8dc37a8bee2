"""Where do people drop out? The sentence, and what counts as a clear difference."""

from collections.abc import Mapping
from statistics import NormalDist
from typing import NamedTuple

from social_roi.report.facts import (
    MIN_CLICKS,
    UNATTRIBUTED,
    UNKNOWN_GROUP,
    has_conversions,
    known,
    ordered,
)
from social_roi.report.formatting import marked, rate_in_words, say_interval
from social_roi.report.palette import ACCENT
from social_roi.report.types import (
    Answer,
    OverviewRow,
    Row,
    Rows,
    Tables,
    column,
)

STEPS = ["Impressions", "Clicks", "Conversions after a click"]


# a group is compared when at least this many events are expected of it
MIN_EXPECTED = 5
# a user with a larger share of a group's clicks may be a bot
MAX_USER_SHARE = 0.05


class Rate(NamedTuple):
    """A rate of the funnel. said: how a sentence about it begins."""

    title: str
    formula: str
    trials: str
    events: str
    said: str


RATES = {
    "ctr": Rate(
        "Click-through rate",
        "CTR = clicks / impressions",
        "impressions",
        "clicks",
        "Impressions lead to a click least often",
    ),
    "cvr": Rate(
        "Conversion rate",
        "CVR = conversions after a click / clicks",
        "clicks",
        "after_click",
        "Clicks lead to a conversion least often",
    ),
}

# what is compared, with its table and column
GROUPS = {
    "device": ("rpt_device_funnel", "device_type"),
    "platform": ("rpt_platform_funnel", "ad_platform"),
}


def answer(tables: Tables) -> Answer:
    """Where people drop out: the steps of all together, and the device or platform out of line."""
    devices = [
        row for row in steps_of(tables, "rpt_device_funnel") if row["impressions"] or row["clicks"]
    ]
    devices = ordered(devices, "-cvr", "device_type")
    return Answer(
        "funnel",
        "Where do people drop out?",
        say_interval(_drop_out(tables, devices)),
        False,
        (
            column("Device", "text", "device_type"),
            column("Impressions", "count", "impressions"),
            column("Clicks", "count", "clicks"),
            column("CTR", "ctr", "ctr"),
            column("Conversions", "count", "conversions"),
            column("Without click", "count", "conversions_without_click"),
            column("CVR", "percent", "cvr"),
            column("95 % interval", "percent", "cvr_low", "cvr_high"),
        ),
        devices,
    )


def steps_of(tables: Tables, name: str) -> Rows:
    """Rows of a funnel table with `after_click`, the conversions that had a click before them.

    A rate above 1 is null: there the data lacks impressions or clicks.
    """
    return [
        row
        | {"after_click": row["conversions"] - row["conversions_without_click"]}
        | {rate: None for rate in RATES if (row[rate] or 0) > 1}
        for row in tables[name]
    ]


def clear_difference(groups: Rows, rate: str, families: int = 1) -> tuple[Row, Row] | None:
    """The groups with the highest and the lowest rate where these clearly differ, else None.

    Clear: the difference exceeds its standard error times the two-sided 5 % limit divided by the
    number of pairs of groups and by `families`, the comparisons that the answer makes (Bonferroni).
    The error is that of one common rate, with each group's design effect: users are the unit, not
    clicks. Groups of which that rate expects fewer than MIN_EXPECTED events are left out.
    """
    trials, events = RATES[rate].trials, RATES[rate].events
    groups = _large_enough(groups, rate)
    if len(groups) < 2:
        return None
    best = max(groups, key=lambda row: row[rate])
    worst = min(groups, key=lambda row: row[rate])
    common = (best[events] + worst[events]) / (best[trials] + worst[trials])
    error = (
        common
        * (1 - common)
        * sum(row[f"{rate}_design_effect"] / row[trials] for row in (best, worst))
    ) ** 0.5
    pairs = len(groups) * (len(groups) - 1) / 2
    limit = NormalDist().inv_cdf(1 - 0.025 / pairs / families) * error
    return (best, worst) if best[rate] - worst[rate] > limit else None


def _large_enough(groups: Rows, rate: str) -> Rows:
    """Those of which their common rate expects at least MIN_EXPECTED events."""
    trials, events = RATES[rate].trials, RATES[rate].events
    tried = sum(row[trials] for row in groups)
    common = sum(row[events] for row in groups) / tried if tried else 0.0
    return [row for row in groups if common * row[trials] >= MIN_EXPECTED]


def _drop_out(tables: Tables, devices: Rows) -> str:
    converted = has_conversions(tables)
    platforms = steps_of(tables, "rpt_platform_funnel")
    whole = _of_all(devices)
    if not whole:
        return "Cannot tell: there are too few impressions and clicks in the data."
    sentences = [whole]
    clear = clear_differences(tables)
    sentences += said_differences(clear)
    if not clear:
        sentences.append(_no_difference(devices, platforms))
    if not converted:
        sentences.append("There are no conversions, so no conversion rates to compare.")
    return " ".join([*sentences, *_remarks(devices)])


def _of_all(devices: Rows) -> str:
    """The steps of all devices together; empty without a rate that can be told."""
    rates = _rates(devices)
    parts = [
        f"{marked(rates[rate], 'percent')} of {before} lead to a {after}"
        for rate, before, after in (
            ("ctr", "impressions", "click"),
            ("cvr", "clicks", "conversion"),
        )
        if rate in rates
    ]
    return f"{' and '.join(parts)}." if parts else ""


def rates_of_all(tables: Tables) -> dict[str, float]:
    """The rates of all devices together that can be told: `ctr`, `cvr`."""
    return _rates(steps_of(tables, "rpt_device_funnel"))


def _rates(devices: Rows) -> dict[str, float]:
    impressions, clicks, after_click = (
        sum(row[step] for row in devices) for step in ("impressions", "clicks", "after_click")
    )
    rates = {}
    if impressions >= max(clicks, MIN_CLICKS):
        rates["ctr"] = clicks / impressions
    if clicks >= max(after_click, MIN_CLICKS):
        rates["cvr"] = after_click / clicks
    return rates


def clear_differences(tables: Tables) -> list[tuple[str, str, Row, Row]]:
    """Each rate and kind of group (its column) that clearly differs, with the best and the worst.

    All comparisons of the answer share one error rate of 5 %.
    """
    compared = []
    for name, kind in GROUPS.values():
        for rate in RATES if has_conversions(tables) else ("ctr",):
            rows = comparable(steps_of(tables, name), kind, rate)
            if len(_large_enough(rows, rate)) > 1:
                compared.append((rate, kind, rows))
    return [
        (rate, kind, *found)
        for rate, kind, rows in compared
        if (found := clear_difference(rows, rate, len(compared)))
    ]


def said_differences(clear: list[tuple[str, str, Row, Row]]) -> list[str]:
    """A sentence for each of `clear_differences`."""
    return [
        f"{RATES[rate].said} on {worst[kind]}, {rate_in_words(worst, rate)}, against"
        f" {rate_in_words(best, rate)} on {best[kind]}: a clear difference."
        for rate, kind, best, worst in clear
    ]


def comparable(rows: Rows, kind: str, rate: str) -> Rows:
    return [
        row
        for row in known(rows, f"{rate}_low", rate)
        if row[RATES[rate].trials] >= MIN_CLICKS and row[kind] not in (UNKNOWN_GROUP, UNATTRIBUTED)
    ]


def _no_difference(devices: Rows, platforms: Rows) -> str:
    kinds = (("devices", "device_type", devices), ("platforms", "ad_platform", platforms))
    compared = [
        name
        for name, kind, rows in kinds
        if any(len(comparable(rows, kind, rate)) > 1 for rate in RATES)
    ]
    if not compared:
        return "There are no two devices or platforms with enough clicks to compare."
    return (
        f"No step is clearly out of line: {' and '.join(compared)} differ no more than chance may"
        " explain."
    )


def _remarks(devices: Rows) -> list[str]:
    """What the comparison leaves out, and a user with too many of the clicks."""
    remarks = []
    few = [
        f"{row['device_type']} with {marked(row['clicks'], 'count')}"
        for row in ordered(devices, "-clicks", "device_type")
        if 0 < row["clicks"] < MIN_CLICKS and row["device_type"] != UNKNOWN_GROUP
    ]
    if few:
        remarks.append(f"Not compared by conversion rate, too few clicks: {', '.join(few)}.")
    without = sum(row["conversions_without_click"] for row in devices)
    if without:
        remarks.append(f"Not in the rates: {marked(without, 'count')} conversions without a click.")
    large = [row for row in devices if row["clicks"] >= MIN_CLICKS]
    top = max(large, key=lambda row: row["clicks_of_top_user"] / row["clicks"], default=None)
    if top and top["clicks_of_top_user"] > MAX_USER_SHARE * top["clicks"]:
        share = marked(top["clicks_of_top_user"] / top["clicks"], "percent")
        remarks.append(f"One user has {share} of the clicks on {top['device_type']}: a bot?")
    return remarks


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    limits = (row["cvr_low"], row["cvr_high"])
    marks = {"circle": row["cvr"]}
    return OverviewRow(row["device_type"], ACCENT, marks, limits, row["cvr"], "percent")
