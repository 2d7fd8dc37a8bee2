"""Who responds? Charts and tables."""

from collections.abc import Iterable

from social_roi.report.audience import (
    AGE_BANDS,
    GROUP,
    after_click,
    answer,
    clear_groups,
    compared_groups,
    design_effect,
    gender_name,
    group_name,
    overview_row,
    wilson_transform,
)
from social_roi.report.facts import (
    MIN_CLICKS,
    UNKNOWN_GROUP,
    reached_users,
    summed,
)
from social_roi.report.palette import ACCENT
from social_roi.report.spec import (
    BY_PLATFORM,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    heatmap,
    height,
    interval_spec,
    interval_tips,
    quantity,
    tip,
    unless,
    values,
)
from social_roi.report.types import (
    Chart,
    Question,
    Rows,
    Spec,
    Tables,
    TableSpec,
    TabSpec,
    column,
)

RATES_TOPIC = "Conversion rate of each group"


def audience_map(tables: Tables) -> Chart:
    cells = _cells(tables)
    genders = {row["gender"] for row in cells}
    large = _large_groups(cells)
    lines = len({row["gender"] for row in large})
    spec = heatmap(
        cells,
        x=("age_band", by_age(row["age_band"] for row in cells), "Age"),
        y=("gender", sorted(genders, key=lambda name: (name == UNKNOWN_GROUP, name))),
        value=("cvr", "Conversions per click", ".1%"),
        tooltip=[
            {"field": "age_band", "title": "Age"},
            {"field": "gender", "title": "Gender"},
            tip("clicks", "Clicks", WHOLE),
            tip("conversions", "Conversions after a click", WHOLE),
            tip("cvr", "Conversion rate", ".1%"),
        ],
    )
    spec |= {
        "params": [PLATFORMS_PARAMETER],
        "transform": [*_group_transform(), *spec["transform"]],
        "height": 44 * lines,
    }
    return Chart(
        "audience-map",
        "Conversion rate by age and gender",
        f"Conversions after a click per click. Groups with fewer than {MIN_CLICKS} clicks are left "
        "out: they are too small to compare.",
        reached_users(tables),
        spec,
        lines * 44 + 52,
        "rpt_audience",
        is_filtered=True,
        empty=unless(large, f"No group of known age or gender has {MIN_CLICKS} clicks."),
    )


def audience_rates(tables: Tables) -> Chart:
    cells = _cells(tables)
    large = _large_groups(cells)
    spec = interval_spec(
        "label",
        "-cvr",
        quantity("cvr", "Conversions per click", ".2~%"),
        ("low", "high"),
        {"value": ACCENT},
        [
            {"field": "label", "title": "Group"},
            tip("clicks", "Clicks", WHOLE),
            tip("conversions", "Conversions after a click", WHOLE),
            *interval_tips("cvr", "Conversion rate", ".1%", ("low", "high")),
        ],
    )
    spec |= {
        "height": STEP * len(large),
        "data": {"values": values(cells)},
        "params": [PLATFORMS_PARAMETER],
        "transform": [
            *_group_transform(),
            {"filter": "datum.conversions <= datum.clicks"},
            {"calculate": "datum.gender + ' ' + datum.age_band", "as": "label"},
            *wilson_transform(design_effect(tables)),
        ],
    }
    return Chart(
        "audience-rates",
        _how_many_differ(tables) or RATES_TOPIC,
        f"Conversions after a click per click, of groups with at least {MIN_CLICKS} clicks; 95 % "
        "confidence intervals. Among many groups the best and the worst differ by chance alone: the"
        " answer on the overview corrects for that.",
        reached_users(tables),
        spec,
        height(len(large)),
        "rpt_audience",
        is_filtered=True,
        empty=unless(large, f"No group of known age or gender has {MIN_CLICKS} clicks."),
        topic=RATES_TOPIC,
    )


def _how_many_differ(tables: Tables) -> str:
    """How many groups clearly differ from all others, as a title."""
    _, groups = compared_groups(tables)
    clear = clear_groups(groups)
    if not groups:
        return ""
    if not clear:
        return f"None of {len(groups)} groups clearly differs from all others"
    verb = "differs" if len(clear) == 1 else "differ"
    return f"{len(clear)} of {len(groups)} groups clearly {verb} from all others"


def by_age(bands: Iterable[str]) -> list[str]:
    """The age bands that occur, youngest first; others after them."""
    found = set(bands)
    return [*(band for band in AGE_BANDS if band in found), *sorted(found - set(AGE_BANDS))]


def _cells(tables: Tables) -> Rows:
    names = ("ad_platform", "age_band", "clicks")
    return [
        {name: row[name] for name in names}
        | {"gender": gender_name(row["gender"]), "conversions": after_click(row)}
        for row in tables["rpt_audience"]
    ]


def _group_transform() -> list[Spec]:
    """Sum the platforms that are shown; keep the groups with enough clicks."""
    sums = [{"op": "sum", "field": name, "as": name} for name in ("clicks", "conversions")]
    return [
        BY_PLATFORM,
        {"aggregate": sums, "groupby": list(GROUP)},
        {"filter": f"datum.clicks >= {MIN_CLICKS} && datum.conversions <= datum.clicks"},
        {"calculate": "datum.conversions / datum.clicks", "as": "cvr"},
    ]


def _large_groups(cells: Rows) -> Rows:
    """Groups with a conversion rate: enough clicks, and no conversions of clicks that the data
    lacks. None where all ages and genders are unknown."""
    large = [
        row
        for row in summed(cells, GROUP, ("clicks", "conversions"))
        if row["clicks"] >= MIN_CLICKS and row["conversions"] <= row["clicks"]
    ]
    is_known = any({row[name] for name in GROUP} != {UNKNOWN_GROUP} for row in large)
    return large if is_known else []


GROUPS = TableSpec(
    "rpt_audience-table",
    "Groups",
    "rpt_audience",
    (
        column("Group", "text", "group"),
        column("Platform", "text", "ad_platform"),
        column("CVR", "percent", "cvr"),
        column("95 % interval", "percent", "cvr_low", "cvr_high"),
        column("Clicks", "count", "clicks"),
        column("Conversions", "count", "conversions"),
        column("Without click", "count", "conversions_without_click"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
        column("Users", "count", "users"),
        column("Impressions", "count", "impressions"),
        column("CTR", "ctr", "ctr"),
    ),
    rows=lambda tables: [row | {"group": group_name(row)} for row in tables["rpt_audience"]],
    order=("-clicks",),
    platform="ad_platform",
)

QUESTION = Question(
    answer,
    "Conversions per click",
    overview_row,
    TabSpec("audience", "Audience", (audience_map, audience_rates, GROUPS)),
)
