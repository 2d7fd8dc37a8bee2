"""How good the forecasts are, on histories whose future is known: python bench/forecast.py.

Simulates accounts of seven kinds and three sizes, cuts off their last 28 days, and gives the rest
to the project's own solver: how far off its sums are compared with repeating the last week, and how
often its limits hold. Then how close its days are beside AutoETS of statsforecast, which is
installed into build/bench/statsforecast (--no-peer leaves it out), on the simulated series and on
those of --series: a folder of CSV files with a column date and any of spend, revenue, conversions.
Then the solver's CPU time. Prints a table with the bars that it has to meet, writes
build/bench/forecast.json, and ends with exit code 1 if one is missed.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib import points, results
from social_roi.solvers.forecast import MEASURES, forecast

KINDS = ("plain", "budget steps", "promotions", "pauses", "growth", "sparse", "campaign starts")
CONVERSIONS_A_DAY = (2, 20, 200)
KNOWN, AHEAD = 162, 28
FIRST_DAY = pd.Timestamp("2025-01-06")
WEEK = np.array([0.95, 0.9, 0.92, 1.0, 1.1, 1.15, 0.98])


def account(random: np.random.Generator, kind: str, conversions: float, days: int) -> pd.DataFrame:
    """spend, revenue and conversions by day.

    Spend has a weekday shape, a slow drift and noise, and the kind's changes; conversions follow it
    with elasticity 0.7 and an autocorrelated demand; order values are lognormal.
    """
    budget = np.ones(days)
    if kind == "budget steps":
        for day in random.integers(14, days, max(2, days // 60)):
            budget[day:] *= random.choice([0.6, 0.75, 1.3, 1.6])
    elif kind == "promotions":
        for day in random.integers(7, days, max(2, days // 40)):
            budget[day : day + random.integers(3, 8)] *= random.uniform(1.5, 3)
    elif kind == "pauses":
        for day in random.integers(7, days, max(2, days // 50)):
            budget[day : day + random.integers(2, 12)] = 0
    elif kind == "growth":
        budget = np.exp(random.uniform(-0.004, 0.008) * np.arange(days))
    elif kind == "sparse":
        budget = (random.random(days) < 0.35).astype(float)
    elif kind == "campaign starts":
        for day in random.integers(14, days, 2):
            budget[day:] += random.uniform(0.3, 1.2)
    week = WEEK[np.arange(days) % 7] ** random.uniform(0, 2.5)
    drift = np.exp(0.5 * random.normal(0, 0.02, days).cumsum())
    spend = budget * week * drift * random.lognormal(0, 0.12, days)
    demand = np.zeros(days)
    for day in range(1, days):
        demand[day] = 0.6 * demand[day - 1] + random.normal(0, 0.1)
    mean = conversions * spend**0.7 * np.sqrt(week) * drift * np.exp(demand)
    orders = random.negative_binomial(8, 8 / (8 + np.maximum(mean, 1e-9)))
    revenue = [random.lognormal(3.5, 0.7, count).sum() for count in orders]
    return pd.DataFrame(
        {
            "activity_date": pd.date_range(FIRST_DAY, periods=days),
            "spend": 20 * conversions * spend,
            "revenue": revenue,
            "conversions": orders.astype(float),
        }
    )


def as_input(account_days: pd.DataFrame, platform: str = "one") -> pd.DataFrame:
    return account_days.assign(
        level="platform",
        ad_platform=platform,
        campaign_id="all",
        touches=1.0,
        last_known_date=account_days["activity_date"].max(),
        is_spend_simulated=False,
        is_revenue_simulated=False,
    )


def accounts(seeds: int) -> pd.DataFrame:
    """One row per account, measure and period: what was expected and what came."""
    rows: list[dict[str, Any]] = []
    for seed in range(seeds):
        for number, kind in enumerate(KINDS):
            for size in CONVERSIONS_A_DAY:
                random = np.random.default_rng([seed, number, size])
                whole = account(random, kind, size, KNOWN + AHEAD)
                known, future = whole.iloc[:KNOWN], whole.iloc[KNOWN:]
                found = forecast(as_input(known))
                found = found[(found["part"] == "period") & (found["ad_platform"] == "one")]
                for row in found.itertuples():
                    if row.method == "none":
                        continue
                    sums = future.iloc[: row.days_ahead][list(MEASURES)].sum()
                    if row.measure == "roi":
                        came = sums["revenue"] / sums["spend"] - 1 if sums["spend"] else np.nan
                        naive = np.nan
                    else:
                        came = sums[row.measure]
                        week = known[row.measure].tail(7).to_numpy()
                        naive = abs(week.sum() * row.days_ahead / 7 - came)
                    rows.append(
                        {
                            "kind": kind,
                            "size": size,
                            "measure": row.measure,
                            "days": row.days_ahead,
                            "method": row.method,
                            "error": row.error_to_last_week,
                            "miss": abs(row.expected - came),
                            "miss_of_last_week": naive,
                            "in_80": row.expected_low_80 <= came <= row.expected_high_80,
                            "in_95": row.expected_low <= came <= row.expected_high,
                        }
                    )
    return pd.DataFrame(rows)


def daily_error(seeds: int) -> float:
    """Median over accounts and measures of the mean miss of a day, relative to the last week's."""
    ratios = []
    for seed in range(seeds):
        for number, kind in enumerate(KINDS):
            for size in CONVERSIONS_A_DAY:
                random = np.random.default_rng([seed, number, size])
                whole = account(random, kind, size, KNOWN + AHEAD)
                found = forecast(as_input(whole.iloc[:KNOWN]))
                days = found[(found["part"] == "day") & (found["days_ahead"] > 0)]
                for measure in MEASURES:
                    own = days[(days["measure"] == measure) & (days["ad_platform"] == "one")]
                    if len(own) < AHEAD:
                        continue
                    came = whole[measure].iloc[KNOWN:].to_numpy()
                    again = np.resize(whole[measure].iloc[KNOWN - 7 : KNOWN], AHEAD)
                    last_week = np.abs(again - came).mean()
                    if last_week > 0:
                        made = own.sort_values("days_ahead")["expected"].to_numpy()
                        ratios.append(np.abs(made - came).mean() / last_week)
    return float(np.median(ratios))


def random_walks(draws: int) -> float:
    """Share of weekly bills that follow a random walk whose forecast is the last week again."""
    repeated = 0
    for seed in range(draws):
        steps = np.random.default_rng(seed).normal(0, 0.2, KNOWN // 7 + 1).cumsum()
        days = account(np.random.default_rng(seed), "plain", 20, KNOWN)
        weeks = np.arange(KNOWN) // 7
        days["spend"] = np.where(np.arange(KNOWN) % 7 == 0, 700 * np.exp(steps[weeks]), 0)
        found = forecast(as_input(days))
        [method] = found[
            (found["part"] == "period")
            & (found["measure"] == "spend")
            & (found["days_ahead"] == AHEAD)
            & (found["ad_platform"] == "one")
        ]["method"]
        repeated += method == "last_week"
    return repeated / draws


def daily_series(seeds: int) -> dict[str, np.ndarray]:
    """The measures of accounts, as long as those above with their future."""
    found = {}
    for seed in range(seeds):
        for number, kind in enumerate(KINDS):
            for size in CONVERSIONS_A_DAY:
                days = account(
                    np.random.default_rng([seed, number, size]), kind, size, KNOWN + AHEAD
                )
                for measure in MEASURES:
                    found[f"{kind} {size} {seed} {measure}"] = days[measure].to_numpy(float)
    return found


def closeness(options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """How close the days are, by set of series; and the bars."""
    sets = {"simulated": daily_series(options.daily_seeds)}
    if options.series:
        sets["given"] = points.of_folder(options.series)
    found, checks = {}, {}
    for name, series in sets.items():
        errors = points.errors(series, not options.no_peer)
        found[name] = errors
        for figure, value in errors.items():
            print(f"{name} daily series: {figure:<44}{value:>10.3f}")
        ours = errors[f"MASE, {points.OURS}"]
        checks[f"{name} days: MASE at 28 days, last week = 1"] = (
            ours / errors[f"MASE, {points.NAIVE}"], 0, 0.9,
        )  # fmt: skip
        if not options.no_peer:
            checks[f"{name} days: MASE at 28 days, AutoETS = 1"] = (
                ours / errors[f"MASE, {points.PEER}"], 0, 1.05,
            )  # fmt: skip
    return found, checks


def cpu_seconds() -> float:
    """Of six platforms, 400 days."""
    platforms = pd.concat(
        as_input(account(np.random.default_rng(number), kind, 20, 400), kind)
        for number, kind in enumerate(KINDS[:6])
    )
    start = time.process_time()
    forecast(platforms)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="accounts of each kind and size")
    parser.add_argument("--daily-seeds", type=int, default=2, help="the same for single days")
    parser.add_argument("--series", type=Path, help="a folder of daily series as CSV")
    parser.add_argument("--no-peer", action="store_true", help="without AutoETS")
    options = parser.parse_args()
    days, checks = closeness(options)
    found = accounts(options.seeds)
    print(f"{options.seeds * len(KINDS) * len(CONVERSIONS_A_DAY)} accounts of {KNOWN} days")
    held = found.groupby(["measure", "days"])[["in_80", "in_95"]].agg(["mean", "size"])
    for (measure, days), row in held.iterrows():
        print(
            f"{measure:<12}{days:>3} days: 80 % limits held {row['in_80', 'mean']:.1%},"
            f" 95 % {row['in_95', 'mean']:.1%} of {row['in_80', 'size']:.0f}"
        )
    longest = held.xs(AHEAD, level="days")
    money = longest.loc[list(MEASURES)]
    published = found[found["method"] == "combined"]["error"]
    sums = found[(found["days"] == AHEAD) & (found["measure"] != "roi")]
    checks |= {
        "median miss of a day at 28 days, last week = 1": (daily_error(10), 0, 0.93),
        "miss of the sum of 28 days, last week = 1": (
            float((sums["miss"] / sums["miss_of_last_week"]).median()), 0, 1,
        ),
        "80 % limits, least of the three": (money["in_80", "mean"].min(), 0.72, 0.9),
        "80 % limits, most of the three": (money["in_80", "mean"].max(), 0.72, 0.9),
        "95 % limits, least of the three": (money["in_95", "mean"].min(), 0.9, 1),
        "80 % limits of ROI": (longest.loc["roi"]["in_80", "mean"], 0.75, 0.95),
        "95 % limits of ROI": (longest.loc["roi"]["in_95", "mean"], 0.92, 1),
        "largest error of a published combined, last week = 1": (published.max(), 0, 1),
        "random walks by week that get the last week": (random_walks(50), 0.6, 1),
        "CPU seconds, six platforms of 400 days": (cpu_seconds(), 0, 3),
    }  # fmt: skip
    missed = []
    for name, (value, low, high) in checks.items():
        if not low <= value <= high:
            missed.append(name)
        print(f"{name:<56}{value:>8.3f}  bar {low:g} to {high:g}{'  MISSED' * (name in missed)}")
    kinds = found[found["days"] == AHEAD].groupby("kind")[["in_80", "in_95"]].mean()
    print(kinds.round(3).to_string())
    results.write(
        "forecast",
        {
            "seeds": options.seeds,
            "days": days,
            "checks": {name: float(value) for name, (value, _, _) in checks.items()},
            "held": found.groupby(["measure", "days", "kind", "size"])[["in_80", "in_95"]]
            .mean()
            .reset_index()
            .to_dict("records"),
        },
    )
    if missed:
        sys.exit(1)


if __name__ == "__main__":
    results.run(main)
