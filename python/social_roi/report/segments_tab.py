"""What kinds of users are there? Charts and tables."""

from collections import Counter, defaultdict
from statistics import fmean

from social_roi.report.facts import known, ordered
from social_roi.report.formatting import text
from social_roi.report.palette import ACCENT, MUTED, PLATFORMS
from social_roi.report.segments import answer, overview_row, segments_with_share
from social_roi.report.spec import (
    WHOLE,
    heatmap,
    height,
    quantity,
    tip,
    unless,
    values,
)
from social_roi.report.types import (
    Chart,
    Question,
    Row,
    Rows,
    Spec,
    Tables,
    TableSpec,
    TabSpec,
    column,
)

SEGMENTS_AXIS = {
    "field": "k",
    "type": "ordinal",
    "title": "Number of segments",
    "axis": {"labelAngle": 0},
}


def segment_profile(tables: Tables) -> Chart:
    differences = _differences(tables)
    by_feature: dict[str, list[float]] = defaultdict(list)
    for row in differences:
        by_feature[row["feature"]].append(row["difference"])
    ranges = [
        {"feature": feature, "range": max(by_feature[feature]) - min(by_feature[feature])}
        for feature in sorted(by_feature)
    ]
    order = [row["feature"] for row in ordered(ranges, "-range")]
    spec = heatmap(
        differences,
        x=("persona", [row["persona"] for row in segments_with_share(tables)], None),
        y=("feature", order),
        value=("difference", "Steps from the average user", "+.1f"),
        tooltip=[
            {"field": "persona", "title": "Persona"},
            {"field": "feature", "title": "Feature"},
            tip("difference", "Steps from the average user", "+.1f"),
        ],
        diverging=True,
    )
    return Chart(
        "segments-profile",
        "How each segment differs from the average user",
        "Steps from the average user: one step is the usual difference between two users, half a "
        "step or more sets a segment apart.",
        segmented_users(tables),
        spec,
        height(len(order)),
        "segment_centroids",
        empty=_one_segment(tables),
    )


def _differences(tables: Tables) -> Rows:
    """One row per segment and feature: the difference from the average user."""
    if not tables["segment_centroids"]:
        return []
    # pandas is imported here only: the solver's own formula works on frames
    import pandas as pd

    from social_roi.solvers.personas import centroid_differences

    personas = _personas(tables)
    frame = centroid_differences(pd.DataFrame(tables["segment_centroids"])).round(1) + 0.0
    return [
        {"segment": segment, "feature": _spoken(feature), "difference": difference}
        | personas[segment]
        for feature in frame
        for segment, difference in zip(frame.index.tolist(), frame[feature].tolist(), strict=True)
        if segment in personas
    ]


def segment_map(tables: Tables) -> Chart:
    users, centres, axes = segment_positions(tables)
    titles = [f"{name} (steps from the average user)" for name in axes]
    names = [row["persona"] for row in centres]
    persona = {
        "field": "persona",
        "type": "nominal",
        "title": None,
        "sort": names,
        "scale": {"domain": names, "range": segment_colours(len(centres))},
        "legend": {"labelLimit": 280, "columns": {"expr": "width < 700 ? 1 : 3"}},
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
                "mark": {"type": "circle", "opacity": 1},
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
        "Users and segment centres, on the two features that separate the segments best",
        f"{text(len(tables['rpt_segment_sample']), 'count')} randomly sampled users: the more users"
        " at a point, the larger its circle. Each diamond is the centre of a segment.",
        segmented_users(tables),
        spec,
        400,
        "rpt_segment_sample",
        empty=_one_segment(tables),
    )


def segment_positions(tables: Tables) -> tuple[Rows, Rows, list[str]]:
    """Users and centres on the two features that separate the segments best, and these features.

    The first feature has the largest variance between the centres; the second has the largest
    residual variance after regressing on the first. All rows have segment, persona, users, x and y,
    in standard deviations from the average user; users at the same point are one row.
    """
    personas = _personas(tables)
    centres: dict[int, dict[str, float]] = defaultdict(dict)
    for row in ordered(tables["segment_centroids"], "segment", "feature"):
        centres[row["segment"]][row["feature"]] = row["centroid"]
    if not centres or not personas:
        nowhere = [
            {"segment": segment} | persona | {"x": 0.0, "y": 0.0}
            for segment, persona in personas.items()
        ]
        return nowhere, nowhere, ["", ""]
    axes = _best_axes(list(centres.values()))
    scaling = {row["feature"]: row for row in reversed(tables["segment_centroids"])}
    users = Counter(
        (row["segment"], *(round(_standardised(row, scaling[name]), 4) for name in axes))
        for row in tables["rpt_segment_sample"]
    )
    return (
        [
            {"segment": segment, "x": x, "y": y, "users": users[segment, x, y]}
            | {"persona": personas[segment]["persona"]}
            for segment, x, y in sorted(users)
            if segment in personas
        ],
        [
            {"segment": segment, "x": centre[axes[0]], "y": centre[axes[1]]} | personas[segment]
            for segment, centre in centres.items()
            if segment in personas
        ],
        [_spoken(name) for name in axes],
    )


def _best_axes(centres: list[dict[str, float]]) -> tuple[str, str]:
    """The two features of `segment_positions`; the first twice when there is only one."""
    means = {name: fmean(centre[name] for centre in centres) for name in centres[0]}
    centred = {name: [centre[name] - means[name] for centre in centres] for name in means}
    first = max(centred, key=lambda name: _squares(centred[name]))
    left = {}
    for name, distances in centred.items():
        products = sum(a * b for a, b in zip(distances, centred[first], strict=True))
        slope = products / max(_squares(centred[first]), 1e-12)
        left[name] = [a - slope * b for a, b in zip(distances, centred[first], strict=True)]
    second = max(
        (name for name in left if name != first),
        key=lambda name: _squares(left[name]),
        default=first,
    )
    return first, second


def _squares(numbers: list[float]) -> float:
    return sum(number * number for number in numbers)


def _standardised(user: Row, of: Row) -> float:
    value = user[of["feature"]]
    return ((of["fill"] if value is None else value) - of["mean"]) / of["sd"]


def elbow(tables: Tables) -> Chart:
    rows = tables["segment_selection"]
    drawn = [
        {name: value for name, value in row.items() if name not in ("reason", "warning")}
        for row in rows
    ]
    spec = {
        "height": 220,
        "data": {"values": values(drawn)},
        "encoding": {
            "x": SEGMENTS_AXIS,
            "y": quantity("inertia", "Inertia", WHOLE, {"zero": True}),
            "tooltip": [tip("k", "Segments", WHOLE), tip("inertia", "Inertia", WHOLE)],
        },
        "layer": [{"mark": {"type": "line", "color": MUTED}}, _selected_points()],
    }
    return Chart(
        "segments-elbow",
        "How much each additional segment explains",
        "Inertia (squared distance to the nearest centre) by number of segments; the large point "
        "is the number used.",
        segmented_users(tables),
        spec,
        280,
        "segment_selection",
        is_half=True,
        empty=unless(rows, "There are no users to group."),
    )


def segment_quality(tables: Tables) -> Chart:
    rows = [
        {
            "k": row["k"],
            "is_selected": row["is_selected"],
            "measure": measure.capitalize(),
            "value": row[measure],
        }
        for measure in ("silhouette", "stability")
        for row in known(tables["segment_selection"], measure)
    ]
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
        "Silhouette (separation of the segments, at least 0.25) and, of the number at the knee or "
        "forced, stability (adjusted Rand index of bootstrap refits, at least 0.8).",
        segmented_users(tables),
        spec,
        290,
        "segment_selection",
        is_half=True,
        empty=unless(rows, "There are no users to group."),
    )


def segmented_users(tables: Tables) -> str:
    users = sum(row["users"] for row in segments_with_share(tables))
    sample = {row["segment"]: row["users_in_sample"] for row in tables["segment_centroids"]}
    return (
        f"{text(users, 'count')} users; the centres were found on "
        f"{text(sum(sample.values()), 'count')} of them."
    )


def segment_colours(segments: int) -> list[str]:
    """A colour per segment, from the platform colours: no chart shows both."""
    return [list(PLATFORMS.values())[place % len(PLATFORMS)] for place in range(segments)]


def _selected_points() -> Spec:
    return {
        "mark": {"type": "point", "filled": True, "opacity": 1},
        "encoding": {
            "size": {"condition": {"test": "datum.is_selected", "value": 190}, "value": 40}
        },
    }


def _personas(tables: Tables) -> dict[int, Row]:
    """Persona and users by segment."""
    return {
        row["segment"]: {"persona": row["persona"], "users": row["users"]}
        for row in segments_with_share(tables)
    }


def _spoken(feature: str) -> str:
    """The label of a feature."""
    return {"ctr": "CTR", "recency_days": "Days since the last ad"}.get(
        feature, feature.removeprefix("is_").replace("_", " ").capitalize()
    )


def _one_segment(tables: Tables) -> str:
    if len(segments_with_share(tables)) > 1:
        return ""
    return "There is one segment, so there is nothing to compare."


SEGMENTS = TableSpec(
    "rpt_segments-table",
    "Segments, with 95 % confidence intervals of the conversion rate",
    "rpt_segments",
    (
        column("Segment", "count", "segment"),
        column("Persona", "text", "persona"),
        column("Users", "count", "users"),
        column("Impressions", "count", "impressions"),
        column("Clicks", "count", "clicks"),
        column("Conversions", "count", "conversions"),
        column("CTR", "ctr", "ctr"),
        column("CVR", "percent", "cvr"),
        column("95 % interval", "percent", "cvr_low", "cvr_high"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
    ),
)

SELECTION = TableSpec(
    "segment_selection-table",
    "How many segments of users",
    "segment_selection",
    (
        column("Segments", "count", "k"),
        column("Inertia", "whole", "inertia"),
        column("Silhouette", "decimal", "silhouette"),
        column("Stability", "decimal", "stability"),
        column("Knee distance", "decimal", "knee_distance"),
        column("Choice", "text", "used"),
        column("Reason", "text", "reason"),
    ),
    rows=lambda tables: [
        row | {"used": {True: "used", False: ""}.get(row["is_selected"])}
        for row in tables["segment_selection"]
    ],
)

QUESTION = Question(
    answer,
    "Share of users",
    overview_row,
    TabSpec(
        "segments",
        "Segments",
        (segment_profile, segment_map, SEGMENTS),
    ),
)
# how sure the segments are: for the tab on data quality
QUALITY_BLOCKS = (elbow, segment_quality, SELECTION)
