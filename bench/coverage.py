"""Coverage of the confidence intervals: python bench/coverage.py [--draws 1000].

Samples users from a fully known population, gives each sample to the project's own functions and
counts how often the 90 % confidence intervals cover the population's value: the shares of every
model by `attribution_intervals`, and the revenue of channels by the formula of macros/roi.sql and
by a bootstrap of the same users (spend is fixed, so an interval of revenue is one of ROI; the
formula is wider on purpose, see bench/error_rates.py). Prints a table and writes
build/bench/attribution_coverage.json.
"""

import argparse
import os
from collections import defaultdict
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pandas as pd

from lib import results
from lib.revenue_limits import revenue_limits
from social_roi.solvers.markov import (
    BUCKETS,
    attribution_intervals,
    bootstrap_weights,
    removal_effects,
)

LEVELS = {"platform": 4, "campaign": 8}
KINDS, USERS = 150, 10_000
CHANNEL = ["level", "ad_platform", "campaign_id"]
ROW = [*CHANNEL, "attribution_model"]
COLUMNS = {
    "credits": ROW,
    "parts": ["profile", "ad_platform", "campaign_id"],
    "edges": ["level", "from_state", "to_state"],
    "totals": ["amount"],
    # not an input of the solvers: for the formula of ROI
    "money": ROW,
}
# Share of the draws that cover the truth; 1,000 draws estimate it to +- 0.02.
GOAL = (0.87, 0.93)

# By input: what a user of each kind adds to each of its rows.
Population = dict[str, dict[tuple[Any, ...], np.ndarray]]


def population(random: np.random.Generator) -> Population:
    """Users of KINDS kinds, each with one to three journeys of one to six touches.

    A kind prefers certain campaigns, so that a user's touches are correlated. Whether a journey
    converts depends on its campaigns.
    """
    made: Population = {name: defaultdict(lambda: np.zeros(KINDS)) for name in COLUMNS}
    pull = random.normal(-1.5, 1, LEVELS["campaign"])
    for kind in range(KINDS):
        made["totals"][("users",)][kind] = 1
        taste = random.dirichlet(np.linspace(1.2, 0.4, LEVELS["campaign"]))
        for _ in range(random.integers(1, 4)):
            campaigns = random.choice(LEVELS["campaign"], random.integers(1, 7), p=taste)
            days_before = np.sort(random.uniform(0, 20, len(campaigns)))[::-1]
            converts = random.random() < 1 / (1 + np.exp(-pull[campaigns].mean()))
            revenue = random.lognormal(4, 0.8) if converts else 0.0
            add_journey(made, kind, campaigns, days_before, converts, revenue)
    return made


def add_journey(
    made: Population,
    kind: int,
    campaigns: np.ndarray,
    days_before: np.ndarray,
    converts: bool,
    revenue: float,
) -> None:
    platforms = campaigns % LEVELS["platform"]
    for level, path in (("platform", platforms), ("campaign", campaigns)):
        states = [str(channel + 1) for channel, _ in groupby(path)]
        end = "(conversion)" if converts else "(null)"
        for source, target in pairwise(["(start)", *states, end]):
            made["edges"][level, source, target][kind] += 1
    if not converts:
        return
    made["totals"][("conversions",)][kind] += 1
    made["totals"][("revenue",)][kind] += revenue
    profile = " ".join(map(str, sorted(platforms)))
    weights = rule_weights(platforms, days_before)
    for touch, (platform, campaign) in enumerate(zip(platforms, campaigns, strict=True)):
        key = (f"platform {platform}", f"campaign {campaign}")
        made["parts"][profile, *key][kind] += weights["linear"][touch]
        for model, parts in weights.items():
            for channel in (("platform", key[0], "all"), ("campaign", *key)):
                made["credits"][*channel, model][kind] += parts[touch]
                made["money"][*channel, model][kind] += parts[touch] * revenue


def rule_weights(platforms: np.ndarray, days_before: np.ndarray) -> dict[str, np.ndarray]:
    count = len(platforms)
    ends = np.array([0.4, *[0.2 / max(count - 2, 1)] * (count - 2), 0.4])
    parts = {
        "first_touch": np.arange(count) == 0,
        "last_touch": np.arange(count) == count - 1,
        "linear": np.ones(count),
        "position_based": ends if count > 2 else np.ones(count),
        "time_decay": 0.5 ** (days_before / 7),
        "shapley": 1 / np.bincount(platforms)[platforms],
    }
    return {model: part / part.sum() for model, part in parts.items()}


def channels() -> pd.DataFrame:
    platforms = [("platform", f"platform {p}", "all") for p in range(LEVELS["platform"])]
    campaigns = [
        ("campaign", f"platform {c % LEVELS['platform']}", f"campaign {c}")
        for c in range(LEVELS["campaign"])
    ]
    table = pd.DataFrame(platforms + campaigns, columns=CHANNEL)
    return table.assign(channel_number=table.groupby("level").cumcount() + 1)


def inputs(made: Population, users: np.ndarray) -> dict[str, pd.DataFrame]:
    """The solvers' inputs as the project's SQL computes them for these users (buckets x kinds)."""
    tables = {}
    for name in ("credits", "parts", "edges", "totals"):
        amounts = users @ np.column_stack(list(made[name].values()))
        bucket, row = np.nonzero(amounts)
        keys = pd.DataFrame(list(made[name]), columns=COLUMNS[name])
        rows = keys.iloc[row].reset_index(drop=True)
        tables[name] = rows.assign(user_bucket=bucket, value=amounts[bucket, row])
    for name, column in (("credits", "attribution_model"), ("totals", "amount")):
        keys = [key for key in COLUMNS[name] if key != column]
        wide = tables[name].pivot(index=[*keys, "user_bucket"], columns=column, values="value")
        tables[name] = wide.fillna(0).reset_index()
    edges = tables["edges"]
    edges["transitions_by_bucket"] = (
        edges["user_bucket"].astype(str) + " " + edges["value"].map(repr)
    )
    steps = edges.groupby(COLUMNS["edges"], as_index=False)
    tables["edges"] = steps.agg({"transitions_by_bucket": " ".join})
    tables["parts"] = tables["parts"].rename(columns={"value": "conversions"})
    return tables


def true_shares(made: Population, probability: np.ndarray) -> pd.Series:
    """The population's share of every channel in every model."""
    everyone = np.zeros((BUCKETS, KINDS))
    everyone[0] = probability
    tables = inputs(made, everyone)
    rows = {key: float(amount @ probability) for key, amount in made["credits"].items()}
    credits = pd.Series(rows).rename_axis(ROW)
    effects = removal_effects(tables["edges"], channels()).assign(attribution_model="markov")
    platforms = effects[effects["level"] == "platform"].set_index("ad_platform")

    parts = tables["parts"].assign(attribution_model="markov_path")
    scaled = parts["conversions"] * parts["ad_platform"].map(platforms["removal_effect"])
    paths = parts["profile"]
    parts["credit"] = scaled * (
        parts["conversions"].groupby(paths).transform("sum")
        / scaled.groupby(paths).transform("sum")
    )
    by_path = [parts.assign(level="platform", campaign_id="all"), parts.assign(level="campaign")]
    found = [
        credits,
        effects.set_index(ROW)["removal_effect"],
        *(rows.groupby(ROW)["credit"].sum() for rows in by_path),
    ]
    table = pd.concat(found)
    return table / table.groupby(["level", "attribution_model"]).transform("sum")


def revenue_by_formula(sums: pd.DataFrame) -> pd.DataFrame:
    """The project's own 90 % limits, pooled over the rows of one draw, level and model.

    sums: draw, level, attribution_model, revenue, revenue_squared, converting_users and
    largest_revenue of each channel.
    """
    everyone = sums.groupby(["draw", "level", "attribution_model"]).transform("sum")
    found = revenue_limits(sums.join(everyone.add_prefix("all_")))
    return found.rename(columns=lambda name: name.removeprefix("revenue_"))


def simulate(draws: int, seed: int) -> pd.DataFrame:
    """Every 90 % interval: of, low_90, high_90 and the truth, with its subject.

    of: `share`, `revenue by formula` or `revenue by bootstrap`.
    """
    random = np.random.default_rng(seed)
    made = population(random)
    probability = random.dirichlet(np.full(KINDS, 2.0))
    weights = bootstrap_weights(200)
    money = np.column_stack(list(made["money"].values()))
    names = pd.DataFrame(list(made["money"]), columns=COLUMNS["money"])
    shares, sums, redrawn = [], [], []
    for draw in range(draws):
        chances = np.tile(probability / BUCKETS, BUCKETS)
        users = random.multinomial(USERS, chances).reshape(BUCKETS, KINDS).astype(float)
        tables = inputs(made, users)
        order = ("credits", "parts", "edges")
        shares.append(
            attribution_intervals(*[tables[name] for name in order], channels(), tables["totals"])
        )
        by_kind = users.sum(axis=0)
        sums.append(
            names[["level", "attribution_model"]].assign(
                draw=draw,
                revenue=by_kind @ money,
                revenue_squared=by_kind @ money**2,
                converting_users=by_kind @ (money > 0),
                largest_revenue=(money * (by_kind > 0)[:, np.newaxis]).max(axis=0),
            )
        )
        revenue = (weights @ (users @ money)) * USERS / (weights @ users.sum(axis=1))[:, np.newaxis]
        low, high = np.quantile(revenue, [0.05, 0.95], axis=0)
        redrawn.append(pd.DataFrame({"low_90": low, "high_90": high}))
    share = pd.concat(shares).rename(columns=lambda name: name.removeprefix("share_"))
    truth = true_shares(made, probability).rename("truth")
    found = [share.join(truth, on=ROW).assign(of="share")]
    names["truth"] = probability @ money * USERS
    for of, limits in (
        ("revenue by formula", revenue_by_formula(pd.concat(sums, ignore_index=True))),
        ("revenue by bootstrap", pd.concat(redrawn, ignore_index=True)),
    ):
        repeated = pd.concat([names] * draws, ignore_index=True)
        found.append(repeated.assign(of=of, low_90=limits["low_90"], high_90=limits["high_90"]))
    return pd.concat(found)[["of", *ROW, "low_90", "high_90", "truth"]]


def judge(found: pd.DataFrame) -> pd.DataFrame:
    """Per kind of interval, level and model: the share of draws that covered the truth, over all
    channels and for the least and most covered one; and the mean width."""
    found = found.assign(
        covered=(found["low_90"] <= found["truth"]) & (found["truth"] <= found["high_90"]),
        width=found["high_90"] - found["low_90"],
    )
    by_channel = found.groupby(["of", *ROW])[["covered", "width"]].mean()
    by_model = by_channel.groupby(["of", "level", "attribution_model"])
    return pd.DataFrame(
        {
            "covered": by_model["covered"].mean(),
            "least": by_model["covered"].min(),
            "most": by_model["covered"].max(),
            "width": by_model["width"].mean(),
        }
    ).reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["SOCIAL_ROI_BUILD"] = str(results.FOLDER / "coverage")
    judged = judge(simulate(options.draws, options.seed))
    print(f"{options.draws} draws of {USERS:,} users; goal: {GOAL[0]:.0%} to {GOAL[1]:.0%} covered")
    for row in judged.itertuples():
        # the formula is meant to be wider: few buyers, skewed orders
        at_most = 1 if row.of == "revenue by formula" else GOAL[1]
        outside = "" if GOAL[0] <= row.covered <= at_most else "  outside the goal"
        print(
            f"{row.of:<22}{row.level:<10}{row.attribution_model:<16}covered {row.covered:.1%}"
            f" (by channel {row.least:.1%} to {row.most:.1%}), width {row.width:.4g}{outside}"
        )
    widths = judged.groupby("of")["width"].sum()
    ratio = widths["revenue by formula"] / widths["revenue by bootstrap"]
    print(f"width of ROI intervals, formula over bootstrap: {ratio:.3f}")
    result = {
        **vars(options),
        "users": USERS,
        "formula_over_bootstrap": ratio,
        "intervals": judged.to_dict("records"),
    }
    results.write("attribution_coverage", result)


if __name__ == "__main__":
    results.run(main)
