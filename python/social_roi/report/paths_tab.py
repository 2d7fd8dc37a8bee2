"""How people get to a conversion: paths, their length and their time."""

from collections import Counter

from social_roi.report.facts import (
    converting_users,
    known,
    ordered,
)
from social_roi.report.formatting import text
from social_roi.report.palette import ACCENT
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    MAX_POINTS,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    categories,
    height,
    platform_colour,
    quantity,
    tip,
    unless,
    values,
)
from social_roi.report.types import (
    Chart,
    Rows,
    Tables,
    TableSpec,
    column,
)

POSITIONS = ("Early", "Middle", "Late")


LENGTH_TOPIC = "How many ads come before a conversion"
DAYS_TOPIC = "How long it takes from the first touch to the conversion"
PLACES_TOPIC = "Which platforms stand early, in the middle and late on the way to a conversion"


def path_lengths(tables: Tables) -> Chart:
    lengths = [row for row in tables["rpt_path_length"] if row["conversions"] > 0][:MAX_POINTS]
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
            ],
        },
    }
    return Chart(
        "attribution-length",
        _half_of(lengths) or LENGTH_TOPIC,
        "Conversions by the number of touches on their path.",
        converting_users(tables),
        spec,
        280,
        "rpt_path_length",
        is_half=True,
        empty=unless(lengths, "No conversion has an ad before it.")
        or ("All paths have the same number of touches." if len(lengths) == 1 else ""),
        topic=LENGTH_TOPIC,
    )


def _half_of(lengths: Rows) -> str:
    """Within how many touches half of the conversions came, as a title."""
    every = sum(row["conversions"] for row in lengths)
    so_far = 0
    for row in ordered(lengths, "touches"):
        so_far += row["conversions"]
        if 2 * so_far >= every:
            share = text(so_far / every, "percent")
            if row["touches"] == 1:
                return f"{share} of conversions come after a single touch"
            return f"{share} of conversions come after {row['touches']} touches or fewer"
    return ""


def days_to_conversion(tables: Tables) -> Chart:
    days = known(tables["rpt_time_to_conversion"], "median_days")
    days = [
        {"ad_platform" if name == "first_platform" else name: row[name] for name in row}
        for row in ordered(days, "median_days", "first_platform")[:MAX_BARS]
    ]
    platforms = [row["ad_platform"] for row in days]
    x = "Days from first touch to conversion"
    spec = {
        "height": STEP * len(days),
        "params": [PLATFORMS_PARAMETER],
        "data": {"values": values(days)},
        "transform": [BY_PLATFORM],
        "encoding": {
            "y": categories("ad_platform", platforms),
            "tooltip": [
                {"field": "ad_platform", "title": "First platform"},
                tip("conversions", "Conversions", WHOLE),
                tip("p25_days", "25th percentile", ",.1f"),
                tip("median_days", "Median", ",.1f"),
                tip("p75_days", "75th percentile", ",.1f"),
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": 12, "cornerRadius": 6},
                "encoding": {
                    "x": quantity("p25_days", x, WHOLE),
                    "x2": {"field": "p75_days"},
                    "color": platform_colour(tables, platforms),
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
        _quickest(days) or DAYS_TOPIC,
        "Days, by the platform of the first touch. The tick is the median, the bar the "
        "interquartile range.",
        converting_users(tables),
        spec,
        height(len(days)),
        "rpt_time_to_conversion",
        is_filtered=True,
        is_half=True,
        empty=unless(days, "No conversion with a date has an ad before it."),
        topic=DAYS_TOPIC,
    )


def _quickest(days: Rows) -> str:
    """The shortest and the longest median, as a title."""
    if len(days) < 2:
        return ""
    quick, slow = days[0], days[-1]
    return (
        f"Median time to convert: {text(quick['median_days'], 'credit')} days from"
        f" {quick['ad_platform']}, {text(slow['median_days'], 'credit')} from {slow['ad_platform']}"
    )


def early_mid_late(tables: Tables) -> Chart:
    rows = positions(tables)
    platforms = sorted({row["ad_platform"] for row in rows})
    spec = {
        "height": 52 * len(POSITIONS),
        "params": [PLATFORMS_PARAMETER],
        "data": {"values": values(rows)},
        "transform": [BY_PLATFORM],
        "mark": {"type": "bar", "height": 30},
        "encoding": {
            "y": categories("position", list(POSITIONS)),
            "x": quantity("share", "Share of the touches at this place", ".0%") | {"stack": "zero"},
            "color": platform_colour(tables, platforms, legend=True),
            "order": {"field": "ad_platform"},
            "tooltip": [
                {"field": "position", "title": "Place on the path"},
                {"field": "ad_platform", "title": "Platform"},
                tip("share", "Share", ".1%"),
            ],
        },
    }
    return Chart(
        "attribution-places",
        _most_early_and_late(rows) or PLACES_TOPIC,
        "Converting paths of two ads or more, weighted by their conversions, those in the table of"
        " paths. Early: the first ad; late: the last; middle: all between.",
        converting_users(tables),
        spec,
        52 * len(POSITIONS) + 85,
        "rpt_conversion_paths",
        is_filtered=True,
        empty=unless(rows, "No conversion has two ads or more before it."),
        topic=PLACES_TOPIC,
    )


def _most_early_and_late(rows: Rows) -> str:
    """The largest share of the first and of the last places, as a title."""
    said = [
        f"{word} most often {top['ad_platform']}, {text(top['share'], 'percent')}"
        for word, position in (("First", "Early"), ("last", "Late"))
        if (found := [row for row in rows if row["position"] == position])
        for top in ordered(found, "-share", "ad_platform")[:1]
    ]
    return f"{'; '.join(said)} of these paths" if said else ""


def positions(tables: Tables) -> Rows:
    """One row per place on the path and platform: the `share` of the place's touches."""
    touches: Counter[tuple[str, str]] = Counter()
    for row in tables["rpt_conversion_paths"]:
        path = row["path"].split(" > ")
        if len(path) < 2 or not row["conversions"]:
            continue
        for place, platform in enumerate(path):
            position = "Early" if place == 0 else "Late" if place == len(path) - 1 else "Middle"
            weight = 1 / (len(path) - 2) if position == "Middle" else 1
            touches[position, platform] += row["conversions"] * weight
    sums = {position: 0.0 for position in POSITIONS}
    for (position, _), weight in touches.items():
        sums[position] += weight
    return [
        {"position": position, "ad_platform": platform, "share": weight / sums[position]}
        for (position, platform), weight in sorted(touches.items())
    ]


PATHS = TableSpec(
    "rpt_conversion_paths-table",
    "Paths",
    "rpt_conversion_paths",
    (
        column("Path", "text", "path"),
        column("Conversions", "count", "conversions"),
        column("Journeys without one", "count", "non_conversions"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
    ),
    order=("-conversions", "-non_conversions", "path"),
    limit=50,
)
