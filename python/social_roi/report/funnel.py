"""Where do people drop out? Sentence, charts and tables."""

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
    reached_users,
)
from social_roi.report.formatting import marked, rate_in_words, say_interval
from social_roi.report.palette import ACCENT, STEP_COLOURS
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    height,
    interval_spec,
    interval_tips,
    number_text,
    platform_colour,
    quantity,
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

# --- the sentence ------------------------------------------------------------------------------


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
            column("CTR", "percent", "ctr"),
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


def clear_difference(groups: Rows, rate: str) -> tuple[Row, Row] | None:
    """The groups with the highest and the lowest rate where these clearly differ, else None.

    Clear: the difference exceeds its standard error times the two-sided 5 % limit divided by the
    number of pairs of groups (Bonferroni). The error is that of one common rate, with each group's
    design effect: users are the unit, not clicks. Groups of which that rate expects fewer than
    MIN_EXPECTED events are left out.
    """
    trials, events = RATES[rate].trials, RATES[rate].events
    tried = sum(row[trials] for row in groups)
    common = sum(row[events] for row in groups) / tried if tried else 0.0
    groups = [row for row in groups if common * row[trials] >= MIN_EXPECTED]
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
    limit = NormalDist().inv_cdf(1 - 0.025 / pairs) * error
    return (best, worst) if best[rate] - worst[rate] > limit else None


def _drop_out(tables: Tables, devices: Rows) -> str:
    converted = has_conversions(tables)
    platforms = steps_of(tables, "rpt_platform_funnel")
    whole = _of_all(devices)
    if not whole:
        return "Cannot tell: there are too few impressions and clicks in the data."
    sentences = [whole]
    clear = False
    for kind, rows in (("device_type", devices), ("ad_platform", platforms)):
        for rate in RATES if converted else ("ctr",):
            found = clear_difference(_comparable(rows, kind, rate), rate)
            if found:
                clear = True
                best, worst = found
                sentences.append(
                    f"{RATES[rate].said} on {worst[kind]}, {rate_in_words(worst, rate)}, against"
                    f" {rate_in_words(best, rate)} on {best[kind]}: a clear difference."
                )
    if not clear:
        sentences.append(_no_difference(devices, platforms))
    if not converted:
        sentences.append("There are no conversions, so no conversion rates to compare.")
    return " ".join([*sentences, *_remarks(devices)])


def _of_all(devices: Rows) -> str:
    """The steps of all devices together; empty without a rate that can be told."""
    impressions, clicks, after_click = (
        sum(row[step] for row in devices) for step in ("impressions", "clicks", "after_click")
    )
    parts = []
    if impressions >= max(clicks, MIN_CLICKS):
        share = marked(clicks / impressions, "percent")
        parts.append(f"{share} of impressions lead to a click")
    if clicks >= max(after_click, MIN_CLICKS):
        share = marked(after_click / clicks, "percent")
        parts.append(f"{share} of clicks lead to a conversion")
    return f"{' and '.join(parts)}." if parts else ""


def _comparable(rows: Rows, kind: str, rate: str) -> Rows:
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
        if any(len(_comparable(rows, kind, rate)) > 1 for rate in RATES)
    ]
    if not compared:
        return "There are no two devices or platforms with enough clicks to compare."
    return f"No step is out of line: {' and '.join(compared)} differ no more than by chance."


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


# --- charts ------------------------------------------------------------------------------------


def funnel_steps(tables: Tables) -> Chart:
    steps = device_steps(tables)
    devices = list(dict.fromkeys(row["device_type"] for row in steps))
    spec = {
        "height": 84 * len(devices),
        "data": {"values": values(steps)},
        "encoding": {
            "y": {
                "field": "device_type",
                "type": "nominal",
                "sort": devices,
                "title": None,
            },
            "yOffset": {"field": "step", "type": "nominal", "sort": STEPS},
            "x": quantity("share", "Share of impressions", ".2~%"),
            "tooltip": [
                {"field": "device_type", "title": "Device"},
                {"field": "step", "title": "Step"},
                tip("count", "Number", WHOLE),
                tip("share", "Share of impressions", ".1%"),
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar"},
                "encoding": {
                    "color": {
                        "field": "step",
                        "type": "nominal",
                        "title": None,
                        "scale": {"domain": STEPS, "range": list(STEP_COLOURS)},
                    }
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {"text": number_text("share", ".1%")},
            },
        ],
    }
    return Chart(
        "funnel-steps",
        "How many impressions lead to a click and to a conversion, by device",
        "Share of a device's impressions.",
        reached_users(tables),
        spec,
        84 * len(devices) + 85,
        "rpt_device_funnel",
        empty=unless(steps, "There are no impressions in the data."),
    )


def device_steps(tables: Tables) -> Rows:
    """One row per device and step: count, and share of the device's impressions."""
    devices = [row for row in steps_of(tables, "rpt_device_funnel") if row["impressions"] > 0]
    devices = ordered(devices, "-impressions")
    fields = dict(zip(STEPS, ("impressions", "clicks", "after_click"), strict=True))
    return [
        {
            "device_type": row["device_type"],
            "step": step,
            "count": row[field],
            "share": row[field] / row["impressions"],
        }
        for step, field in fields.items()
        for row in devices
    ]


def device_rates(tables: Tables, rate: str) -> Chart:
    devices = ordered(known(steps_of(tables, "rpt_device_funnel"), rate), f"-{rate}", "device_type")
    return Chart(
        f"funnel-{rate}-devices",
        f"{RATES[rate].title} by device, with 95 % confidence intervals",
        f"{RATES[rate].formula}. Wilson intervals with users as the unit: a user's are alike.",
        reached_users(tables),
        _rates([row | {"label": row["device_type"]} for row in devices], rate, "Device"),
        height(len(devices)),
        "rpt_device_funnel",
        is_half=True,
        empty=unless(devices, f"There are no {RATES[rate].trials} in the data."),
    )


def platform_rates(tables: Tables, rate: str) -> Chart:
    platforms = ordered(
        known(steps_of(tables, "rpt_platform_funnel"), rate), f"-{rate}", "ad_platform"
    )
    platforms = [row | {"label": row["ad_platform"]} for row in platforms[:MAX_BARS]]
    spec = _rates(platforms, rate, "Platform")
    spec["encoding"]["color"] = platform_colour(tables, (row["ad_platform"] for row in platforms))
    return Chart(
        f"funnel-{rate}-platforms",
        f"{RATES[rate].title} by platform, with 95 % confidence intervals",
        f"{RATES[rate].formula}. Wilson intervals with users as the unit: a user's are alike.",
        reached_users(tables),
        spec | {"params": [PLATFORMS_PARAMETER], "transform": [BY_PLATFORM]},
        height(len(platforms)),
        "rpt_platform_funnel",
        is_filtered=True,
        is_half=True,
        empty=unless(platforms, f"There are no {RATES[rate].trials} in the data."),
    )


def _rates(rows: Rows, rate: str, title: str) -> Spec:
    of = RATES[rate]
    spec = interval_spec(
        "label",
        [row["label"] for row in rows],
        quantity(rate, of.formula.split(" = ")[1].capitalize(), ".2~%"),
        (f"{rate}_low", f"{rate}_high"),
        {"value": ACCENT},
        [
            {"field": "label", "title": title},
            tip(of.trials, of.trials.capitalize(), WHOLE),
            tip(of.events, of.events.replace("after_", "Conversions after a ").capitalize(), WHOLE),
            *interval_tips(rate, rate.upper(), ".1%", (f"{rate}_low", f"{rate}_high")),
        ],
    )
    return spec | {"height": STEP * len(rows), "data": {"values": values(rows)}}


# --- tables ------------------------------------------------------------------------------------

MEASURES: tuple[Column, ...] = (
    column("Impressions", "count", "impressions"),
    column("Clicks", "count", "clicks"),
    column("Conversions", "count", "conversions"),
    column("Without click", "count", "conversions_without_click"),
    column("CTR", "percent", "ctr"),
    column("95 % interval", "percent", "ctr_low", "ctr_high"),
    column("CVR", "percent", "cvr"),
    column("95 % interval", "percent", "cvr_low", "cvr_high"),
)

DEVICES = TableSpec(
    "rpt_device_funnel-table",
    "Devices",
    "rpt_device_funnel",
    (column("Device", "text", "device_type"), *MEASURES),
    rows=lambda tables: steps_of(tables, "rpt_device_funnel"),
    order=("-clicks", "device_type"),
)

PLATFORMS = TableSpec(
    "rpt_platform_funnel-table",
    "Platforms",
    "rpt_platform_funnel",
    (column("Platform", "text", "ad_platform"), *MEASURES),
    rows=lambda tables: steps_of(tables, "rpt_platform_funnel"),
    order=("-clicks", "ad_platform"),
    platform="ad_platform",
)

QUESTION = Question(
    answer,
    "Conversions per click",
    overview_row,
    TabSpec(
        "funnel",
        "Funnel",
        (
            funnel_steps,
            lambda tables: device_rates(tables, "ctr"),
            lambda tables: device_rates(tables, "cvr"),
            DEVICES,
            lambda tables: platform_rates(tables, "ctr"),
            lambda tables: platform_rates(tables, "cvr"),
            PLATFORMS,
        ),
    ),
)
