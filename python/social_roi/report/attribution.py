"""Which ad opened the journey, and which one closed it? Sentence, charts and tables."""

from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean

from social_roi.report.facts import (
    UNATTRIBUTED,
    converting_users,
    ends_side_by_side,
    first_against_last,
    has_conversions,
    known,
    ordered,
    simulated_money,
    unattributed_conversions,
    without_ad,
)
from social_roi.report.formatting import between, marked, model_label, say_interval, text
from social_roi.report.palette import ACCENT, OTHER
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    MAX_POINTS,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    categories,
    heatmap,
    height,
    interval_tips,
    platform_colour,
    quantity,
    reference_line,
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
    Tables,
    TableSpec,
    TabSpec,
    column,
)

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
BOTH_ENDS: tuple[Column, ...] = (
    column("Platform", "text", "ad_platform"),
    column("First touch", "percent", "share_first"),
    column("95 % interval", "percent", "share_first_low", "share_first_high"),
    column("Last touch", "percent", "share_last"),
    column("95 % interval", "percent", "share_last_low", "share_last_high"),
    column("Last - first", "shift", "shift"),
)

# --- the sentence ------------------------------------------------------------------------------


def answer(tables: Tables) -> Answer:
    """Who opened and who closed the journeys: first against last touch by platform."""
    shares = first_against_last(tables)
    sentence = _opener_and_closer(shares, has_conversions(tables))
    return Answer(
        "attribution",
        "Which ad opened the journey, and which one closed it?",
        say_interval(" ".join([sentence, *without_ad(tables)])),
        False,
        BOTH_ENDS,
        shares,
        _ends_summary(tables),
    )


def _opener_and_closer(shares: Rows, converted: bool) -> str:
    rows = known(shares, "share_first", "share_last")
    if not converted or not rows:
        return "Cannot tell: no conversion in the data has an ad before it."
    if all(abs(row["shift"]) < 1e-9 for row in rows):
        return (
            "Cannot tell openers from closers: first-touch and last-touch shares are equal for "
            "every platform, as they are when every journey has one touch."
        )
    if not known(rows, "share_first_low", "share_last_low"):
        return (
            "Cannot tell who opens and who closes: shares are not compared with fewer than ten "
            "users who converted after an ad (on Athena, before the first solve)."
        )
    return f"{_largest(rows, 'first', 'opened')} {_largest(rows, 'last', 'closed')}"


def _ends_summary(tables: Tables) -> Rows:
    """What the shares leave out, and what they are shares of."""
    alone, everything = unattributed_conversions(tables)
    if not everything:
        return []
    nothing = dict.fromkeys(field for shown in BOTH_ENDS for field in shown.fields)
    counted = f"Total attributed: {text(everything - alone, 'credit')}"
    return [
        nothing | {"ad_platform": f"{UNATTRIBUTED}: {text(alone, 'credit')}"},
        nothing | {"ad_platform": counted, "share_first": 1.0, "share_last": 1.0},
    ]


def _largest(shares: Rows, end: str, verb: str) -> str:
    """The platform with the largest share of first or last touches, if the intervals show one."""
    share, low, high = (f"share_{end}", f"share_{end}_low", f"share_{end}_high")
    top, *others = ordered(shares, f"-{share}", "ad_platform")
    limits = between(top[low], top[high], "percent")
    figure = f"{marked(top[share], 'percent')} of attributed conversions ({limits})"
    rivals = [row for row in others if None in (row[high], top[low]) or not row[high] < top[low]]
    if not rivals:
        return f"{top['ad_platform']} {verb} most journeys, {figure}."
    rival = rivals[0]
    return (
        f"{top['ad_platform']} {verb} {figure}, but cannot tell whether most: the interval of "
        f"{rival['ad_platform']}, {between(rival[low], rival[high], 'percent')}, overlaps."
    )


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    ends = (row["share_first"], row["share_last"])
    return OverviewRow(
        row["ad_platform"],
        colours.get(row["ad_platform"], OTHER),
        dict(zip(("circle", "square"), ends, strict=True)),
        ends,
        row["shift"],
        "shift",
    )


# --- charts ------------------------------------------------------------------------------------


def first_and_last_touch(tables: Tables) -> Chart:
    shares = first_against_last(tables)[:MAX_BARS]
    ends = [
        {
            "ad_platform": row["ad_platform"],
            "end": label,
            "share": row[f"share_{end}"],
            "low": row[f"share_{end}_low"],
            "high": row[f"share_{end}_high"],
        }
        for end, label in zip(("first", "last"), ENDS, strict=True)
        for row in known(shares, f"share_{end}")
    ]
    platforms = [row["ad_platform"] for row in shares]
    y = categories("ad_platform", platforms)
    offset = {"field": "end", "type": "nominal", "sort": ENDS}
    spec = {
        "height": 56 * len(shares),
        "params": [PLATFORMS_PARAMETER],
        "data": {"values": values(ends)},
        "transform": [BY_PLATFORM],
        "encoding": {"y": y, "yOffset": offset, "color": platform_colour(tables, platforms)},
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
                        *interval_tips("share", "Share", ".1%", ("low", "high")),
                    ],
                },
            },
        ],
    }
    return Chart(
        "attribution-ends",
        "Who opens the journeys, and who closes them",
        "Share of attributed conversions whose first or last touch is on the platform, with 95 % "
        "confidence intervals. A platform with a far larger share of first than of last touches "
        "opens journeys that others close.",
        converting_users(tables),
        spec,
        56 * len(shares) + 85,
        "rpt_platform_attribution",
        is_filtered=True,
        empty=unless(ends, "No conversion has an ad before it."),
    )


def models_side_by_side(tables: Tables) -> Chart:
    by_platform: dict[str, Rows] = defaultdict(list)
    for row in known(tables["rpt_platform_attribution"], "share"):
        if row["ad_platform"] != UNATTRIBUTED and row["attribution_model"] in MODELS:
            by_platform[row["ad_platform"]].append(row)
    means = [
        {"ad_platform": name, "share": fmean(row["share"] for row in by_platform[name])}
        for name in sorted(by_platform)
    ]
    order = [row["ad_platform"] for row in ordered(means, "-share")[:MAX_BARS]]
    shares = [
        row | {"model": model_label(row["attribution_model"])}
        for row in known(tables["rpt_platform_attribution"], "share")
        if row["ad_platform"] in order and row["attribution_model"] in MODELS
    ]
    spec = heatmap(
        shares,
        x=("model", [model_label(name) for name in MODELS], None),
        y=("ad_platform", order),
        value=("share", "Share of attributed conversions", ".0%"),
        tooltip=[
            {"field": "ad_platform", "title": "Platform"},
            {"field": "model", "title": "Model"},
            *interval_tips("share", "Share", ".1%", ("share_low", "share_high")),
        ],
    )
    spec |= {"params": [PLATFORMS_PARAMETER], "transform": [BY_PLATFORM, *spec["transform"]]}
    return Chart(
        "attribution-models",
        "What each attribution model credits to each platform",
        "Share of attributed conversions. Where the colour changes along a row, the answer depends "
        f"on the attribution model, not on the data alone.{_few_without_conversion(tables)}",
        converting_users(tables),
        spec,
        height(len(order)) + 22,
        "rpt_platform_attribution",
        is_filtered=True,
        empty=unless(shares, "No conversion has an ad before it."),
    )


def _few_without_conversion(tables: Tables) -> str:
    share = next((row["non_converting_share"] for row in tables["rpt_attribution_quality"]), None)
    if share is None or share >= 0.1:
        return ""
    return (
        f" Only {text(share, 'percent')} of the journeys did not convert: markov then says which "
        "paths contain a platform, not what would be lost without it."
    )


def roi_by_rule(tables: Tables) -> Chart:
    ranges = known(tables["rpt_attribution_sensitivity_summary"], "lowest_roi")
    ranges = ordered(ranges, "-highest_roi", "ad_platform")[:MAX_BARS]
    rules = ["depends on the rule", "the same by every rule"]
    ranges = [
        row | {"depends": rules[0] if row["verdict_depends_on_rule"] else rules[1]}
        for row in ranges
    ]
    platforms = [row["ad_platform"] for row in ranges]
    spec = {
        "height": STEP * len(ranges),
        "params": [PLATFORMS_PARAMETER],
        "data": {"values": values(ranges)},
        "transform": [BY_PLATFORM],
        "layer": [
            {
                "mark": {"type": "bar", "height": 12, "cornerRadius": 6},
                "encoding": {
                    "y": categories("ad_platform", platforms),
                    "x": quantity("lowest_roi", "ROI, lowest to highest", ",.2~f"),
                    "x2": {"field": "highest_roi"},
                    "color": platform_colour(tables, platforms),
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
                        {"field": "depends", "title": "Verdict"},
                    ],
                },
            },
            reference_line(0),
        ],
    }
    return Chart(
        "attribution-rules",
        "How far ROI depends on the attribution rule",
        "From the lowest to the highest ROI over all attribution rules at the lookback window of "
        "the answers. Pale: the rules disagree on the verdict.",
        converting_users(tables),
        spec,
        height(len(ranges), legend=True),
        "rpt_attribution_sensitivity_summary",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(ranges, "No platform has both spend and revenue."),
    )


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
        "How many ads come before a conversion",
        "Conversions by the number of touches on their path.",
        converting_users(tables),
        spec,
        280,
        "rpt_path_length",
        is_half=True,
        empty=unless(lengths, "No conversion has an ad before it."),
    )


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
                "mark": {"type": "bar", "height": 12, "cornerRadius": 6, "opacity": 0.6},
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
        "How long it takes from the first touch to the conversion",
        "Days, by the platform of the first touch. The tick is the median, the bar the "
        "interquartile range.",
        converting_users(tables),
        spec,
        height(len(days)),
        "rpt_time_to_conversion",
        is_filtered=True,
        is_half=True,
        empty=unless(days, "No conversion with a date has an ad before it."),
    )


# --- tables ------------------------------------------------------------------------------------

PLATFORM_ENDS = TableSpec(
    "rpt_platform_attribution-ends",
    "First and last touch by platform",
    "rpt_platform_attribution",
    BOTH_ENDS,
    rows=first_against_last,
    platform="ad_platform",
    summary=_ends_summary,
)

CAMPAIGN_ENDS = TableSpec(
    "rpt_campaign_attribution-ends",
    "First and last touch by campaign",
    "rpt_campaign_attribution",
    (
        column("Campaign", "text", "campaign_name"),
        column("Platform", "text", "ad_platform"),
        column("First touch", "percent", "share_first"),
        column("Last touch", "percent", "share_last"),
        column("Last - first", "shift", "shift"),
    ),
    rows=lambda tables: ends_side_by_side(
        tables["rpt_campaign_attribution"], ("ad_platform", "campaign_id", "campaign_name")
    ),
    platform="ad_platform",
)

ALL_MODELS = TableSpec(
    "rpt_platform_attribution-table",
    "All models",
    "rpt_platform_attribution",
    (
        column("Platform", "text", "ad_platform"),
        column("Model", "model", "attribution_model"),
        column("Conversions", "credit", "conversions"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
        column("Share", "percent", "share"),
        column("95 % interval", "percent", "share_low", "share_high"),
    ),
    platform="ad_platform",
)

RULES = TableSpec(
    "rpt_attribution_sensitivity_summary-table",
    "What depends on the rule",
    "rpt_attribution_sensitivity_summary",
    (
        column("Platform", "text", "ad_platform"),
        column("Share, lowest to highest", "percent", "lowest_share", "highest_share"),
        column("ROI, lowest to highest", "decimal", "lowest_roi", "highest_roi", rests_on="roi"),
        column("Rank by ROI, best to worst", "count", "best_roi_rank", "worst_roi_rank"),
        column(
            "ROI by lookback, lowest to highest",
            "decimal",
            "lowest_roi_by_lookback",
            "highest_roi_by_lookback",
            rests_on="roi",
        ),
        column("Verdict depends on the rule", "text", "depends"),
    ),
    rows=lambda tables: [
        row | {"depends": {True: "yes", False: "no"}.get(row["verdict_depends_on_rule"])}
        for row in tables["rpt_attribution_sensitivity_summary"]
    ],
    platform="ad_platform",
)

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

CLAIMS = TableSpec(
    "rpt_platform_claims-table",
    "What each platform would claim for itself",
    "rpt_platform_claims",
    (
        column("Platform", "text", "ad_platform"),
        column("Claimed by the platform", "count", "claimed_conversions"),
        column("Also claimed by others", "count", "also_claimed_by_others"),
        column("Credited here", "credit", "credited_conversions"),
        column("Claimed above credit", "credit", "overclaimed_conversions"),
    ),
    platform="ad_platform",
)

QUESTION = Question(
    answer,
    "Share of conversions: first touch (circle) to last touch (square)",
    overview_row,
    TabSpec(
        "attribution",
        "Attribution",
        (
            first_and_last_touch,
            PLATFORM_ENDS,
            models_side_by_side,
            ALL_MODELS,
            roi_by_rule,
            RULES,
            path_lengths,
            days_to_conversion,
            PATHS,
            CAMPAIGN_ENDS,
            CLAIMS,
        ),
    ),
)
