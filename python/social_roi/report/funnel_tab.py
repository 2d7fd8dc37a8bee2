"""Where do people drop out? Charts and tables."""

from social_roi.report.facts import (
    known,
    ordered,
    reached_users,
)
from social_roi.report.formatting import text
from social_roi.report.funnel import RATES, STEPS, answer, overview_row, steps_of
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
    platform_colour,
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
    Spec,
    Tables,
    TableSpec,
    TabSpec,
    column,
)

SQUARE_ROOT = {"type": "sqrt"}


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
        "How many go on at each step, and how many are lost, by device",
        "Counts, and the share of the step before that is lost.",
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
