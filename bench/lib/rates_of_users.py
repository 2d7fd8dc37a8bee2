"""Error rates of what the answers say on users: kinds of users, devices, groups of the audience.

Each function draws users from worlds whose truth is known, gives them to the project's own
functions and yields rows of `rates.row`: how often the claim is false, or a planted difference
found, now and by the rule of version 0.1.0, written out here. Users are independent, without common
shocks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from lib.rates import row as told
from social_roi.report import audience, funnel, rates_tab
from social_roi.solvers import segments

Rates = Iterator[dict[str, Any]]

# Beside the seed given and a number of the world.
SEED = 20261128


def sample_of(random: np.random.Generator, shown: np.ndarray, rates: np.ndarray) -> pd.DataFrame:
    """Users as `int_segment_sample` has them, who buy after 5 % of their clicks."""
    clicks = random.binomial(shown, rates)
    bought = random.binomial(clicks, 0.05)
    users = len(shown)
    return pd.DataFrame(
        {
            "user_id": [f"{number:06}" for number in range(users)],
            "impressions": np.log1p(shown),
            "clicks": np.log1p(clicks),
            "ctr": clicks / shown,
            "conversions": np.log1p(bought),
            "revenue": np.log1p(bought * random.lognormal(4, 0.8, users)),
            "recency_days": random.exponential(20, users),
            "platforms_used": 1.0 + random.binomial(5, 1 - np.exp(-shown / 20)),
        }
    ).round(9)


def one_kind(random: np.random.Generator, users: int, rate: float) -> pd.DataFrame:
    """One click rate for all; how many ads a user sees varies widely, 21 on average."""
    shown = 1 + random.negative_binomial(1.5, 1.5 / 21.5, users)
    return sample_of(random, shown, np.full(users, rate))


def three_kinds(random: np.random.Generator, users: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Many ads and hardly a click; many ads and many clicks; few ads, most of them clicked."""
    kinds = random.integers(0, 3, users)
    shown = 1 + random.poisson(np.array([40, 40, 6])[kinds])
    return sample_of(random, shown, np.array([0.01, 0.2, 0.6])[kinds]), kinds


@contextmanager
def former_rule() -> Iterator[list[str]]:
    """Outcomes among the features; no gate, no clipping, no smallest group."""
    names = ("MAX_SPREAD_BY_CHANCE", "TAIL", "MIN_GROUP", "MIN_GROUP_SHARE")
    kept = {name: getattr(segments, name) for name in names}
    try:
        for name, value in zip(names, (-np.inf, 0.0, 0, 0.0), strict=True):
            setattr(segments, name, value)
        yield [*segments.BEHAVIOUR, *segments.OUTCOMES]
    finally:
        for name, value in kept.items():
            setattr(segments, name, value)


def kinds_told(sample: pd.DataFrame, features: Any = segments.BEHAVIOUR) -> int:
    if segments.click_spread(sample) <= segments.MAX_SPREAD_BY_CHANCE:
        return 1
    selection = segments.select_segments(sample, features=features)
    return int(selection.loc[selection["is_selected"], "k"].item())


def invented_kinds(seed: int, sets: int) -> Rates:
    for users, rate in ((60, 0.012), (1_000, 0.012), (1_000, 0.5), (20_000, 0.012)):
        random = np.random.default_rng([SEED + seed, users])
        draws = min(max(100 * sets // users, 40), sets)
        worlds = [one_kind(random, users, rate) for _ in range(draws)]
        now = [kinds_told(world) > 1 for world in worlds]
        few = worlds[: 2 if users > 1_000 else 12]
        with former_rule() as features:
            before = [kinds_told(world, features) > 1 for world in few]
        yield told(
            "kinds of users are told though there is one",
            f"{users:,} users, CTR {rate:.1%}",
            float(np.mean(before)),
            float(np.mean(now)),
            "<= 5 %",
        )


def planted_kinds(seed: int, sets: int) -> Rates:
    for users in (300, 1_000):
        random = np.random.default_rng([SEED + seed, users])
        worlds = [three_kinds(random, users)[0] for _ in range(max(sets // 25, 12))]
        now = [kinds_told(world) == 3 for world in worlds]
        with former_rule() as features:
            before = [kinds_told(world, features) == 3 for world in worlds[:12]]
        yield told(
            "three planted kinds of users are found",
            f"{users:,} users",
            float(np.mean(before)),
            float(np.mean(now)),
            ">= 90 %",
        )


def buyers(
    random: np.random.Generator, clicks: np.ndarray, rate: float, spread: float, repeats: float
) -> np.ndarray:
    """Conversions of each user. spread: how much users' rates differ (intraclass correlation);
    repeats: purchases of one buyer, on average."""
    own = np.full(len(clicks), rate)
    if spread:
        size = 1 / spread - 1
        own = random.beta(rate * size, (1 - rate) * size, len(clicks))
    bought = random.binomial(clicks, own)
    return bought + random.negative_binomial(np.maximum(bought, 1), 1 / repeats) * (bought > 0)


def funnel_row(clicks: np.ndarray, bought: np.ndarray) -> dict[str, float]:
    """A device as rpt_device_funnel has it, from one value per user."""
    rate = bought.sum() / clicks.sum()
    users = int(((clicks > 0) | (bought > 0)).sum())
    squares = ((bought - rate * clicks) ** 2).sum() * users / (users - 1)
    effect = max(squares / (bought.sum() * (1 - rate)), 1.0) if 0 < rate < 1 else 1.0
    return {
        "clicks": int(clicks.sum()),
        "after_click": int(bought.sum()),
        "cvr": rate,
        "cvr_design_effect": effect,
    }


def apart(rows: list[dict[str, float]]) -> bool:
    """The former rule: the intervals of independent clicks do not overlap."""
    limits = [audience.wilson(row["after_click"], row["clicks"]) for row in rows]
    return max(low for low, _ in limits) > min(high for _, high in limits)


def funnel_differences(seed: int, sets: int) -> Rates:
    worlds = (
        ("equal, users alike, 1.07 purchases a buyer", (0.06, 0.06, 0.06), 0.0, 1.07, 0.0),
        ("equal, users differ, 1.5 purchases a buyer", (0.06, 0.06, 0.06), 0.02, 1.5, 0.0),
        ("equal, users differ, 3 purchases a buyer", (0.06, 0.06, 0.06), 0.02, 3.0, 0.0),
        ("equal, 20 % of mobile clickers buy on a desktop", (0.06, 0.06, 0.06), 0.0, 1.07, 0.2),
        ("7.4, 5.2 and 6.0 %", (0.074, 0.052, 0.06), 0.0, 1.07, 0.0),
    )
    for world, rates, spread, repeats, elsewhere in worlds:
        random = np.random.default_rng([SEED + seed, int(elsewhere * 10), int(repeats * 100)])
        before, now, covered_before, covered = [], [], [], []
        for _ in range(sets):
            clicks = [1 + random.poisson(1.4, users) for users in (1_200, 1_200, 400)]
            bought = [
                buyers(random, of, rate, spread, repeats)
                for of, rate in zip(clicks, rates, strict=True)
            ]
            rows = [funnel_row(*of) for of in zip(clicks, bought, strict=True)]
            now.append(funnel.clear_difference(rows, "cvr") is not None)
            moved = random.binomial(bought[1], elsewhere).sum()
            logged = [row | {} for row in rows]
            for row, change in zip(logged, (moved, -moved, 0), strict=True):
                row["after_click"] += change
            before.append(apart(logged))
            for row, was, rate in zip(rows, logged, rates, strict=True):
                truth = rate * repeats
                for found, counts, effect in (
                    (covered_before, was, 1.0),
                    (covered, row, row["cvr_design_effect"]),
                ):
                    low, high = audience.wilson(
                        counts["after_click"], counts["clicks"], effect=effect
                    )
                    found.append(low <= truth <= high)
        planted = len(set(rates)) > 1
        yield told(
            "a clear difference between devices",
            world,
            float(np.mean(before)),
            float(np.mean(now)),
            "-" if planted else "<= 5 %",
        )
        yield told(
            "95 % interval of a device's CVR covers the truth",
            world,
            float(np.mean(covered_before)),
            float(np.mean(covered)),
            "-",
        )


def funnel_answers(seed: int, sets: int) -> Rates:
    """Three devices and six platforms with equal rates: whether an answer names any difference.

    Before: each of its four comparisons (click and conversion rates, devices and platforms) at an
    error rate of its own.
    """
    for spread, repeats in ((0.0, 1.07), (0.02, 1.5)):
        random = np.random.default_rng([SEED + seed, int(repeats * 100)])
        before, now = [], []
        for _ in range(sets):
            compared = []
            for groups in (3, 6):
                for trials, rate in ((40, 0.012), (2, 0.06)):
                    tried = [1 + random.poisson(trials - 1, 2_400 // groups) for _ in range(groups)]
                    rows = [
                        funnel_row(of, buyers(random, of, rate, spread, repeats)) for of in tried
                    ]
                    compared.append(rows)
            for found, families in ((before, 1), (now, len(compared))):
                clear = [funnel.clear_difference(rows, "cvr", families) for rows in compared]
                found.append(any(clear))
        yield told(
            "a clear difference in an answer on the funnel",
            f"equal, {repeats} purchases a buyer",
            float(np.mean(before)),
            float(np.mean(now)),
            "<= 5 %",
        )


PLATFORM_RATES = np.array([0.14, 0.05, 0.035, 0.06, 0.04, 0.055])
AGES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")


def audience_tables(
    random: np.random.Generator, tilt: float, lift: float, repeats: float
) -> dict[str, Any]:
    """2,700 users with 6,500 clicks in 12 groups. tilt: how much the groups' platforms differ
    (deviation of the log of their shares); lift: of the first group's conversion rate."""
    group = random.integers(0, 12, 2_700)
    shares = np.exp(tilt * random.normal(size=(12, 6)))
    shares /= shares.sum(axis=1, keepdims=True)
    made = 1 + random.poisson(1.4, len(group))
    clicks = random.multinomial(made, shares[group])
    rates = np.clip(PLATFORM_RATES * np.where(group == 0, 1 + lift, 1.0)[:, np.newaxis], 0, 1)
    first = random.binomial(clicks, rates)
    bought = first + random.negative_binomial(np.maximum(first, 1), 1 / repeats) * (first > 0)
    expected = clicks @ (bought.sum(axis=0) / clicks.sum(axis=0))
    names = [{"age_band": AGES[g // 2], "gender": "FM"[g % 2]} for g in range(12)]
    return {
        "rpt_totals": [{"conversions": int(bought.sum())}],
        "rpt_audience": [
            names[g]
            | {
                "ad_platform": f"platform {platform}",
                "clicks": int(clicks[group == g, platform].sum()),
                "conversions": int(bought[group == g, platform].sum()),
                "conversions_without_click": 0,
            }
            for g in range(12)
            for platform in range(6)
        ],
        "rpt_audience_groups": [
            names[g]
            | {
                "users": int((group == g).sum()),
                "clicks": int(made[group == g].sum()),
                "conversions_after_click": int(bought[group == g].sum()),
                "expected_conversions": float(expected[group == g].sum()),
                "squared_deviation": float(
                    ((bought.sum(axis=1) - expected)[group == g] ** 2).sum()
                ),
            }
            for g in range(12)
        ],
    }


def audience_differences(seed: int, sets: int) -> Rates:
    worlds = (
        ("equal groups", 0.0, 0.0, 1.07),
        ("equal groups, 1.5 purchases a buyer", 0.0, 0.0, 1.5),
        ("equal groups, 3 purchases a buyer", 0.0, 0.0, 3.0),
        ("equal groups that see other platforms (tilt 1)", 1.0, 0.0, 1.07),
        ("equal groups that see other platforms (tilt 2)", 2.0, 0.0, 1.07),
        ("one group +30 %", 0.0, 0.3, 1.07),
        ("one group +60 %", 0.0, 0.6, 1.07),
        ("one group +60 %, groups see other platforms (tilt 1)", 1.0, 0.6, 1.07),
    )
    for world, tilt, lift, repeats in worlds:
        random = np.random.default_rng([SEED + seed, int(tilt), int(lift * 10), int(repeats * 100)])
        before, now = [], []
        for _ in range(sets):
            tables = audience_tables(random, tilt, lift, repeats)
            _, groups = audience.compared_groups(tables)
            named = audience.clear_groups(groups)
            now.append(any(row["age_band"] == AGES[0] and row["gender"] == "F" for row in named)
                       if lift else bool(named))  # fmt: skip
            level = 1 - 0.05 / len(groups)
            limits = [
                audience.wilson(row["conversions_after_click"], row["clicks"], level)
                for row in (groups[0], groups[-1])
            ]
            best = (groups[0]["age_band"], groups[0]["gender"]) == (AGES[0], "F")
            before.append(limits[0][0] > limits[1][1] and (best or not lift))
        yield told(
            "a group of the audience is named",
            world,
            float(np.mean(before)),
            float(np.mean(now)),
            ">= 65 %" if lift == 0.6 else "-" if lift else "<= 5 %",
        )


def ads_of(
    random: np.random.Generator, rates: np.ndarray, users: int, spread: float, repeats: float
) -> list[dict[str, Any]]:
    """Rows of rpt_ad_funnel: per platform (row of `rates`) its formats, with their conversions."""
    return [
        funnel_row(
            clicks := 1 + random.poisson(1.4, users), buyers(random, clicks, rate, spread, repeats)
        )
        | {"ad_platform": f"platform {platform}", "name": f"format {number}", "cvr_low": 0.0}
        for platform, of in enumerate(rates)
        for number, rate in enumerate(of)
    ]


def ad_differences(seed: int, sets: int) -> Rates:
    """Before: the same without the other platforms' comparisons."""
    equal = np.repeat(PLATFORM_RATES[:, np.newaxis], 3, axis=1)
    ads = np.repeat(PLATFORM_RATES[:2, np.newaxis], 12, axis=1)
    planted = equal.copy()
    planted[0, 0] *= 1.6
    worlds = (
        ("6 platforms x 3 formats, users alike", equal, 400, 0.0, 1.07),
        ("6 platforms x 3 formats, users differ, 1.5 purchases a buyer", equal, 400, 0.02, 1.5),
        ("6 platforms x 3 formats, users differ, 3 purchases a buyer", equal, 400, 0.02, 3.0),
        ("2 platforms x 12 ads, users differ, 1.5 purchases a buyer", ads, 200, 0.02, 1.5),
        ("one format +60 %, 6 platforms x 3 formats", planted, 400, 0.0, 1.07),
    )
    for number, (world, rates, users, spread, repeats) in enumerate(worlds):
        random = np.random.default_rng([SEED + seed, 7, number])
        before, now = [], []
        for _ in range(sets):
            rows = ads_of(random, rates, users, spread, repeats)
            named = [best["name"] for best, _ in rates_tab.clear_ads(rows, "cvr")]
            now.append("format 0" in named if rates is planted else bool(named))
            alone = [
                funnel.clear_difference([row for row in rows if row["ad_platform"] == name], "cvr")
                for name in {row["ad_platform"] for row in rows}
            ]
            before.append(any(alone))
        yield told(
            "a format or ad differs from others of its platform",
            world,
            float(np.mean(before)),
            float(np.mean(now)),
            "-" if rates is planted else "<= 6 %" if repeats > 2 else "<= 5 %",
        )
