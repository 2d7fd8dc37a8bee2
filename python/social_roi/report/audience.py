"""Who responds? Sentence, charts and tables."""

from collections.abc import Iterable, Mapping
from statistics import NormalDist

from social_roi.report.facts import (
    MIN_CLICKS,
    UNKNOWN_GROUP,
    has_conversions,
    ordered,
    reached_users,
    summed,
)
from social_roi.report.formatting import rate_in_words, say_interval
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
    Answer,
    Chart,
    OverviewRow,
    Question,
    Row,
    Rows,
    Spec,
    Tables,
    TableSpec,
    TabSpec,
    column,
)

AGE_BANDS = ("under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+", UNKNOWN_GROUP)
GENDERS = {"F": "Women", "M": "Men"}
GROUP = ("age_band", "gender")
# the best and the worst groups that the answer shows
SHOWN_ENDS = 3

# --- the sentence ------------------------------------------------------------------------------


def answer(tables: Tables) -> Answer:
    """Who responds: the groups by age and gender with the highest and lowest conversion rate."""
    groups = [
        row
        for row in audience_groups(tables)
        if row["clicks"] >= MIN_CLICKS
        and row["conversions"] <= row["clicks"]
        and UNKNOWN_GROUP not in (row["age_band"], row["gender"])
    ]
    is_whole = len(groups) <= 2 * SHOWN_ENDS
    return Answer(
        "audience",
        "Who responds?",
        say_interval(_best_and_worst_group(groups, has_conversions(tables))),
        False,
        (
            column("Age", "text", "age_band"),
            column("Gender", "text", "gender"),
            column("Clicks", "count", "clicks"),
            column("Conversions", "count", "conversions"),
            column("CVR", "percent", "cvr"),
            column("95 % interval", "percent", "cvr_low", "cvr_high"),
        ),
        groups if is_whole else groups[:SHOWN_ENDS] + groups[-SHOWN_ENDS:],
    )


def audience_groups(tables: Tables) -> Rows:
    """One row per age band and gender over all platforms, best conversion rate first.

    Counts are sums; `cvr_low` and `cvr_high` are the limits of the sums' 95 % Wilson interval.
    """
    groups = summed(tables["rpt_audience"], GROUP, ("impressions", "clicks", "conversions"))
    for row in groups:
        row["cvr"] = row["conversions"] / row["clicks"] if row["clicks"] else None
        row["cvr_low"], row["cvr_high"] = wilson(row["conversions"], row["clicks"])
    return ordered(groups, "-cvr", *GROUP)


def wilson(
    successes: int, trials: int, level: float = 0.95
) -> tuple[float, float] | tuple[None, None]:
    """Limits of the Wilson interval of a rate (Wilson 1927); null for more events than trials.

    The same formula is in macros/intervals.sql, and in `wilson_transform` for the page, which sums
    the platforms that its filter selects.
    """
    if trials == 0 or successes > trials:
        return None, None
    z = NormalDist().inv_cdf(0.5 + level / 2)
    rate = successes / trials
    middle = rate + z * z / (2 * trials)
    reach = z * (rate * (1 - rate) / trials + (z / trials) ** 2 / 4) ** 0.5
    whole = 1 + z * z / trials
    return (middle - reach) / whole, (middle + reach) / whole


def wilson_transform() -> list[Spec]:
    """Vega expressions for `low` and `high` of `cvr`: the 95 % interval of `wilson`, same z.

    They need `cvr` and `clicks`; rows with more conversions than clicks must be filtered out.
    """
    z = 1.959963984540054
    return [
        {"calculate": f"{z} * {z}", "as": "zz"},
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
    ]


def _best_and_worst_group(groups: Rows, converted: bool) -> str:
    if not converted:
        return "Cannot tell: there are no conversions in the data."
    if len(groups) < 2:
        return (
            f"Cannot tell: fewer than two groups of known age and gender have {MIN_CLICKS} clicks."
        )
    best, worst = groups[0], groups[-1]
    level = 1 - 0.05 / len(groups)  # Bonferroni: the extremes of many groups differ by chance alone
    low, _ = wilson(best["conversions"], best["clicks"], level)
    _, high = wilson(worst["conversions"], worst["clicks"], level)
    figures = (
        f"{group_name(best)} convert most often, {rate_in_words(best, 'cvr')}, and"
        f" {group_name(worst)} least, {rate_in_words(worst, 'cvr')}"
    )
    if low > high:
        return f"{figures}: a clear difference, also when corrected for {len(groups)} groups."
    return (
        f"Cannot tell who responds best: {figures}, but the intervals overlap when corrected for"
        f" comparing {len(groups)} groups."
    )


def group_name(row: Row) -> str:
    """An age band and gender in words."""
    return f"{GENDERS.get(row['gender'], row['gender'])} {row['age_band']}"


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    limits = (row["cvr_low"], row["cvr_high"])
    return OverviewRow(
        group_name(row), ACCENT, {"circle": row["cvr"]}, limits, row["cvr"], "percent"
    )


# --- charts ------------------------------------------------------------------------------------


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
            tip("conversions", "Conversions", WHOLE),
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
        f"Conversions per click. Groups with fewer than {MIN_CLICKS} clicks are left out: they "
        "are too small to compare.",
        reached_users(tables),
        spec,
        lines * 44 + 52,
        "rpt_audience",
        is_filtered=True,
        empty=unless(large, f"No group has {MIN_CLICKS} clicks."),
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
            tip("conversions", "Conversions", WHOLE),
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
            *wilson_transform(),
        ],
    }
    return Chart(
        "audience-rates",
        "Conversion rate of each group, with 95 % confidence intervals",
        f"Conversions per click of groups with at least {MIN_CLICKS} clicks; Wilson intervals. "
        "Among many groups the best and the worst differ by chance alone: the answer on the "
        "overview corrects for that (Bonferroni).",
        reached_users(tables),
        spec,
        height(len(large)),
        "rpt_audience",
        is_filtered=True,
        empty=unless(large, f"No group has {MIN_CLICKS} clicks."),
    )


def by_age(bands: Iterable[str]) -> list[str]:
    """The age bands that occur, youngest first; others after them."""
    found = set(bands)
    return [*(band for band in AGE_BANDS if band in found), *sorted(found - set(AGE_BANDS))]


def _cells(tables: Tables) -> Rows:
    names = ("ad_platform", "age_band", "gender", "clicks", "conversions")
    return [{name: row[name] for name in names} for row in tables["rpt_audience"]]


def _group_transform() -> list[Spec]:
    """Sum the platforms that are shown; keep the groups with enough clicks."""
    sums = [{"op": "sum", "field": name, "as": name} for name in ("clicks", "conversions")]
    return [
        BY_PLATFORM,
        {"aggregate": sums, "groupby": list(GROUP)},
        {"filter": f"datum.clicks >= {MIN_CLICKS}"},
        {"calculate": "datum.conversions / datum.clicks", "as": "cvr"},
    ]


def _large_groups(cells: Rows) -> Rows:
    return [row for row in summed(cells, GROUP, ("clicks",)) if row["clicks"] >= MIN_CLICKS]


# --- tables ------------------------------------------------------------------------------------

GROUPS = TableSpec(
    "rpt_audience-table",
    "Groups",
    "rpt_audience",
    (
        column("Age", "text", "age_band"),
        column("Gender", "text", "gender"),
        column("Platform", "text", "ad_platform"),
        column("Users", "count", "users"),
        column("Impressions", "count", "impressions"),
        column("Clicks", "count", "clicks"),
        column("Conversions", "count", "conversions"),
        column("CTR", "percent", "ctr"),
        column("CVR", "percent", "cvr"),
        column("95 % interval", "percent", "cvr_low", "cvr_high"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
    ),
    order=("-clicks",),
    platform="ad_platform",
)

QUESTION = Question(
    answer,
    "Conversions per click",
    overview_row,
    TabSpec("audience", "Audience", (audience_map, audience_rates, GROUPS)),
)
