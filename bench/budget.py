"""What the budget advice does where the truth is known: python bench/budget.py [--draws 100].

Simulates accounts with planted returns and elasticities, gives each to the project's own solver and
looks whether it moves money, whether the move pays, and whether the stated limits hold. Prints a
table with the bars that it has to meet, writes build/bench/budget.json, and ends with exit code 1
if one is missed.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib import results
from social_roi.solvers.budget import advise, fall, rise

WEEK = np.array([0.95, 0.9, 0.92, 1.0, 1.1, 1.15, 0.98])
CHOSEN = "last_touch"
CLOSER = "p3"


class World(NamedTuple):
    """roas, elasticity: by platform, at its mean spend. conversions: expected of each.

    campaigns: 0, or each platform's, which are compared among themselves: roas and elasticity are
    then those of all campaigns. follows: how budgets are set: `free`, with the day's common
    `demand`, with the platform's `own` demand, or `chase` (more after a good day). taken: share of
    the others' sales for which the last platform gets the credit of the last touch.
    """

    roas: Sequence[float]
    elasticity: Sequence[float]
    conversions: int = 300
    follows: str = "free"
    taken: float = 0.0
    days: int = 119
    campaigns: int = 0


def history(random: np.random.Generator, world: World) -> tuple[pd.DataFrame, np.ndarray]:
    """The solver's input, and each platform's revenue without luck."""
    platforms, days = len(world.roas), world.days
    roas, elasticity = np.array(world.roas, float), np.array(world.elasticity, float)
    demand = np.zeros((days, platforms + 1))
    for day in range(1, days):
        demand[day] = 0.8 * demand[day - 1] + random.normal(0, 0.15, platforms + 1)
    common, own = np.exp(demand[:, -1:]), np.exp(demand[:, :-1])
    season = WEEK[np.arange(days) % 7, np.newaxis]
    steps = np.ones((days, platforms))
    for platform in range(platforms):
        for day in random.choice(np.arange(14, days - 7), 4, replace=False):
            steps[day:, platform] = random.lognormal(0, 0.3)
    spend = steps * random.lognormal(0, 0.1, (days, platforms)) * season
    if world.follows == "demand":
        spend = spend * common
    if world.follows == "own":
        spend = spend * own
    pull = (own if world.follows == "own" else 1) * common
    typical = spend.mean(axis=0)
    order = roas * days / world.conversions
    revenue, orders = np.zeros((days, platforms)), np.zeros((days, platforms))
    expected, squares = np.zeros((days, platforms)), np.zeros(platforms)
    for day in range(days):
        if world.follows == "chase" and day > 1:
            good = revenue[day - 1] / np.maximum(revenue[:day].mean(axis=0), 1e-9)
            spend[day] *= np.clip(good, 0.5, 2) ** 0.7
        bend = (spend[day] / typical) ** elasticity
        mean = world.conversions / days * bend * pull[day] * season[day] ** 0.5
        expected[day] = mean * order
        orders[day] = random.poisson(mean)
        for platform in range(platforms):
            values = order[platform] * random.lognormal(-0.245, 0.7, int(orders[day, platform]))
            revenue[day, platform] = values.sum()
            squares[platform] += (values**2).sum()
    models = {CHOSEN: revenue, "first_touch": revenue, "linear": revenue}
    if world.taken:
        part = revenue[:, :-1] * np.clip(random.normal(world.taken, 0.1, (days, 1)), 0, 1)
        seen = revenue.copy()
        seen[:, :-1] -= part
        seen[:, -1] += part.sum(axis=1)
        models |= {CHOSEN: seen, "linear": (revenue + seen) / 2}
    planted = roas * spend
    truth = planted.sum(axis=0) * expected.sum() / planted.sum()
    frames = [
        pd.DataFrame(
            {
                "week_start": np.repeat(np.arange(days // 7), platforms),
                "level": "platform",
                "campaign_id": "all",
                "ad_platform": np.tile([f"p{n}" for n in range(platforms)], days // 7),
                "attribution_model": model,
                "spend": _by_week(spend),
                "revenue": _by_week(credited),
                "conversions": _by_week(orders),
                "revenue_standard_error": np.tile(np.sqrt(squares), days // 7),
                "is_simulated": False,
            }
        )
        for model, credited in models.items()
    ]
    rows = pd.concat(frames, ignore_index=True)
    if world.campaigns:
        number = rows["ad_platform"].str.removeprefix("p").astype(int)
        rows["campaign_id"] = rows["ad_platform"]
        rows["ad_platform"] = "of " + (number // world.campaigns).astype(str)
        rows["level"] = "campaign"
    return rows, truth


def _by_week(values: np.ndarray) -> np.ndarray:
    whole = values[: len(values) // 7 * 7]
    return whole.reshape(-1, 7, values.shape[1]).sum(axis=1).ravel()


class Outcome(NamedTuple):
    moved: bool
    taker: str
    true: float
    stated: float
    inside: bool


def outcome(random: np.random.Generator, world: World) -> Outcome:
    weekly, truth = history(random, world)
    found = advise(weekly, CHOSEN)
    name = "campaign" if world.campaigns else "platform"
    moves = found[found["part"] == "move"]
    moves = moves.set_index("campaign_id" if world.campaigns else "ad_platform")
    whole, moves = moves.loc["(all)"], moves.drop("(all)")
    check(moves, found, f"to_{name}")
    if world.campaigns:
        # several platforms, each with a stated gain of its own: only whether money moves
        moved = bool((moves["change"] != 0).any())
        return Outcome(moved, str(moves["change"].idxmax()) if moved else "", 0.0, 0.0, True)
    share = (moves["change"] / moves["spend"]).to_numpy(float)
    bend = np.array(world.elasticity, float)
    gain = (rise(np.maximum(share, 0), bend) - fall(np.maximum(-share, 0), bend)) * truth
    taker = str(moves["change"].idxmax()) if share.any() else ""
    inside = bool(whole["gain_low"] <= gain.sum() <= whole["gain_high"])
    stated = float(whole["gain"] or 0) if share.any() else 0.0
    return Outcome(bool(share.any()), taker, float(gain.sum()), stated, inside)


def check(moves: pd.DataFrame, found: pd.DataFrame, to: str) -> None:
    """Changes sum to 0, none is above the bound, and none is unsure under some model."""
    assert abs(moves["change"].sum()) < 1e-6
    assert (moves["change"].abs() <= 0.3 * moves["spend"] + 0.01).all()
    pairs = found[(found["part"] == "pair") & found["is_sure_in_every_model"].fillna(False)]
    assert set(moves.index[moves["change"] > 0]) <= set(pairs[to])


def next_unit_equal(low: float, high: float, platforms: int) -> Callable:
    """ROAS differs, but one more unit returns the same everywhere."""

    def drawn(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        elasticity = random.uniform(low, high, platforms)
        return 1.4 / elasticity, elasticity

    return drawn


def fixed(roas: Sequence[float], elasticity: float) -> Callable:
    return lambda random: (roas, [elasticity] * len(roas))


def lognormal(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return 2 * random.lognormal(0, 0.6, 4), random.uniform(0.5, 1, 4)


def still(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean([not found.moved for found in outcomes]))


def to_last(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean([found.taker == CLOSER for found in outcomes]))


def holds(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean([found.inside for found in outcomes if found.moved]))


def stated(outcomes: Sequence[Outcome]) -> float:
    return sum(found.stated for found in outcomes) / sum(found.true for found in outcomes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--only", default="", help="the cases whose name holds these words")
    options = parser.parse_args()
    draws = options.draws
    equal = {"4": fixed([2] * 4, 0.7), "8": fixed([2] * 8, 0.7)}
    x4, x6 = fixed([1.2, 1.2, 1.2, 4.8], 0.7), fixed([1.2, 1.2, 1.2, 7.2], 0.7)
    closer = fixed([2, 2, 2, 1.2], 0.7)
    # name -> the world, what else is set, the figure, its bar
    cases = {
        **{
            f"all equal, {n} platforms, {count} conversions: stands still": (
                drawn, {"conversions": count}, still, 0.97, 1,
            )
            for n, drawn in equal.items()
            for count in (50, 300)
        },
        "ROAS differs up to x1.5, 8 platforms: stands still": (
            next_unit_equal(0.6, 0.9, 8), {}, still, 0.95, 1,
        ),
        **{
            f"budgets follow {follows}, equal: stands still": (
                fixed([2] * 4, 0.6), {"follows": follows}, still, 0.95, 1,
            )
            for follows in ("demand", "own", "chase")
        },
        **{
            f"budgets follow {follows}, ROAS up to x2: stands still": (
                next_unit_equal(0.5, 1, 4), {"follows": follows}, still, 0.9, 1,
            )
            for follows in ("demand", "own", "chase")
        },
        "one x4, 150 conversions: found": (x4, {"conversions": 150}, to_last, 0.85, 1),
        "one x6, 50 conversions: found": (x6, {"conversions": 50}, to_last, 0.8, 1),
        "a closer takes 40 % of credit: moves to it": (closer, {"taken": 0.4}, to_last, 0, 0.02),
        "6 platforms of 4 equal campaigns: no campaign moves": (
            fixed([2] * 24, 0.7), {"conversions": 60, "campaigns": 4}, still, 0.95, 1,
        ),
        "the same, the next unit is equal: no campaign moves": (
            next_unit_equal(0.6, 0.9, 24), {"conversions": 60, "campaigns": 4}, still, 0.95, 1,
        ),
        "one campaign of four x6, 50 conversions, 2 platforms: found": (
            fixed([1.2, 1.2, 1.2, 7.2, 2, 2, 2, 2], 0.7), {"conversions": 50, "campaigns": 4},
            to_last, 0.7, 1,
        ),
        "95 % limits of the gain hold": (lognormal, {}, holds, 0.9, 1),
        "stated gain / true gain": (lognormal, {}, stated, 0, 1.1),
    }  # fmt: skip
    values, missed = {}, []
    for number, (name, (drawn, world, figure, low, high)) in enumerate(cases.items()):
        if options.only not in name:
            continue
        outcomes = []
        for draw in range(draws):
            random = np.random.default_rng([number, draw])
            roas, elasticity = drawn(random)
            outcomes.append(outcome(random, World(roas, elasticity, **world)))
        values[name] = float(figure(outcomes))
        if not low <= values[name] <= high:
            missed.append(name)
        print(
            f"{name:<58}{values[name]:>7.3f}  bar {low:g} to {high:g}"
            f"{'  MISSED' * (name in missed)}",
            flush=True,
        )
    results.write("budget", {"draws": draws, "checks": values})
    if missed:
        sys.exit(1)


if __name__ == "__main__":
    results.run(main)
