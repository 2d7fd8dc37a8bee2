"""Where do people drop out? Charts and tables."""

from functools import partial

from social_roi.report.facts import (
    ordered,
    reached_users,
)
from social_roi.report.formatting import text
from social_roi.report.funnel import (
    RATES,
    STEPS,
    answer,
    overview_row,
    rates_of_all,
    steps_of,
)
from social_roi.report.palette import STEP_COLOURS
from social_roi.report.rates_tab import (
    ADS,
    LEVELS,
    RATE_COLUMNS,
    ad_rates,
    device_rates,
    platform_rates,
)
from social_roi.report.spec import (
    WHOLE,
    quantity,
    tip,
    unless,
    values,
)
from social_roi.report.types import (
    Chart,
    Column,
    Question,
    Row,
    Rows,
    Tables,
    TableSpec,
    TabSpec,
    column,
)

SQUARE_ROOT = {"type": "sqrt"}


STEPS_TOPIC = "How many go on at each step, and how many are lost, by device"


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
            "x": quantity("count", "People's steps, on a square-root scale", ",.3~s", SQUARE_ROOT),
            "tooltip": [
                {"field": "device_type", "title": "Device"},
                {"field": "step", "title": "Step"},
                tip("count", "Number", WHOLE),
                tip("lost", "Lost since the step before", WHOLE),
                tip("lost_share", "Share lost", ".1%"),
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
                "encoding": {"text": {"field": "label", "type": "nominal"}},
            },
        ],
    }
    return Chart(
        "funnel-steps",
        _out_of_ten_thousand(tables) or STEPS_TOPIC,
        "Counts, and the share of the step before that is lost.",
        reached_users(tables),
        spec,
        84 * len(devices) + 85,
        "rpt_device_funnel",
        empty=unless(steps, "There are no impressions in the data."),
        topic=STEPS_TOPIC,
    )


def _out_of_ten_thousand(tables: Tables) -> str:
    """How many of 10,000 impressions are left at each step, as a title."""
    rates = rates_of_all(tables)
    if len(rates) < len(RATES):
        return ""
    clicks = 10_000 * rates["ctr"]
    clicked, bought = text(clicks, "count"), text(clicks * rates["cvr"], "count")
    return f"Of 10,000 impressions {clicked} are clicked and {bought} end in a conversion"


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
        | _lost(row, field)
        for step, field in fields.items()
        for row in devices
    ]


def _lost(row: Row, field: str) -> Row:
    """How many were lost since the step before, and the label of the step's bar."""
    before = {"clicks": row["impressions"], "after_click": row["clicks"]}.get(field)
    count = text(row[field], "count")
    if before is None or before < row[field] or not before:
        return {"lost": None, "lost_share": None, "label": count}
    lost = before - row[field]
    share = lost / before
    label = f"{count} · {text(share, 'percent')} lost"
    return {"lost": lost, "lost_share": share, "label": label}


MEASURES: tuple[Column, ...] = (
    column("Impressions", "count", "impressions"),
    column("Clicks", "count", "clicks"),
    column("Conversions", "count", "conversions"),
    column("Without click", "count", "conversions_without_click"),
    *RATE_COLUMNS,
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
            *(partial(device_rates, rate=rate) for rate in RATES),
            DEVICES,
            *(partial(platform_rates, rate=rate) for rate in RATES),
            PLATFORMS,
            *(partial(ad_rates, level=level, rate=rate) for level in LEVELS for rate in RATES),
            ADS,
        ),
    ),
)
