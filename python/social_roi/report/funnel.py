"""Where do people drop out? Sentence, charts and tables."""

from collections.abc import Mapping
from typing import NamedTuple

from social_roi.report.facts import (
    MIN_CLICKS,
    UNKNOWN_GROUP,
    has_conversions,
    known,
    ordered,
    reached_users,
)
from social_roi.report.formatting import between, marked, rate_in_words, say_interval
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

STEPS = ["Impressions", "Clicks", "Conversions"]


class Rate(NamedTuple):
    """A rate of the funnel. loss: the column with the share lost at this step; lost: its words."""

    title: str
    formula: str
    trials: str
    events: str
    loss: str
    lost: str


RATES = {
    "ctr": Rate(
        "Click-through rate",
        "CTR = clicks / impressions",
        "impressions",
        "clicks",
        "click_loss",
        "impressions lead to no click",
    ),
    "cvr": Rate(
        "Conversion rate",
        "CVR = conversions / clicks",
        "clicks",
        "conversions",
        "conversion_loss",
        "clicks lead to no conversion",
    ),
}

# --- the sentence ------------------------------------------------------------------------------


def answer(tables: Tables) -> Answer:
    """Where people drop out: the step that loses most, and the conversion rate by device."""
    devices = [
        row | {rate.loss: _loss(row[name]) for name, rate in RATES.items()}
        for row in tables["rpt_device_funnel"]
        if row["impressions"] > 0 or row["clicks"] > 0
    ]
    devices = ordered(devices, "-cvr", "device_type")
    return Answer(
        "funnel",
        "Where do people drop out?",
        say_interval(_drop_out(devices, has_conversions(tables))),
        False,
        (
            column("Device", "text", "device_type"),
            column("Impressions", "count", "impressions"),
            column("Clicks", "count", "clicks"),
            column("Conversions", "count", "conversions"),
            column("No click", "percent", "click_loss"),
            column("No conversion", "percent", "conversion_loss"),
            column("CVR", "percent", "cvr"),
            column("95 % interval", "percent", "cvr_low", "cvr_high"),
        ),
        devices,
    )


def _loss(rate: float | None) -> float | None:
    """The share lost at a step; null when the rate is above 1."""
    return None if rate is None or rate > 1 else 1 - rate


def _drop_out(devices: Rows, converted: bool) -> str:
    steps = [
        (row[rate.loss], name, row)
        for name, rate in RATES.items()
        if converted or name == "ctr"
        for row in known(devices, f"{name}_high")
        if row[rate.trials] >= MIN_CLICKS
    ]
    if not steps:
        return "Cannot tell: there are too few impressions and clicks in the data."
    loss, name, worst = max(steps, key=lambda step: step[0])
    limits = between(1 - worst[f"{name}_high"], 1 - worst[f"{name}_low"], "percent")
    sentence = (
        f"Most are lost on {worst['device_type']}, where {marked(loss, 'percent')} of "
        f"{RATES[name].lost} ({limits})."
    )
    if not converted:
        return f"{sentence} There are no conversions, so no conversion rates to compare."
    ranked = [
        row
        for row in known(devices, "cvr_low")
        if row["clicks"] >= MIN_CLICKS and row["device_type"] != UNKNOWN_GROUP
    ]
    if len(ranked) < 2:
        return sentence
    best, least = ranked[0], ranked[-1]
    is_clear = best["cvr_low"] > least["cvr_high"]
    verdict = "a clear difference" if is_clear else "cannot tell which is best, intervals overlap"
    return (
        f"{sentence} After a click {best['device_type']} converts most often, "
        f"{rate_in_words(best, 'cvr')}, and {least['device_type']} least, "
        f"{rate_in_words(least, 'cvr')}: {verdict}."
    )


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
    devices = [row for row in tables["rpt_device_funnel"] if row["impressions"] > 0]
    devices = ordered(devices, "-impressions")
    return [
        {
            "device_type": row["device_type"],
            "step": step,
            "count": row[step.lower()],
            "share": row[step.lower()] / row["impressions"],
        }
        for step in STEPS
        for row in devices
    ]


def device_rates(tables: Tables, rate: str) -> Chart:
    devices = ordered(known(tables["rpt_device_funnel"], rate), f"-{rate}", "device_type")
    return Chart(
        f"funnel-{rate}-devices",
        f"{RATES[rate].title} by device, with 95 % confidence intervals",
        f"{RATES[rate].formula}. Wilson intervals.",
        reached_users(tables),
        _rates([row | {"label": row["device_type"]} for row in devices], rate, "Device"),
        height(len(devices)),
        "rpt_device_funnel",
        is_half=True,
        empty=unless(devices, f"There are no {RATES[rate].trials} in the data."),
    )


def platform_rates(tables: Tables, rate: str) -> Chart:
    platforms = ordered(known(tables["rpt_platform_funnel"], rate), f"-{rate}", "ad_platform")
    platforms = [row | {"label": row["ad_platform"]} for row in platforms[:MAX_BARS]]
    spec = _rates(platforms, rate, "Platform")
    spec["encoding"]["color"] = platform_colour(tables, (row["ad_platform"] for row in platforms))
    return Chart(
        f"funnel-{rate}-platforms",
        f"{RATES[rate].title} by platform, with 95 % confidence intervals",
        f"{RATES[rate].formula}. Wilson intervals.",
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
            tip(of.events, of.events.capitalize(), WHOLE),
            *interval_tips(rate, rate.upper(), ".1%", (f"{rate}_low", f"{rate}_high")),
        ],
    )
    return spec | {"height": STEP * len(rows), "data": {"values": values(rows)}}


# --- tables ------------------------------------------------------------------------------------

MEASURES: tuple[Column, ...] = (
    column("Impressions", "count", "impressions"),
    column("Clicks", "count", "clicks"),
    column("Conversions", "count", "conversions"),
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
    order=("-clicks", "device_type"),
)

PLATFORMS = TableSpec(
    "rpt_platform_funnel-table",
    "Platforms",
    "rpt_platform_funnel",
    (column("Platform", "text", "ad_platform"), *MEASURES),
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
