"""Building blocks of Vega-Lite specifications: marks with intervals, heat maps, axes, colours."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from social_roi.answers import Tables
from social_roi.report.palette import DIVERGING, MUTED, OTHER, SEQUENTIAL, platform_colours

Spec = dict[str, Any]

STEP = 32  # pixels for each row of a chart

# The page sets this parameter to the list of platforms that its filter leaves, or null for all.
PLATFORMS_PARAMETER = {"name": "platforms", "value": None}
BY_PLATFORM = {"filter": "!platforms || indexof(platforms, datum.ad_platform) >= 0"}
WHOLE = ",.0f"


def report_colours(tables: Tables) -> dict[str, str]:
    """The colour of every platform of the report."""
    return platform_colours(tables["rpt_platform_roi"]["ad_platform"])


def interval_spec(
    label: str,
    order: list[str] | str,
    x: Spec,
    limits: tuple[str, str],
    colour: Spec,
    tooltip: list[Spec],
) -> Spec:
    """A point and its interval per row. order: the labels from the top, or a field to sort by."""
    sort = {"field": order[1:], "order": "descending"} if isinstance(order, str) else order
    axis = {"field": label, "type": "nominal", "title": None, "sort": sort}
    low, high = limits
    return {
        "encoding": {"y": axis, "color": colour, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.45},
                "encoding": {"x": x | {"field": low}, "x2": {"field": high}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 120, "opacity": 1},
                "encoding": {"x": x},
            },
        ],
    }


def heatmap(
    rows: pd.DataFrame,
    *,
    x: tuple[str, list[str], str | None],
    y: tuple[str, list[str]],
    value: tuple[str, str, str],
    tooltip: list[Spec],
    diverging: bool = False,
) -> Spec:
    """Cells of x by y, coloured by value and labelled with it, in a tone that can be read."""
    field, title, number = value
    colours = {"range": list(SEQUENTIAL), "domainMin": 0}
    dark = f"datum.{field} > 0.62 * datum.top"
    if diverging:
        colours = {"range": list(DIVERGING), "domainMid": 0}
        dark = f"abs(datum.{field}) > 0.62 * datum.top"
    return {
        "height": STEP * len(y[1]),
        "data": {"values": values(rows)},
        "transform": [
            {"calculate": f"abs(datum.{field})", "as": "size"},
            {"joinaggregate": [{"op": "max", "field": "size", "as": "top"}]},
        ],
        "encoding": {
            "x": {
                "field": x[0],
                "type": "nominal",
                "sort": x[1],
                "title": x[2],
                "axis": {
                    "labelAngle": -30
                    if max(map(len, x[1]), default=0) > 10 and len(x[1]) > 4
                    else 0
                },
            },
            "y": {"field": y[0], "type": "nominal", "sort": y[1], "title": None},
            "tooltip": tooltip,
        },
        "layer": [
            {
                "mark": {"type": "rect", "cornerRadius": 2},
                "encoding": {
                    "color": {
                        "field": field,
                        "type": "quantitative",
                        "title": title,
                        "scale": colours,
                        "legend": None,
                    }
                },
            },
            {
                "mark": {"type": "text", "fontSize": 12},
                "encoding": {
                    "text": number_text(field, number),
                    "color": {"condition": {"test": dark, "value": "#ffffff"}, "value": "#1b1f24"},
                },
            },
        ],
    }


def reference_line(value: float) -> Spec:
    return {
        "data": {"values": [{"reference": value}]},
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": MUTED, "tooltip": None},
        "encoding": {"x": {"field": "reference", "type": "quantitative"}, "color": {"value": MUTED}}
        | {name: None for name in ("y", "tooltip")},
    }


def quantity(field: str, title: str, number: str, scale: Spec | None = None) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "axis": {"format": number} | ({"tickMinStep": 1} if number == WHOLE else {}),
        "scale": scale or {},
    }


def tip(field: str, title: str, number: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, "format": number}


def number_text(field: str, number: str) -> Spec:
    return {"field": field, "type": "quantitative", "format": number}


def platform_colour(tables: Tables, platforms: Iterable[str], *, legend: bool = False) -> Spec:
    colours = report_colours(tables)
    names = sorted(set(platforms))
    return {
        "field": "ad_platform",
        "type": "nominal",
        "title": None,
        "scale": {"domain": names, "range": [colours.get(name, OTHER) for name in names]},
    } | ({} if legend else {"legend": None})


def values(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for a specification: 6 digits, null for what is not known."""
    rounded = frame.copy()
    for name in rounded.select_dtypes("float").columns:
        rounded[name] = rounded[name].round(6)
    rounded = rounded.astype(object)
    return rounded.where(rounded.notna(), None).to_dict("records")
