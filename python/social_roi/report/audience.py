"""Who responds? The sentence, and how groups are compared."""

from collections.abc import Mapping
from statistics import NormalDist
from typing import NamedTuple

from social_roi.report.facts import (
    MIN_CLICKS,
    UNKNOWN_GROUP,
    has_conversions,
    ordered,
    summed,
)
from social_roi.report.formatting import marked, rate_in_words, say_interval
from social_roi.report.palette import ACCENT
from social_roi.report.types import (
    Answer,
    OverviewRow,
    Row,
    Rows,
    Spec,
    Tables,
    column,
)

AGE_BANDS = ("under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+", UNKNOWN_GROUP)
GENDERS = {"F": "Women", "M": "Men"}
GROUP = ("age_band", "gender")
# the best and the worst groups that the answer shows
SHOWN_ENDS = 3

# a group is compared when at least this many conversions are expected of it, and of all others
MIN_EXPECTED = 5
# a level is too fine when the groups compared hold a smaller share of the clicks
MIN_COMPARED = 0.5


class Level(NamedTuple):
    """Groups to compare. keys: what they are made of; said: the same in words."""

    keys: tuple[str, ...]
    said: str


# the finest first
LEVELS = (Level(GROUP, "age and gender"), Level(("age_band",), "age"), Level(("gender",), "gender"))


def answer(tables: Tables) -> Answer:
    """Who responds: the groups by age and gender that convert clearly more or less than others."""
    level, groups = compared_groups(tables)
    is_whole = len(groups) <= 2 * SHOWN_ENDS
    return Answer(
        "audience",
        "Who responds?",
        say_interval(_who_responds(tables, level, groups)),
        False,
        (
            column("Age", "text", "age_band"),
            column("Gender", "text", "gender"),
            column("Clicks", "count", "clicks"),
            column("Conversions", "count", "conversions_after_click"),
            column("CVR", "percent", "cvr"),
            column("95 % interval", "percent", "cvr_low", "cvr_high"),
            column("Expected", "percent", "expected_cvr"),
        ),
        groups if is_whole else groups[:SHOWN_ENDS] + groups[-SHOWN_ENDS:],
    )


def are_groups_told(tables: Tables) -> bool:
    """Whether age or gender is known of anybody in the events."""
    return any(row[of] != UNKNOWN_GROUP for row in tables["rpt_audience"] for of in GROUP)


def compared_groups(tables: Tables) -> tuple[Level, Rows]:
    """The finest level whose groups are large enough to compare, and these groups.

    Large enough: two groups or more, with half of the clicks. Without such a level the finest, and
    no groups.
    """
    clicks = sum(row["clicks"] for row in tables["rpt_audience_groups"])
    for level in LEVELS:
        groups = [row for row in audience_groups(tables, level.keys) if row["z"] is not None]
        if len(groups) > 1 and sum(row["clicks"] for row in groups) >= MIN_COMPARED * clicks:
            return level, groups
    return LEVELS[0], []


def audience_groups(tables: Tables, keys: tuple[str, ...] = GROUP) -> Rows:
    """One row per group over all platforms, best conversion rate first.

    `cvr`: conversions after a click per click, with the limits of its 95 % Wilson interval on users
    (`design_effect`). `expected_cvr`: what all users would have had with the group's clicks on each
    platform. `z`: observed less expected conversions over the error of that difference under one
    rate per platform: with the group's share f of a platform's X clicks and its rate p, the
    variance is design effect x sum of f (1 - f) X p (1 - p). `z_plain`: the same against the rate
    of all clicks, whatever the platform. Both null for unknown ages and genders, for fewer
    than MIN_CLICKS clicks, and where fewer than MIN_EXPECTED conversions are expected of the group
    or of all others.
    """
    amounts = ("clicks", "conversions_after_click", "expected_conversions")
    groups = summed(tables["rpt_audience_groups"], keys, amounts)
    effect = design_effect(tables)
    platforms = _by_platform(tables)
    cells = {
        tuple(row[key] for key in (*keys, "ad_platform")): row["clicks"]
        for row in summed(tables["rpt_audience"], (*keys, "ad_platform"), ("clicks",))
    }
    clicks, conversions = (sum(row[name] for row in groups) for name in amounts[:2])
    rate = conversions / clicks if clicks else 0.0
    for row in groups:
        row |= {key: "all" for key in GROUP if key not in keys}
        own, events, expected = (row[name] for name in amounts)
        row["cvr"] = events / own if own and events <= own else None
        row["expected_cvr"] = expected / own if own else None
        row["cvr_low"], row["cvr_high"] = wilson(events, own, effect=effect)
        row["z"] = row["z_plain"] = None
        known_group = UNKNOWN_GROUP not in (row["age_band"], row["gender"])
        if (
            known_group
            and own >= MIN_CLICKS
            and min(expected, conversions - expected) >= MIN_EXPECTED
        ):
            shares = {
                name: cells.get((*(row[key] for key in keys), name), 0) / of["clicks"]
                for name, of in platforms.items()
            }
            row["z"] = _z(
                events - expected,
                effect
                * sum(
                    share * (1 - share) * platforms[name]["clicks"] * platforms[name]["variance"]
                    for name, share in shares.items()
                ),
            )
            row["z_plain"] = _z(
                events - own * rate, effect * own * (1 - own / clicks) * _variance(rate)
            )
    return ordered(groups, "-cvr", *GROUP)


def clear_groups(groups: Rows, score: str = "z") -> Rows:
    """Those that clearly differ from all others, the clearest first.

    Clear: the score is beyond the two-sided 5 % limit, divided by the number of groups
    (Bonferroni).
    """
    limit = NormalDist().inv_cdf(1 - 0.025 / max(len(groups), 1))
    clear = [row for row in groups if row[score] is not None and abs(row[score]) > limit]
    return sorted(clear, key=lambda row: -abs(row[score]))


def design_effect(tables: Tables) -> float:
    """How many clicks say as much as one independent click: users' clicks are alike. At least 1."""
    groups = tables["rpt_audience_groups"]
    users = sum(row["users"] for row in groups)
    by_chance = sum(of["clicks"] * of["variance"] for of in _by_platform(tables).values())
    if users < 2 or not by_chance:
        return 1.0
    squares = sum(row["squared_deviation"] for row in groups) * users / (users - 1)
    return max(squares / by_chance, 1.0)


def _by_platform(tables: Tables) -> dict[str, Row]:
    """Clicks of each platform that has any, and the variance of one of them."""
    rows = summed(
        [row | {"after_click": after_click(row)} for row in tables["rpt_audience"]],
        ("ad_platform",),
        ("clicks", "after_click"),
    )
    return {
        row["ad_platform"]: row | {"variance": _variance(row["after_click"] / row["clicks"])}
        for row in rows
        if row["clicks"]
    }


def _variance(rate: float) -> float:
    """Of one click: binomial, Poisson above one conversion per click."""
    return rate * (1 - rate) if rate < 1 else rate


def _z(difference: float, variance: float) -> float | None:
    return difference / variance**0.5 if variance > 0 else None


def after_click(row: Row) -> int:
    return row["conversions"] - row["conversions_without_click"]


def wilson(
    successes: int, trials: int, level: float = 0.95, *, effect: float = 1.0
) -> tuple[float, float] | tuple[None, None]:
    """Limits of the Wilson interval of a rate (Wilson 1927); null for more events than trials.

    effect: the design effect; that many trials say as much as one. The same formula is in
    macros/intervals.sql, and in `wilson_transform` for the page, which sums the platforms that its
    filter selects.
    """
    if trials == 0 or successes > trials:
        return None, None
    z = NormalDist().inv_cdf(0.5 + level / 2)
    rate, trials = successes / trials, trials / effect
    middle = rate + z * z / (2 * trials)
    reach = z * (rate * (1 - rate) / trials + (z / trials) ** 2 / 4) ** 0.5
    whole = 1 + z * z / trials
    return (middle - reach) / whole, (middle + reach) / whole


def wilson_transform(effect: float = 1.0) -> list[Spec]:
    """Vega expressions for `low` and `high` of `cvr`: the 95 % interval of `wilson`, same z.

    They need `cvr` and `clicks`; rows with more conversions than clicks must be filtered out.
    """
    z = 1.959963984540054
    return [
        {"calculate": f"datum.clicks / {effect!r}", "as": "trials"},
        {"calculate": f"{z} * {z}", "as": "zz"},
        {
            "calculate": "sqrt(datum.zz * (datum.cvr * (1 - datum.cvr) / datum.trials"
            " + datum.zz / (4 * datum.trials * datum.trials)))",
            "as": "reach",
        },
        *(
            {
                "calculate": f"(datum.cvr + datum.zz / (2 * datum.trials) {sign} datum.reach)"
                " / (1 + datum.zz / datum.trials)",
                "as": name,
            }
            for name, sign in (("low", "-"), ("high", "+"))
        ),
    ]


def _who_responds(tables: Tables, level: Level, groups: Rows) -> str:
    if not has_conversions(tables):
        return "Cannot tell: there are no conversions in the data."
    if not groups:
        if not are_groups_told(tables):
            return (
                "Cannot tell: age and gender of nobody in the events are known; take users.csv, or"
                " the ad manager's export by age and gender."
            )
        return (
            "Cannot tell: the groups of known age or gender are too small to compare; at least"
            f" {MIN_EXPECTED} conversions after a click must be expected of two of them."
        )
    clear = clear_groups(groups)
    sentences = []
    for row in clear[:SHOWN_ENDS]:
        expected = marked(row["expected_cvr"], "percent")
        sentences.append(
            f"{group_name(row)} convert {'more' if row['z'] > 0 else 'less'} often than all others,"
            f" {rate_in_words(row, 'cvr')}, where {expected} were expected from the platforms they"
            " clicked on."
        )
    if clear:
        sentences.append(f"Corrected for comparing {len(groups)} groups by {level.said}.")
    else:
        sentences.append(
            f"Cannot tell who responds best: none of {len(groups)} groups by {level.said} converts"
            " clearly more or less often than all others."
        )
    for row in [row for row in clear_groups(groups, "z_plain") if row not in clear][:1]:
        sentences.append(
            f"{group_name(row)} have {'more' if row['z_plain'] > 0 else 'fewer'} conversions per"
            " click than others, but not clearly so on the same platforms."
        )
    if level is not LEVELS[0]:
        sentences.append(f"Groups by {LEVELS[0].said} are too small to compare.")
    every = sum(row["clicks"] for row in tables["rpt_audience_groups"])
    left_out = every - sum(row["clicks"] for row in groups)
    if left_out:
        sentences.append(
            f"Left out: {marked(left_out, 'count')} of {marked(every, 'count')} clicks, of unknown"
            " or small groups."
        )
    return " ".join(sentences)


def gender_name(gender: str) -> str:
    return GENDERS.get(gender, gender)


def group_name(row: Row) -> str:
    """An age band and gender in words; `all` is left out."""
    if row["gender"] == row["age_band"] == UNKNOWN_GROUP:
        return UNKNOWN_GROUP
    if row["gender"] == "all":
        return f"Users {row['age_band']}"
    age = "" if row["age_band"] == "all" else f" {row['age_band']}"
    return f"{gender_name(row['gender'])}{age}"


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    limits = (row["cvr_low"], row["cvr_high"])
    return OverviewRow(
        group_name(row), ACCENT, {"circle": row["cvr"]}, limits, row["cvr"], "percent"
    )
