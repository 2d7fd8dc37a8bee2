"""Building blocks of Vega-Lite specifications: marks with intervals, heat maps, axes, colours."""

import json
import re
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from social_roi.report.palette import (
    DIVERGING,
    MUTED,
    ON_DARK,
    ON_PALE,
    OTHER,
    SEQUENTIAL,
    platform_colours,
)
from social_roi.report.types import Rows, Spec, Tables

STEP = 32  # pixels for each row of a chart
MAX_BARS = 20
MAX_POINTS = 200

# The page sets this parameter to the platforms selected in its filter, or null for all.
PLATFORMS_PARAMETER = {"name": "platforms", "value": None}
BY_PLATFORM = {"filter": "!platforms || indexof(platforms, datum.ad_platform) >= 0"}
# no ROI is below -100 %
ROI_SCALE = {"domainMin": -1, "nice": False}
WHOLE = ",.0f"
PERCENT = "+,.0%"
NO_SIGN_AT_ZERO = "datum.value ? datum.label : replace(datum.label, '+', '')"


def report_platforms(tables: Tables) -> set[str]:
    """Every platform of the report: a bill may name the seller (Meta) where people saw ads at the
    publisher (Instagram)."""
    by_platform = ("rpt_platform_roi", "rpt_platform_attribution", "rpt_platform_funnel")
    return {row["ad_platform"] for name in by_platform for row in tables[name]}


def report_colours(tables: Tables) -> dict[str, str]:
    """The colour of every platform of the report."""
    return platform_colours(report_platforms(tables))


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
    axis = {
        "field": label,
        "type": "nominal",
        "title": None,
        "sort": sort,
        # name and platform below each other where there is little room
        "axis": {"labelExpr": "width < 340 ? split(datum.label, ' · ') : datum.label"},
    }
    low, high = limits
    return {
        "encoding": {"y": axis, "color": colour, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"x": x | {"field": low}, "x2": {"field": high}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 120, "opacity": 1},
                "encoding": {"x": x},
            },
        ],
    }


def heatmap(
    rows: Rows,
    *,
    x: tuple[str, list[str], str | None],
    y: tuple[str, list[str]],
    value: tuple[str, str, str],
    tooltip: list[Spec],
    diverging: bool = False,
) -> Spec:
    """Cells of x by y, coloured by value and labelled with it, in a readable contrast."""
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
                "axis": heatmap_labels(x[1]),
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
                    "color": {"condition": {"test": dark, "value": ON_DARK}, "value": ON_PALE},
                },
            },
        ],
    }


def heatmap_labels(names: list[str]) -> Spec:
    """The axis below a heat map: slanted labels, or, where a few are long, one word per line."""
    longest = max(map(len, names), default=0)
    if longest <= 10 or len(names) > 4:
        return {"labelAngle": -30 if longest > 10 else 0}
    room = 7 * longest * len(names)
    words = f"width < {room} ? split(datum.label, ' ') : datum.label"
    return {"labelAngle": 0, "labelLimit": 7 * longest, "labelExpr": words}


def reference_line(value: float) -> Spec:
    return {
        "data": {"values": [{"reference": value}]},
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": MUTED, "tooltip": None},
        "encoding": {"x": {"field": "reference", "type": "quantitative"}, "color": {"value": MUTED}}
        | {name: None for name in ("y", "tooltip")},
    }


def categories(field: str, order: list[str]) -> Spec:
    return {"field": field, "type": "nominal", "title": None, "sort": order}


def quantity(field: str, title: str, number: str, scale: Spec | None = None) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "axis": {"format": number}
        | ({"tickMinStep": 1} if number == WHOLE else {})
        | ({"labelExpr": NO_SIGN_AT_ZERO} if number.startswith("+") else {}),
        "scale": scale or {},
    }


def tip(field: str, title: str, number: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, "format": number}


def interval_tips(field: str, title: str, number: str, limits: tuple[str, str]) -> list[Spec]:
    low, high = limits
    return [tip(field, title, number), tip(low, "95 % CI from", number), tip(high, "to", number)]


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


def values(rows: Rows) -> Rows:
    """Rows for a specification, rounded to 6 digits."""
    return [
        {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def without_unused(spec: Spec) -> Spec:
    """The specification with only those columns in its rows that it names somewhere."""
    named = set(re.findall(r"\w+", json.dumps(_changed(spec, lambda rows: []))))
    return _changed(
        spec,
        lambda rows: [{name: row[name] for name in row if name in named} for row in rows],
    )


def packed(spec: Spec) -> Spec:
    """The specification with its rows as lists: `[{fields, rows}]`, which the page unpacks."""

    def pack(rows: Rows) -> list[dict[str, Any]]:
        groups = groupby(rows, key=lambda row: tuple(row))
        return [
            {"fields": fields, "rows": [list(row.values()) for row in same]}
            for fields, same in groups
        ]

    return _changed(spec, pack)


def _changed(part: Any, change: Callable[[Rows], Any]) -> Any:
    """A part of a specification with other rows in its data, and in that of its layers."""
    if isinstance(part, list):
        return [_changed(item, change) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: item | {"values": change(item["values"])}
        if name == "data" and "values" in item
        else _changed(item, change)
        for name, item in part.items()
    }


def height(rows: float, *, legend: bool = False) -> int:
    """Pixels of a chart with a line for each row."""
    return int(max(rows, 1) * STEP) + 50 + (30 if legend else 0)


def unless(rows: Rows, words: str) -> str:
    """The message for a chart without rows; empty when there are rows."""
    return "" if rows else words
