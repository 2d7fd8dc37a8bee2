"""The page's charts as Vega-Lite specifications, one function each.

A specification holds data, marks and scales only. Fonts, the colours of text and lines, and the
width come from the page, which knows the reader's theme and screen.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from social_roi.answers import (
    MIN_CLICKS,
    UNATTRIBUTED,
    UNKNOWN_GROUP,
    Tables,
    attribution_model,
    first_against_last,
    ranked_by_roi,
    simulated_money,
)
from social_roi.report.formatting import VERDICTS, model_label, text
from social_roi.report.palette import (
    ACCENT,
    MUTED,
    PLATFORMS,
    STEP_COLOURS,
)
from social_roi.report.spec import (
    BY_PLATFORM,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    Spec,
    heatmap,
    interval_spec,
    number_text,
    platform_colour,
    quantity,
    reference_line,
    tip,
    values,
)
from social_roi.solvers.personas import centroid_differences

MAX_BARS = 20
MAX_POINTS = 200
AGE_BANDS = ("under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+", UNKNOWN_GROUP)


class Chart(NamedTuple):
    """One chart.

    title: what it shows; note: units and how to read it; basis: how many users are behind it;
    height: pixels kept free for it; model: the table that its numbers come from; is_filtered: the
    platform filter applies; is_half: half a row wide; empty: said in its place where there is
    nothing to draw.
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
    is_half: bool = False
    empty: str = ""


def platform_returns(tables: Tables) -> Chart:
    rows = ranked_by_roi(tables, "rpt_platform_roi").dropna(subset=["roi"])
    rows = rows.head(MAX_BARS)
    return Chart(
        "roi-platforms",
        "Return on investment (ROI) by platform, with 95 % intervals",
        f"ROI = (revenue - spend) / spend, credited by {_model(tables)}. The line at 0 is "
        "break-even: an interval that crosses it cannot tell profit from loss.",
        converting_users(tables),
        _returns(tables, rows.assign(label=rows["ad_platform"])),
        _height(len(rows), legend=True),
        "rpt_platform_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=_unless(rows, "No platform has both spend and revenue."),
    )


def campaign_returns(tables: Tables) -> Chart:
    rows = ranked_by_roi(tables, "rpt_campaign_roi").dropna(subset=["roi"])
    is_cut = len(rows) > MAX_BARS
    rows = rows.loc[sorted(rows.nlargest(MAX_BARS, "spend").index)]
    return Chart(
        "roi-campaigns",
        "Return on investment (ROI) by campaign, with 95 % intervals",
        (f"The {MAX_BARS} campaigns with the largest spend. " if is_cut else "")
        + f"ROI, credited by {_model(tables)}. The wider the interval, the less the campaign's "
        "data can tell.",
        converting_users(tables),
        _returns(tables, rows.assign(label=_campaign_labels(rows))),
        _height(len(rows), legend=True),
        "rpt_campaign_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=_unless(rows, "No campaign has both spend and revenue."),
    )


def spend_against_return(tables: Tables) -> Chart:
    rows = ranked_by_roi(tables, "rpt_campaign_roi").dropna(subset=["spend", "revenue"])
    rows = rows.nlargest(MAX_POINTS, "spend")
    rows = rows.assign(label=_campaign_labels(rows))
    top = float(rows[["spend", "revenue"]].max().max()) if len(rows) else 1.0
    scale = {"type": "sqrt", "domain": [0, top]}
    x, y = (quantity(money, money.capitalize(), WHOLE, scale) for money in ("spend", "revenue"))
    spec = {
        "height": 320,
        "params": [PLATFORMS_PARAMETER],
        "layer": [
            {
                "data": {"values": [{"spend": 0, "revenue": 0}, {"spend": top, "revenue": top}]},
                "mark": {"type": "line", "strokeDash": [5, 4], "color": MUTED},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": [{"spend": top / 2, "revenue": top / 2}]},
                "mark": {
                    "type": "text",
                    "text": "break-even",
                    "align": "right",
                    "dx": -8,
                    "dy": -8,
                },
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": values(rows)},
                "transform": [BY_PLATFORM],
                "mark": {"type": "circle", "size": 130, "opacity": 0.85},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": platform_colour(tables, rows["ad_platform"], legend=True),
                    "tooltip": _return_tooltip(),
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
        400,
        "rpt_campaign_roi",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=_unless(rows, "No campaign has both spend and revenue."),
    )


def weekly_money(tables: Tables) -> Chart:
    """Spend and revenue by week. The page puts in its rows: day, week, is_whole and the sums."""
    colour = {"domain": ["Spend", "Revenue"], "range": [MUTED, ACCENT]}
    spec = {
        "height": 240,
        "data": {"name": "daily", "values": []},
        "params": [
            PLATFORMS_PARAMETER,
            {"name": "from_day", "value": ""},
            {"name": "to_day", "value": "9999"},
        ],
        "transform": [
            BY_PLATFORM,
            {"filter": "datum.day >= from_day && datum.day <= to_day"},
            {
                "aggregate": [
                    {"op": "sum", "field": "spend", "as": "Spend"},
                    {"op": "sum", "field": "revenue", "as": "Revenue"},
                ],
                "groupby": ["week", "is_whole"],
            },
            {"fold": ["Spend", "Revenue"], "as": ["money", "amount"]},
        ],
        "encoding": {
            "x": {
                "field": "week",
                "type": "ordinal",
                "title": "Week beginning",
                "axis": {
                    "labelAngle": 0,
                    "labelOverlap": True,
                    "labelExpr": "timeFormat(toDate(datum.value + 'T00:00'), '%d %b')",
                },
            },
            "y": quantity("amount", "Per week", WHOLE),
            "color": {"field": "money", "type": "nominal", "title": None, "scale": colour},
        },
        "layer": [
            {"transform": [{"filter": "datum.is_whole"}], "mark": {"type": "line"}},
            {
                "mark": {"type": "point", "filled": True, "size": 45},
                "encoding": {
                    "opacity": {"condition": {"test": "datum.is_whole", "value": 1}, "value": 0.35},
                    "tooltip": [
                        {"field": "week", "title": "Week beginning"},
                        {"field": "money", "title": "What"},
                        tip("amount", "Amount", ",.2f"),
                    ],
                },
            },
        ],
    }
    return Chart(
        "roi-weekly",
        "Spend and revenue by week",
        "In the project's currency; revenue in the week of the conversion, by its platform. Pale "
        "points are weeks that the data does not cover whole. What is spent in one week may come "
        "back in a later one.",
        converting_users(tables),
        spec,
        315,
        "rpt_daily",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=_unless(tables["rpt_daily"], "The data has no dates, so there is no time line."),
    )


def funnel_steps(tables: Tables) -> Chart:
    steps = device_steps(tables)
    devices = list(steps["device_type"].drop_duplicates())
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
        empty=_unless(steps, "There are no impressions in the data."),
    )


def rate_by_device(tables: Tables, rate: str) -> Chart:
    devices = tables["rpt_device_funnel"].dropna(subset=[rate])
    devices = devices.sort_values([rate, "device_type"], ascending=[False, True])
    return Chart(
        f"funnel-{rate}-devices",
        f"{RATES[rate].title} by device, with 95 % intervals",
        f"{RATES[rate].formula}. Wilson intervals.",
        reached_users(tables),
        _rates(tables, devices.assign(label=devices["device_type"]), rate),
        _height(len(devices)),
        "rpt_device_funnel",
        is_half=True,
        empty=_unless(devices, f"There are no {RATES[rate].trials} in the data."),
    )


def rate_by_platform(tables: Tables, rate: str) -> Chart:
    platforms = tables["rpt_platform_funnel"].dropna(subset=[rate])
    platforms = platforms.sort_values([rate, "ad_platform"], ascending=[False, True])
    platforms = platforms.head(MAX_BARS)
    return Chart(
        f"funnel-{rate}-platforms",
        f"{RATES[rate].title} by platform, with 95 % intervals",
        f"{RATES[rate].formula}. Wilson intervals.",
        reached_users(tables),
        _rates(tables, platforms.assign(label=platforms["ad_platform"]), rate),
        _height(len(platforms)),
        "rpt_platform_funnel",
        is_filtered=True,
        is_half=True,
        empty=_unless(platforms, f"There are no {RATES[rate].trials} in the data."),
    )


def first_and_last_touch(tables: Tables) -> Chart:
    shares = first_against_last(tables).head(MAX_BARS)
    ends = pd.concat(
        pd.DataFrame(
            {
                "ad_platform": shares["ad_platform"],
                "end": label,
                "share": shares[f"share_{end}"],
                "low": shares[f"share_{end}_low"],
                "high": shares[f"share_{end}_high"],
            }
        )
        for end, label in (("first", ENDS[0]), ("last", ENDS[1]))
    ).dropna(subset=["share"])
    y = {
        "field": "ad_platform",
        "type": "nominal",
        "title": None,
        "sort": list(shares["ad_platform"]),
    }
    offset = {"field": "end", "type": "nominal", "sort": ENDS}
    colour = platform_colour(tables, shares["ad_platform"])
    spec = {
        "height": 56 * len(shares),
        "params": [PLATFORMS_PARAMETER],
        "data": {"values": values(ends)},
        "transform": [BY_PLATFORM],
        "encoding": {"y": y, "yOffset": offset, "color": colour},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.5},
                "encoding": {
                    "x": quantity("low", "Share of attributed conversions", ".2~%"),
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
                "encoding": {
                    "x": quantity("share", "Share of attributed conversions", ".2~%"),
                    "shape": {
                        "field": "end",
                        "type": "nominal",
                        "title": None,
                        "scale": {"domain": ENDS, "range": ["circle", "square"]},
                    },
                    "tooltip": [
                        {"field": "ad_platform", "title": "Platform"},
                        {"field": "end", "title": "Which touch"},
                        tip("share", "Share", ".1%"),
                        tip("low", "95 % from", ".1%"),
                        tip("high", "to", ".1%"),
                    ],
                },
            },
        ],
    }
    return Chart(
        "attribution-ends",
        "Who opens the journeys, and who closes them",
        "Share of attributed conversions whose first or last touch is on the platform, with 95 % "
        "intervals. A platform that is far stronger first than last opens journeys for others.",
        converting_users(tables),
        spec,
        56 * len(shares) + 85,
        "rpt_platform_attribution",
        is_filtered=True,
        empty=_unless(ends, "No conversion has an ad before it."),
    )


def models_side_by_side(tables: Tables) -> Chart:
    shares = tables["rpt_platform_attribution"]
    shares = shares[shares["ad_platform"] != UNATTRIBUTED].dropna(subset=["share"])
    shares = shares.assign(model=shares["attribution_model"].map(model_label))
    order = shares.groupby("ad_platform")["share"].mean().sort_values(ascending=False)
    order = order.head(MAX_BARS)
    shares = shares[shares["ad_platform"].isin(order.index)]
    spec = heatmap(
        shares,
        x=("model", [model_label(name) for name in MODELS], None),
        y=("ad_platform", list(order.index)),
        value=("share", "Share of attributed conversions", ".0%"),
        tooltip=[
            {"field": "ad_platform", "title": "Platform"},
            {"field": "model", "title": "Model"},
            tip("share", "Share", ".1%"),
            tip("share_low", "95 % from", ".1%"),
            tip("share_high", "to", ".1%"),
        ],
    )
    spec |= {"params": [PLATFORMS_PARAMETER], "transform": [BY_PLATFORM, *spec["transform"]]}
    return Chart(
        "attribution-models",
        "What each attribution model credits to each platform",
        "Share of attributed conversions. Where a row changes colour, the answer depends on the "
        "rule, not on the data alone.",
        converting_users(tables),
        spec,
        _height(len(order)) + 22,
        "rpt_platform_attribution",
        is_filtered=True,
        empty=_unless(shares, "No conversion has an ad before it."),
    )


def roi_by_rule(tables: Tables) -> Chart:
    ranges = tables["rpt_attribution_sensitivity_summary"].dropna(subset=["lowest_roi"])
    ranges = ranges.sort_values(["highest_roi", "ad_platform"], ascending=[False, True])
    ranges = ranges.head(MAX_BARS)
    rules = ["depends on the rule", "the same side by every rule"]
    ranges = ranges.assign(
        depends=np.where(ranges["verdict_depends_on_rule"].fillna(False), *rules)
    )
    spec = {
        "height": STEP * len(ranges),
        "params": [PLATFORMS_PARAMETER],
        "data": {"values": values(ranges)},
        "transform": [BY_PLATFORM],
        "layer": [
            {
                "mark": {"type": "bar", "height": 12, "cornerRadius": 6},
                "encoding": {
                    "y": {
                        "field": "ad_platform",
                        "type": "nominal",
                        "title": None,
                        "sort": list(ranges["ad_platform"]),
                    },
                    "x": quantity("lowest_roi", "ROI, lowest to highest", ",.2~f"),
                    "x2": {"field": "highest_roi"},
                    "color": platform_colour(tables, ranges["ad_platform"]),
                    "opacity": {
                        "field": "depends",
                        "type": "ordinal",
                        "title": None,
                        "sort": rules,
                        "scale": {"domain": rules, "range": [0.4, 1]},
                    },
                    "tooltip": [
                        {"field": "ad_platform", "title": "Platform"},
                        tip("lowest_roi", "Lowest ROI", ",.2f"),
                        tip("highest_roi", "Highest ROI", ",.2f"),
                        {"field": "depends", "title": "Profit or loss"},
                    ],
                },
            },
            reference_line(0),
        ],
    }
    return Chart(
        "attribution-rules",
        "How far ROI depends on the attribution rule and the lookback",
        "From the lowest to the highest ROI over all rules and lookbacks tried. A bar across "
        "break-even: whether the platform pays back is a matter of the rule.",
        converting_users(tables),
        spec,
        _height(len(ranges), legend=True),
        "rpt_attribution_sensitivity_summary",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=_unless(ranges, "No platform has both spend and revenue."),
    )


def path_lengths(tables: Tables) -> Chart:
    lengths = tables["rpt_path_length"]
    lengths = lengths[lengths["conversions"] > 0].head(MAX_POINTS)
    spec = {
        "height": 220,
        "data": {"values": values(lengths)},
        "mark": {"type": "bar", "color": ACCENT},
        "encoding": {
            "x": {
                "field": "touches",
                "type": "ordinal",
                "title": "Touches before the conversion",
                "axis": {"labelAngle": 0, "labelOverlap": True},
            },
            "y": quantity("conversions", "Conversions", WHOLE),
            "tooltip": [
                tip("touches", "Touches", WHOLE),
                tip("conversions", "Conversions", WHOLE),
                tip("non_conversions", "Journeys without one", WHOLE),
                tip("conversion_rate", "Conversion rate", ".1%"),
            ],
        },
    }
    return Chart(
        "attribution-length",
        "How many ads come before a conversion",
        "Conversions by the number of touches on their path.",
        converting_users(tables),
        spec,
        280,
        "rpt_path_length",
        is_half=True,
        empty=_unless(lengths, "No conversion has an ad before it."),
    )


def days_to_conversion(tables: Tables) -> Chart:
    days = tables["rpt_time_to_conversion"].dropna(subset=["median_days"])
    days = days.sort_values(["median_days", "first_platform"]).head(MAX_BARS)
    days = days.rename(columns={"first_platform": "ad_platform"})
    x = "Days from first touch to conversion"
    spec = {
        "height": STEP * len(days),
        "params": [PLATFORMS_PARAMETER],
        "data": {"values": values(days)},
        "transform": [BY_PLATFORM],
        "encoding": {
            "y": {
                "field": "ad_platform",
                "type": "nominal",
                "title": None,
                "sort": list(days["ad_platform"]),
            },
            "tooltip": [
                {"field": "ad_platform", "title": "First platform"},
                tip("conversions", "Conversions", WHOLE),
                tip("p25_days", "A quarter within", ",.1f"),
                tip("median_days", "Half within", ",.1f"),
                tip("p75_days", "Three quarters within", ",.1f"),
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": 12, "cornerRadius": 6, "opacity": 0.6},
                "encoding": {
                    "x": quantity("p25_days", x, WHOLE),
                    "x2": {"field": "p75_days"},
                    "color": platform_colour(tables, days["ad_platform"]),
                },
            },
            {
                "mark": {"type": "tick", "thickness": 3, "height": 20},
                "encoding": {"x": quantity("median_days", x, WHOLE)},
            },
        ],
    }
    return Chart(
        "attribution-days",
        "How long it takes from the first touch to the conversion",
        "Days, by the platform of the first touch. The tick is the median, the bar the middle "
        "half.",
        converting_users(tables),
        spec,
        _height(len(days)),
        "rpt_time_to_conversion",
        is_filtered=True,
        is_half=True,
        empty=_unless(days, "No conversion with a date has an ad before it."),
    )


def audience_map(tables: Tables) -> Chart:
    cells = _audience_cells(tables)
    spec = heatmap(
        cells,
        x=("age_band", by_age(cells["age_band"]), "Age"),
        y=("gender", sorted(set(cells["gender"]), key=lambda name: (name == UNKNOWN_GROUP, name))),
        value=("cvr", "Conversions per click", ".1%"),
        tooltip=[
            {"field": "age_band", "title": "Age"},
            {"field": "gender", "title": "Gender"},
            tip("clicks", "Clicks", WHOLE),
            tip("conversions", "Conversions", WHOLE),
            tip("cvr", "Conversion rate", ".1%"),
        ],
    )
    spec |= {
        "params": [PLATFORMS_PARAMETER],
        "transform": [*_audience_transform(), *spec["transform"]],
        "height": 44 * _large_groups(cells)["gender"].nunique(),
    }
    return Chart(
        "audience-map",
        "Conversion rate by age and gender",
        f"Conversions per click. Groups with fewer than {MIN_CLICKS} clicks are left out: they "
        "are too small to tell.",
        reached_users(tables),
        spec,
        _large_groups(cells)["gender"].nunique() * 44 + 52,
        "rpt_audience",
        is_filtered=True,
        empty=_unless(_large_groups(cells), f"No group has {MIN_CLICKS} clicks."),
    )


def audience_rates(tables: Tables) -> Chart:
    cells = _audience_cells(tables)
    spec = interval_spec(
        "label",
        "-cvr",
        quantity("cvr", "Conversions per click", ".2~%"),
        ("low", "high"),
        {"value": ACCENT},
        [
            {"field": "label", "title": "Group"},
            tip("clicks", "Clicks", WHOLE),
            tip("conversions", "Conversions", WHOLE),
            tip("cvr", "Conversion rate", ".1%"),
            tip("low", "95 % from", ".1%"),
            tip("high", "to", ".1%"),
        ],
    )
    spec |= {
        "height": STEP * len(_large_groups(cells)),
        "data": {"values": values(cells)},
        "params": [PLATFORMS_PARAMETER],
        "transform": [
            *_audience_transform(),
            {"filter": "datum.conversions <= datum.clicks"},
            {"calculate": "datum.gender + ' ' + datum.age_band", "as": "label"},
            {"calculate": f"{Z} * {Z}", "as": "zz"},
            {
                "calculate": "sqrt(datum.zz * (datum.cvr * (1 - datum.cvr) / datum.clicks"
                " + datum.zz / (4 * datum.clicks * datum.clicks)))",
                "as": "reach",
            },
            *(
                {
                    "calculate": f"(datum.cvr + datum.zz / (2 * datum.clicks) {sign} datum.reach)"
                    " / (1 + datum.zz / datum.clicks)",
                    "as": name,
                }
                for name, sign in (("low", "-"), ("high", "+"))
            ),
        ],
    }
    return Chart(
        "audience-rates",
        "Conversion rate of each group, with 95 % intervals",
        f"Conversions per click of groups with at least {MIN_CLICKS} clicks; Wilson intervals. "
        "Among many groups the best and the worst lie apart by chance alone: the answer on the "
        "overview allows for that.",
        reached_users(tables),
        spec,
        _height(len(_large_groups(cells))),
        "rpt_audience",
        is_filtered=True,
        empty=_unless(_large_groups(cells), f"No group has {MIN_CLICKS} clicks."),
    )


def segment_profile(tables: Tables) -> Chart:
    differences = _segment_differences(tables).merge(_personas(tables), on="segment")
    order = (
        differences.groupby("feature")["difference"].agg(np.ptp).sort_values(ascending=False).index
    )
    spec = heatmap(
        differences,
        x=("persona", list(_personas(tables)["persona"]), None),
        y=("feature", list(order)),
        value=("difference", "Standard deviations from the average user", "+.1f"),
        tooltip=[
            {"field": "persona", "title": "Persona"},
            {"field": "feature", "title": "Feature"},
            tip("difference", "Standard deviations from average", "+.1f"),
        ],
        diverging=True,
    )
    return Chart(
        "segments-profile",
        "What sets each kind of user apart",
        "How far the segment's centre lies from the average user, in standard deviations.",
        segmented_users(tables),
        spec,
        _height(len(order)),
        "segment_centroids",
        is_simulated=False,
        empty=_one_segment(tables),
    )


def segment_map(tables: Tables) -> Chart:
    users, centres, axes = segment_positions(tables)
    titles = [f"{name} (standard deviations from average)" for name in axes]
    persona = {
        "field": "persona",
        "type": "nominal",
        "title": None,
        "sort": list(centres["persona"]),
        "scale": {
            "domain": list(centres["persona"]),
            "range": segment_colours(len(centres)),
        },
    }
    place = {
        "x": quantity("x", titles[0], "+.1f", {"zero": False}),
        "y": quantity("y", titles[1], "+.1f", {"zero": False}),
    }
    spec = {
        "height": 320,
        "layer": [
            {
                "data": {"values": values(users)},
                "mark": {"type": "circle", "opacity": 0.35},
                "encoding": place
                | {
                    "color": persona,
                    "size": {
                        "field": "users",
                        "type": "quantitative",
                        "legend": None,
                        "scale": {"range": [24, 700]},
                    },
                },
            },
            {
                "data": {"values": values(centres)},
                "mark": {"type": "point", "filled": True, "size": 260, "opacity": 1},
                "encoding": place
                | {
                    "color": persona,
                    "shape": {"value": "diamond"},
                    "tooltip": [
                        {"field": "persona", "title": "Persona"},
                        tip("users", "Users", WHOLE),
                        tip("x", axes[0], "+.1f"),
                        tip("y", axes[1], "+.1f"),
                    ],
                },
            },
        ],
    }
    return Chart(
        "segments-map",
        "Where the kinds of users lie, on the two features that part them best",
        f"{text(len(tables['rpt_segment_sample']), 'count')} users drawn at random: the more share "
        "a place, the larger its circle. Each diamond is the centre of a segment.",
        segmented_users(tables),
        spec,
        400,
        "rpt_segment_sample",
        empty=_one_segment(tables),
    )


def elbow(tables: Tables) -> Chart:
    rows = tables["segment_selection"]
    spec = {
        "height": 220,
        "data": {"values": values(rows.drop(columns=["reason", "warning"]))},
        "encoding": {
            "x": SEGMENTS_AXIS,
            "y": quantity("inertia", "Inertia", WHOLE, {"zero": True}),
            "tooltip": [tip("k", "Segments", WHOLE), tip("inertia", "Inertia", WHOLE)],
        },
        "layer": [{"mark": {"type": "line", "color": MUTED}}, _selected_points()],
    }
    return Chart(
        "segments-elbow",
        "How much each further segment explains",
        "Inertia (squared distance to the nearest centre) by number of segments; the large point "
        "is the number used.",
        segmented_users(tables),
        spec,
        280,
        "segment_selection",
        is_half=True,
        empty=_unless(rows, "There are no users to group."),
    )


def segment_quality(tables: Tables) -> Chart:
    rows = tables["segment_selection"]
    rows = rows.melt(
        id_vars=["k", "is_selected"],
        value_vars=["silhouette", "stability"],
        var_name="measure",
        value_name="value",
    ).dropna(subset=["value"])
    rows["measure"] = rows["measure"].str.capitalize()
    colour = {"domain": ["Silhouette", "Stability"], "range": [MUTED, ACCENT]}
    spec = {
        "height": 220,
        "data": {"values": values(rows)},
        "encoding": {
            "x": SEGMENTS_AXIS,
            "y": quantity("value", "Silhouette, stability", ".1f", {"domain": [0, 1]}),
            "color": {"field": "measure", "type": "nominal", "title": None, "scale": colour},
            "tooltip": [
                tip("k", "Segments", WHOLE),
                {"field": "measure", "title": "Measure"},
                tip("value", "Value", ".2f"),
            ],
        },
        "layer": [{"mark": {"type": "line"}}, _selected_points()],
    }
    return Chart(
        "segments-quality",
        "How clear and how stable the segments are",
        "Silhouette (0.25 and more: groups can be told apart) and stability (adjusted Rand index "
        "of refits, 0.8 and more: the same groups again).",
        segmented_users(tables),
        spec,
        290,
        "segment_selection",
        is_half=True,
        empty=_unless(rows, "There are no users to group."),
    )


def rejections(tables: Tables) -> Chart:
    reasons = tables["rpt_rejections"]
    reasons = reasons.groupby(["reason"], as_index=False)["rejected"].sum()
    reasons = reasons.sort_values(["rejected", "reason"], ascending=[False, True]).head(MAX_BARS)
    spec = {
        "height": STEP * len(reasons),
        "data": {"values": values(reasons)},
        "encoding": {
            "y": {
                "field": "reason",
                "type": "nominal",
                "title": None,
                "sort": list(reasons["reason"]),
            },
            "x": quantity("rejected", "Rows rejected", WHOLE) | {"axis": None},
            "tooltip": [
                {"field": "reason", "title": "Reason"},
                tip("rejected", "Rows rejected", WHOLE),
            ],
        },
        "layer": [
            {"mark": {"type": "bar", "color": MUTED, "height": 16}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {"text": number_text("rejected", WHOLE)},
            },
        ],
    }
    return Chart(
        "quality-reasons",
        "Why rows were not used",
        "Rows by reason; each stands in the table rejected_rows with its file and line.",
        f"{text(tables['rpt_totals']['users'].sum(), 'count')} users in the rows that are used.",
        spec,
        _height(len(reasons)),
        "rpt_rejections",
        empty=_unless(reasons, "Every row was used."),
    )


class Rate(NamedTuple):
    title: str
    formula: str
    trials: str
    events: str


RATES = {
    "ctr": Rate("Click-through rate", "CTR = clicks / impressions", "impressions", "clicks"),
    "cvr": Rate("Conversion rate", "CVR = conversions / clicks", "clicks", "conversions"),
}
STEPS = ["Impressions", "Clicks", "Conversions"]
ENDS = ["First touch", "Last touch"]
MODELS = (
    "first_touch",
    "last_touch",
    "linear",
    "position_based",
    "time_decay",
    "shapley",
    "platform_rule",
    "markov_path",
    "markov",
)
SEGMENTS_AXIS = {
    "field": "k",
    "type": "ordinal",
    "title": "Number of segments",
    "axis": {"labelAngle": 0},
}
Z = 1.959963984540054


def converting_users(tables: Tables) -> str:
    totals = tables["rpt_totals"].iloc[0]
    return (
        f"{text(totals['converting_users'], 'count')} users who converted, of "
        f"{text(totals['users'], 'count')}."
    )


def reached_users(tables: Tables) -> str:
    totals = tables["rpt_totals"].iloc[0]
    return (
        f"{text(totals['reached_users'], 'count')} users reached; "
        f"{text(totals['clicking_users'], 'count')} clicked, "
        f"{text(totals['converting_users'], 'count')} converted."
    )


def segmented_users(tables: Tables) -> str:
    segments = tables["rpt_segments"]
    sample = tables["segment_centroids"].drop_duplicates("segment")["users_in_sample"].sum()
    return (
        f"{text(segments['users'].sum(), 'count')} users; the centres were found on "
        f"{text(sample, 'count')} of them."
    )


def device_steps(tables: Tables) -> pd.DataFrame:
    """One row per device and step: count, and share of the device's impressions."""
    devices = tables["rpt_device_funnel"]
    devices = devices[devices["impressions"] > 0].sort_values("impressions", ascending=False)
    return pd.concat(
        pd.DataFrame(
            {
                "device_type": devices["device_type"],
                "step": step.capitalize(),
                "count": devices[step],
                "share": devices[step].astype("float64") / devices["impressions"].astype("float64"),
            }
        )
        for step in ("impressions", "clicks", "conversions")
    )


def by_age(bands: Iterable[str]) -> list[str]:
    """The age bands that occur, youngest first; others after them."""
    known = [band for band in AGE_BANDS if band in set(bands)]
    return [*known, *sorted(set(bands) - set(known))]


def segment_colours(segments: int) -> list[str]:
    """A colour per segment, from those of the platforms, which never share a chart with them."""
    return [list(PLATFORMS.values())[place % len(PLATFORMS)] for place in range(segments)]


def segment_positions(tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Users and centres on the two features that part the segments best, and these features.

    The first feature has the largest variance between the centres; the second has the largest that
    is left once the first is regressed out. Both frames have segment, persona, users, x and y, in
    standard deviations from the average user; the first has one row per place where users lie.
    """
    personas = _personas(tables)
    centroids = tables["segment_centroids"]
    if centroids.empty or personas.empty:
        return personas.assign(x=0.0, y=0.0), personas.assign(x=0.0, y=0.0), ["", ""]
    wide = centroids.pivot(index="segment", columns="feature", values="centroid")
    centred = wide - wide.mean()
    first = centred.var(ddof=0).idxmax()
    slope = centred.mul(centred[first], axis=0).sum() / max((centred[first] ** 2).sum(), 1e-12)
    left = centred - np.outer(centred[first], slope)
    second = left.drop(columns=first).var(ddof=0).idxmax() if len(wide.columns) > 1 else first
    scaling = centroids.drop_duplicates("feature").set_index("feature")
    users = tables["rpt_segment_sample"]
    drawn, middle = (
        pd.DataFrame({"segment": frame["segment"], "x": x, "y": y})
        for frame, (x, y) in (
            (users, (_standardised(users, scaling, name) for name in (first, second))),
            (wide.reset_index(), (wide[name].to_numpy() for name in (first, second))),
        )
    )
    places = drawn.round(4).groupby(["segment", "x", "y"], as_index=False).size()
    places = places.rename(columns={"size": "users"})
    return (
        places.merge(personas[["segment", "persona"]], on="segment"),
        middle.merge(personas, on="segment"),
        [_spoken(first), _spoken(second)],
    )


def _standardised(users: pd.DataFrame, scaling: pd.DataFrame, feature: str) -> pd.Series:
    of = scaling.loc[feature]
    return (users[feature].fillna(of["fill"]) - of["mean"]) / of["sd"]


def _spoken(feature: str) -> str:
    """A feature's name for people."""
    return {"ctr": "CTR"}.get(feature, feature.removeprefix("is_").replace("_", " ").capitalize())


def _segment_differences(tables: Tables) -> pd.DataFrame:
    """One row per segment and feature: the difference from the average user."""
    centroids = tables["segment_centroids"]
    if centroids.empty:
        return pd.DataFrame(columns=["segment", "feature", "difference"])
    differences = centroid_differences(centroids).round(1) + 0.0
    long = differences.melt(var_name="feature", value_name="difference", ignore_index=False)
    long["feature"] = long["feature"].map(_spoken)
    return long.reset_index()


def _personas(tables: Tables) -> pd.DataFrame:
    return tables["rpt_segments"][["segment", "persona", "users"]]


def _one_segment(tables: Tables) -> str:
    if len(tables["rpt_segments"]) > 1:
        return ""
    return "There is one group of users, so there is nothing to compare."


def _audience_cells(tables: Tables) -> pd.DataFrame:
    return tables["rpt_audience"][["ad_platform", "age_band", "gender", "clicks", "conversions"]]


def _audience_transform() -> list[Spec]:
    """Sum the platforms that are shown; keep the groups with enough clicks."""
    sums = [{"op": "sum", "field": name, "as": name} for name in ("clicks", "conversions")]
    return [
        BY_PLATFORM,
        {"aggregate": sums, "groupby": ["age_band", "gender"]},
        {"filter": f"datum.clicks >= {MIN_CLICKS}"},
        {"calculate": "datum.conversions / datum.clicks", "as": "cvr"},
    ]


def _large_groups(cells: pd.DataFrame) -> pd.DataFrame:
    groups = cells.groupby(["age_band", "gender"], as_index=False)["clicks"].sum()
    return groups[groups["clicks"] >= MIN_CLICKS]


def _returns(tables: Tables, rows: pd.DataFrame) -> Spec:
    """ROI with its interval and verdict, one row per label, best first."""
    spec = interval_spec(
        "label",
        list(rows["label"]),
        quantity("roi", "ROI", ",.2~f"),
        ("roi_low", "roi_high"),
        platform_colour(tables, rows["ad_platform"]),
        _return_tooltip(),
    )
    verdicts = list(VERDICTS.values())
    spec["layer"][1]["encoding"]["shape"] = {
        "field": "verdict",
        "type": "nominal",
        "title": None,
        "scale": {"domain": verdicts, "range": ["triangle-up", "triangle-down", "circle"]},
    }
    return spec | {
        "height": STEP * len(rows),
        "data": {"values": values(rows.assign(verdict=rows["verdict"].map(VERDICTS)))},
        "params": [PLATFORMS_PARAMETER],
        "transform": [BY_PLATFORM],
        "layer": [reference_line(0), *spec["layer"]],
    }


def _return_tooltip() -> list[Spec]:
    return [
        {"field": "label", "title": "Name"},
        {"field": "ad_platform", "title": "Platform"},
        tip("spend", "Spend", ",.2f"),
        tip("revenue", "Revenue", ",.2f"),
        tip("conversions", "Conversions", ",.1f"),
        tip("roi", "ROI", ",.2f"),
        tip("roi_low", "95 % from", ",.2f"),
        tip("roi_high", "to", ",.2f"),
        {"field": "verdict", "title": "Verdict"},
    ]


def _rates(tables: Tables, rows: pd.DataFrame, rate: str) -> Spec:
    of = RATES[rate]
    is_platform = "ad_platform" in rows
    spec = interval_spec(
        "label",
        list(rows["label"]),
        quantity(rate, of.formula.split(" = ")[1].capitalize(), ".2~%"),
        (f"{rate}_low", f"{rate}_high"),
        platform_colour(tables, rows["ad_platform"]) if is_platform else {"value": ACCENT},
        [
            {"field": "label", "title": "Platform" if is_platform else "Device"},
            tip(of.trials, of.trials.capitalize(), WHOLE),
            tip(of.events, of.events.capitalize(), WHOLE),
            tip(rate, rate.upper(), ".1%"),
            tip(f"{rate}_low", "95 % from", ".1%"),
            tip(f"{rate}_high", "to", ".1%"),
        ],
    )
    filtered = {"params": [PLATFORMS_PARAMETER], "transform": [BY_PLATFORM]} if is_platform else {}
    sized = {"height": STEP * len(rows), "data": {"values": values(rows)}}
    return spec | sized | filtered


def _selected_points() -> Spec:
    return {
        "mark": {"type": "point", "filled": True, "opacity": 1},
        "encoding": {
            "size": {"condition": {"test": "datum.is_selected", "value": 190}, "value": 40}
        },
    }


def _campaign_labels(rows: pd.DataFrame) -> pd.Series:
    """Name and platform; with the id where others share both."""
    labels = rows["campaign_name"] + " · " + rows["ad_platform"]
    return labels.where(~labels.duplicated(keep=False), labels + " · " + rows["campaign_id"])


def _model(tables: Tables) -> str:
    return model_label(attribution_model(tables)).lower()


def _height(rows: float, *, legend: bool = False) -> int:
    return int(max(rows, 1) * STEP) + 50 + (30 if legend else 0)


def _unless(rows: pd.DataFrame, words: str) -> str:
    return words if rows.empty else ""
