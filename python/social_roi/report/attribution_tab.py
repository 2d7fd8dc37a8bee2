"""Which ad opened the journey, and which one closed it? Charts and tables."""

from collections import defaultdict
from statistics import fmean

from social_roi.report.attribution import (
    BOTH_ENDS,
    ENDS,
    answer,
    ends_summary,
    opener_and_closer,
    overview_row,
)
from social_roi.report.facts import (
    UNATTRIBUTED,
    converting_users,
    ends_side_by_side,
    first_against_last,
    known,
    ordered,
    simulated_money,
)
from social_roi.report.formatting import model_label, text
from social_roi.report.paths_tab import (
    PATHS,
    days_to_conversion,
    early_mid_late,
    path_lengths,
)
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    PERCENT,
    PLATFORMS_PARAMETER,
    STEP,
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
    Chart,
    Question,
    Rows,
    Tables,
    TableSpec,
    TabSpec,
    column,
)

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


ENDS_TOPIC = "Who opens the journeys, and who closes them"
MODELS_TOPIC = "What each attribution model credits to each platform"
RULES_TOPIC = "How far ROI depends on the attribution rule"


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
                "mark": {"type": "rule", "strokeWidth": 2},
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
        _ends_finding(shares) or ENDS_TOPIC,
        "Share of attributed conversions whose first or last touch is on the platform, with 95 % "
        "confidence intervals. A platform with a far larger share of first than of last touches "
        "opens journeys that others close.",
        converting_users(tables),
        spec,
        56 * len(shares) + 85,
        "rpt_platform_attribution",
        is_filtered=True,
        empty=unless(ends, "No conversion has an ad before it."),
        topic=ENDS_TOPIC,
    )


def _ends_finding(shares: Rows) -> str:
    """The shares of the platforms that clearly open and close most journeys, as a title."""
    said = [
        f"{name} {verb} {text(row[f'share_{end}'], 'percent')}"
        for name, verb, end in zip(
            opener_and_closer(shares), ("opens", "closes"), ("first", "last"), strict=True
        )
        if name
        for row in shares
        if row["ad_platform"] == name
    ]
    return f"{', '.join(said)} of the journeys" if said else ""


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
        _widest(shares) or MODELS_TOPIC,
        "Share of attributed conversions. Where the colour changes along a row, the answer depends "
        f"on the attribution model, not on the data alone.{_few_without_conversion(tables)}",
        converting_users(tables),
        spec,
        height(len(order)) + 22,
        "rpt_platform_attribution",
        is_filtered=True,
        empty=unless(shares, "No conversion has an ad before it."),
        topic=MODELS_TOPIC,
    )


def _widest(shares: Rows) -> str:
    """The platform whose share depends most on the attribution model, as a title."""
    by_platform: dict[str, list[float]] = defaultdict(list)
    for row in shares:
        by_platform[row["ad_platform"]].append(row["share"])
    widths = {name: max(found) - min(found) for name, found in by_platform.items()}
    if len(widths) < 2:
        return ""
    name = max(widths, key=lambda name: widths[name])
    low, high = (text(end, "percent") for end in (min(by_platform[name]), max(by_platform[name])))
    return f"{name} is credited with {low} to {high}, by model" if low != high else ""


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
                    "x": quantity("lowest_roi", "ROI, lowest to highest", PERCENT),
                    "x2": {"field": "highest_roi"},
                    "fill": platform_colour(tables, platforms),
                    "stroke": platform_colour(tables, platforms),
                    "fillOpacity": {
                        "field": "depends",
                        "type": "ordinal",
                        "title": None,
                        "sort": rules,
                        "scale": {"domain": rules, "range": [0, 1]},
                    },
                    "tooltip": [
                        {"field": "ad_platform", "title": "Platform"},
                        tip("lowest_roi", "Lowest ROI", PERCENT),
                        tip("highest_roi", "Highest ROI", PERCENT),
                        {"field": "depends", "title": "Verdict"},
                    ],
                },
            },
            {
                # a bar between equal ends has no width
                "transform": [{"filter": "datum.lowest_roi == datum.highest_roi"}],
                "mark": {"type": "point", "filled": True, "size": 90, "aria": False},
                "encoding": {
                    "y": categories("ad_platform", platforms),
                    "x": quantity("lowest_roi", "ROI, lowest to highest", PERCENT),
                    "color": platform_colour(tables, platforms),
                },
            },
            reference_line(0),
        ],
    }
    return Chart(
        "attribution-rules",
        (not simulated_money(tables)["roi"] and _depending(ranges)) or RULES_TOPIC,
        "From the lowest to the highest ROI over all attribution rules at the lookback window of "
        "the answers. Hollow: the rules disagree on the verdict.",
        converting_users(tables),
        spec,
        height(len(ranges), legend=True),
        "rpt_attribution_sensitivity_summary",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(ranges, "No platform has both spend and revenue."),
        topic=RULES_TOPIC,
    )


def _depending(ranges: Rows) -> str:
    """Of how many platforms the verdict depends on the rule, as a title."""
    depends = sum(bool(row["verdict_depends_on_rule"]) for row in ranges)
    if not ranges:
        return ""
    if not depends:
        return "The verdict is the same by every attribution rule"
    return f"The verdict depends on the attribution rule for {depends} of {len(ranges)} platforms"


PLATFORM_ENDS = TableSpec(
    "rpt_platform_attribution-ends",
    "First and last touch by platform",
    "rpt_platform_attribution",
    BOTH_ENDS,
    rows=first_against_last,
    platform="ad_platform",
    summary=ends_summary,
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
        column("Last - first, points", "shift", "shift"),
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
        column("ROI, lowest to highest", "roi", "lowest_roi", "highest_roi", rests_on="roi"),
        column("Rank by ROI, best to worst", "count", "best_roi_rank", "worst_roi_rank"),
        column(
            "ROI by lookback, lowest to highest",
            "roi",
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
            early_mid_late,
            path_lengths,
            days_to_conversion,
            PATHS,
            CAMPAIGN_ENDS,
            CLAIMS,
        ),
    ),
)
