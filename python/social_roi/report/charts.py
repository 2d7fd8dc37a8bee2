"""The page's charts as Vega-Lite specifications, one function each.

A specification holds data, marks and scales only. Fonts, the colours of text and lines, and the
width come from the page, which knows the reader's theme and screen.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from social_roi.answers import (
    UNATTRIBUTED,
    Tables,
    attribution_model,
    first_against_last,
    ranked_by_roi,
    simulated_money,
)
from social_roi.display import VERDICTS, model_label, text
from social_roi.palette import ACCENT, DIVERGING, MUTED, SEQUENTIAL, platform_colours

Spec = dict[str, Any]

STEP = 32  # height of a row, in pixels
MAX_BARS = 20
SHOWN_PLATFORMS = "!platforms || indexof(platforms, datum.ad_platform) >= 0"


class Chart(NamedTuple):
    """One chart: title (what it shows), note (units and how to read it) and basis (how many users).

    height: pixels reserved before it is drawn; model: what the numbers were computed by;
    is_filtered: the platform filter applies; empty: said instead where there is nothing to draw.
    """

    key: str
    title: str
    note: str
    basis: str
    spec: Spec
    height: int
    model: str
    is_simulated: bool = False
    is_filtered: bool = False
    empty: str = ""


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for a specification: rounded to 6 digits, null for what is not known."""
    rounded = frame.copy()
    for name in rounded.select_dtypes("float").columns:
        rounded[name] = rounded[name].round(6)
    rounded = rounded.astype(object)
    return rounded.where(rounded.notna(), None).to_dict("records")


def platform_returns(tables: Tables) -> Chart:
    rows = ranked_by_roi(tables, "rpt_platform_roi").dropna(subset=["roi"])
    return Chart(
        "roi-platforms",
        "Return on ad spend by platform, with 95 % intervals",
        f"ROI = (revenue - spend) / spend, credited by {_model(tables)}. The line at 0 is "
        "break-even: an interval that crosses it cannot tell profit from loss.",
        converting_users(tables),
        _returns(rows.assign(label=rows["ad_platform"])),
        _rows_height(len(rows), legend=True),
        "rpt_platform_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=_nothing(rows, "No platform has both spend and revenue."),
    )


def campaign_returns(tables: Tables) -> Chart:
    rows = ranked_by_roi(tables, "rpt_campaign_roi").dropna(subset=["roi"])
    largest = rows.nlargest(MAX_BARS, "spend")
    rows = rows.loc[sorted(largest.index)]
    which = f"The {MAX_BARS} campaigns with the largest spend. " if len(rows) == MAX_BARS else ""
    return Chart(
        "roi-campaigns",
        "Return on ad spend by campaign, with 95 % intervals",
        f"{which}ROI, credited by {_model(tables)}. A small campaign has a wide interval: that is "
        "how little its data can tell.",
        converting_users(tables),
        _returns(rows.assign(label=campaign_labels(rows))),
        _rows_height(len(rows), legend=True),
        "rpt_campaign_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=_nothing(rows, "No campaign has both spend and revenue."),
    )


def spend_and_return(tables: Tables) -> Chart:
    rows = ranked_by_roi(tables, "rpt_campaign_roi").dropna(subset=["spend", "revenue"])
    rows = rows.nlargest(300, "spend").assign(label=lambda rows: campaign_labels(rows))
    top = float(max(rows["spend"].max(), rows["revenue"].max(), 1)) if len(rows) else 1.0
    scale = {"type": "sqrt", "domain": [0, top], "nice": True}
    spec = {
        "height": 320,
        "layer": [
            {
                "data": {"values": [{"x": 0, "y": 0}, {"x": top, "y": top}]},
                "mark": {"type": "line", "strokeDash": [5, 4], "color": MUTED},
                "encoding": {"x": _quantity("x"), "y": _quantity("y")},
            },
            {
                "data": {"values": [{"x": top, "y": top}]},
                "mark": {"type": "text", "align": "right", "dx": -14, "dy": 4, "text": "break-even"},
                "encoding": {"x": _quantity("x"), "y": _quantity("y")},
            },
            {
                "data": {"values": _values(rows, *ROI_FIELDS)},
                "transform": [{"filter": SHOWN_PLATFORMS}],
                "mark": {"type": "circle", "size": 130, "opacity": 0.85},
                "encoding": {
                    "x": _quantity("spend", "Spend", scale=scale, format=",.0f"),
                    "y": _quantity("revenue", "Revenue", scale=scale, format=",.0f"),
                    "color": _platform_colour(rows["ad_platform"], legend=True),
                    "tooltip": ROI_TOOLTIP,
                },
            },
        ],
    }
    return Chart(
        "roi-spend",
        "What was spent on each campaign, and what came back",
        "Spend and revenue in the project's currency, on square-root scales. Campaigns above the "
        "dashed line brought in more than they cost.",
        converting_users(tables),
        spec,
        420,
        "rpt_campaign_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=_nothing(rows, "No campaign has both spend and revenue."),
    )


def weekly_money(tables: Tables) -> Chart:
    """Spend and revenue by week; the page fills in its rows, which the date filter narrows."""
    spec = {
        "height": 240,
        "data": {"name": "daily", "values": []},
        "params": [{"name": "from_day", "value": ""}, {"name": "to_day", "value": "9999"}],
        "transform": [
            {"filter": SHOWN_PLATFORMS},
            {"filter": "datum.day >= from_day && datum.day <= to_day"},
            {
                "aggregate": [
                    {"op": "sum", "field": "spend", "as": "Spend"},
                    {"op": "sum", "field": "revenue", "as": "Revenue"},
                    {"op": "min", "field": "day", "as": "first"},
                    {"op": "max", "field": "day", "as": "last"},
                ],
                "groupby": ["week", "is_whole"],
            },
            {"fold": ["Spend", "Revenue"], "as": ["money", "amount"]},
        ],
        "encoding": {
            "x": {"field": "week", "type": "temporal", "title": "Week beginning", "axis": {
                "format": "%d %b", "labelOverlap": True}},
            "y": _quantity("amount", "Per week", format=",.0f"),
            "color": {
                "field": "money",
                "type": "nominal",
                "title": None,
                "scale": {"domain": ["Spend", "Revenue"], "range": [MUTED, ACCENT]},
            },
        },
        "layer": [
            {"transform": [{"filter": "datum.is_whole"}], "mark": {"type": "line"}},
            {
                "mark": {"type": "point", "filled": True, "size": 45},
                "encoding": {
                    "opacity": {"condition": {"test": "datum.is_whole", "value": 1}, "value": 0.35},
                    "tooltip": [
                        {"field": "week", "type": "temporal", "title": "Week of", "format": "%d %b %Y"},
                        {"field": "money", "title": "What"},
                        _tip("amount", "Amount", ",.2f"),
                    ],
                },
            },
        ],
    }
    return Chart(
        "roi-weekly",
        "Spend and revenue by week",
        "In the project's currency; revenue in the week of the conversion, by its platform. Pale "
        "points are weeks that the data does not cover whole. Money spent in one week may come "
        "back in the next, so do not read a return off single weeks.",
        converting_users(tables),
        spec,
        330,
        "rpt_daily",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=_nothing(tables["rpt_daily"], "The data has no dates, so there is no time line."),
    )


def funnel_steps(tables: Tables) -> Chart:
    devices = tables["rpt_device_funnel"]
    devices = devices[devices["impressions"] > 0]
    steps = devices.melt(
        id_vars=["device_type", "impressions"],
        value_vars=["impressions", "clicks", "conversions"],
        var_name="step",
        value_name="count",
        ignore_index=False,
    ) if False else pd.concat(
        [
            pd.DataFrame(
                {
                    "device_type": devices["device_type"],
                    "step": step.capitalize(),
                    "count": devices[step],
                    "share": devices[step].astype(float) / devices["impressions"].astype(float),
                }
            )
            for step in ("impressions", "clicks", "conversions")
        ]
    )
    return None
