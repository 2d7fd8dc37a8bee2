"""Budget advice: money moves only where it pays however fast returns diminish in a stated range.

How fast they do is not in the spend and revenue of a small account, so nothing is estimated of it.
With elasticity e, 1 % more spend brings e % more revenue. A move from A to B is sure when B's gain
at the lowest e of the range exceeds A's loss at the highest, beyond sampling error, under every
attribution model.
"""

import ast
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

TOTAL = "(all)"
OTHER = "(other)"
# rule_models() of macros/attribution.sql
RULES = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley")
MIN_WEEKS = 8
MIN_CONVERSIONS = 30
RECENT_WEEKS = 4  # nothing spent in them: the platform or campaign has stopped
LEVEL = 0.95
GRID = 2000  # points at which the gain is computed, spread evenly; no draws
LIMITS = {"gain_low": 0.025, "gain_high": 0.975, "gain_low_80": 0.1, "gain_high_80": 0.9}
DIGITS = 2
COLUMNS = (
    *("part", "level", "ad_platform", "campaign_id", "to_platform", "to_campaign"),
    "attribution_model",
    *("spend", "change", "change_share", "spend_after", "at_bound", "reason"),
    *("next_unit_low", "next_unit_high", "elasticity_low", "elasticity_high"),
    *("gain", *LIMITS, "gain_at_worst", "probability", "weeks"),
    *("is_sure", "is_sure_in_every_model", "needed_ratio", "ratio"),
)
_KEYS = COLUMNS[:7]
_TEXTS = (*_KEYS, "reason")
_FLAGS = ("at_bound", "is_sure", "is_sure_in_every_model")


class Elasticity(NamedTuple):
    """sure: the range at any point of which a move has to pay; stated: that of the stated gain."""

    sure: tuple[float, float] = (0.5, 1.0)
    stated: tuple[float, float] = (0.3, 1.0)

    @classmethod
    def of(cls, variable: Mapping[str, Sequence[float]] | str) -> "Elasticity":
        """From the dbt variable, or its text in a model's config."""
        ranges = ast.literal_eval(variable) if isinstance(variable, str) else variable
        (low, high), (least, most) = ranges["sure"], ranges["stated"]
        return cls((float(low), float(high)), (float(least), float(most)))


class Weeks(NamedTuple):
    """Full weeks x platforms, or campaigns of one platform, by name.

    revenue and its standard error over users: by attribution model.
    """

    names: list[str]
    spend: np.ndarray
    revenue: Mapping[str, np.ndarray]
    user_error: Mapping[str, np.ndarray]


def advise(
    weekly: pd.DataFrame,
    chosen_model: str,
    *,
    bound: float = 0.3,
    elasticity: Elasticity = Elasticity(),  # noqa: B008
) -> pd.DataFrame:
    """Which money to move between platforms, and between the campaigns of each, as one table.

    weekly: one row per level (platform, campaign), ad_platform, campaign_id (`all` of a platform),
    week_start and attribution_model: spend (the same under every model), revenue, conversions;
    revenue_standard_error (over users, of all weeks together) and is_simulated, both the same in
    all weeks. The platforms that are too many to compare are one, `(other)`, which keeps its
    budget: the cost grows with the pairs. chosen_model: the one that gains are stated by. bound:
    the largest share of its spend by which a budget changes.

    part `pair`: an ordered pair of platforms, or of campaigns of one, and an attribution model,
    with the gain of the largest move allowed. `move`: the change of each one's spend, and on row
    `(all)` what all changes together bring over a period as long as the weeks. Changes are in cents
    and sum to 0.
    """
    campaigns = dict(iter(weekly[weekly["level"] == "campaign"].groupby("ad_platform")))
    platforms = weekly[weekly["level"] == "platform"].rename(columns={"ad_platform": "name"})
    rows = _advised(platforms, chosen_model, bound, elasticity) if len(platforms) else []
    found = [row | _names_of_platforms(row) for row in rows]
    for platform, of_platform in campaigns.items():
        named = of_platform.rename(columns={"campaign_id": "name"})
        rows = _advised(named, chosen_model, bound, elasticity, families=len(campaigns))
        found += [row | _names_of_campaigns(row, platform) for row in rows]
    return _typed(found)


def _names_of_platforms(row: Mapping[str, Any]) -> dict[str, str | None]:
    to = row.get("to_name")
    return {
        "level": "platform",
        "ad_platform": row["name"],
        "campaign_id": "all",
        "to_platform": to,
        "to_campaign": to and "all",
    }


def _names_of_campaigns(row: Mapping[str, Any], platform: str) -> dict[str, str | None]:
    to = row.get("to_name")
    return {
        "level": "campaign",
        "ad_platform": platform,
        "campaign_id": row["name"],
        "to_platform": to and platform,
        "to_campaign": to,
    }


def _advised(
    weekly: pd.DataFrame,
    chosen_model: str,
    bound: float,
    elasticity: Elasticity,
    families: int = 1,
) -> list[dict[str, Any]]:
    """The pairs and moves between all that have a name in `weekly`.

    families: how many such comparisons share the error rate.
    """
    weeks = _weeks(weekly)
    reasons = _reasons(weekly, weeks, chosen_model)
    able = [place for place, name in enumerate(weeks.names) if not reasons[name]]
    pairs = _pairs(weeks, able, chosen_model, bound, elasticity, families)
    change = _moved(weeks, pairs, chosen_model, bound)
    return [
        *_pair_rows(weeks, pairs),
        *_move_rows(weeks, change, reasons, chosen_model, bound, elasticity),
    ]


def rule_model(chosen: str) -> str:
    """The model that gains are stated by: last_touch where the chosen one is no rule of paths."""
    return chosen if chosen in RULES else "last_touch"


def rise(share: np.ndarray, elasticity: np.ndarray | float) -> np.ndarray:
    """Revenue gained, as a share of revenue, by `share` more spend."""
    return (1 + share) ** elasticity - 1


def fall(share: np.ndarray, elasticity: np.ndarray | float) -> np.ndarray:
    """Revenue lost, as a share of revenue, by `share` less spend."""
    return 1 - (1 - share) ** elasticity


def _weeks(weekly: pd.DataFrame) -> Weeks:
    names = sorted(weekly["name"].unique())
    dates = sorted(weekly["week_start"].unique())

    def table(rows: pd.DataFrame, column: str) -> np.ndarray:
        wide = rows.pivot_table(index="week_start", columns="name", values=column, aggfunc="sum")
        return wide.reindex(index=dates, columns=names).fillna(0.0).to_numpy(float)

    by_model = dict(iter(weekly.groupby("attribution_model")))
    errors = {
        model: rows.groupby("name")["revenue_standard_error"].max().reindex(names)
        for model, rows in by_model.items()
    }
    return Weeks(
        names,
        table(next(iter(by_model.values())), "spend"),
        {model: table(rows, "revenue") for model, rows in by_model.items()},
        {model: error.fillna(0.0).to_numpy(float) for model, error in errors.items()},
    )


def _reasons(weekly: pd.DataFrame, weeks: Weeks, chosen_model: str) -> dict[str, str]:
    """By name: why it takes part in no move, or nothing."""
    chosen = weekly[weekly["attribution_model"] == chosen_model]
    conversions = chosen.groupby("name")["conversions"].sum()
    simulated = weekly.groupby("name")["is_simulated"].any()
    reasons = {}
    for place, name in enumerate(weeks.names):
        if name == OTHER:
            reasons[name] = "not_compared"
        elif simulated[name]:
            reasons[name] = "simulated"
        elif len(weeks.spend) < MIN_WEEKS:
            reasons[name] = "few_weeks"
        elif conversions.get(name, 0) < MIN_CONVERSIONS:
            reasons[name] = "few_conversions"
        elif not weeks.revenue[chosen_model][:, place].any():
            reasons[name] = "no_revenue"
        else:
            reasons[name] = "" if weeks.spend[-RECENT_WEEKS:, place].sum() > 0 else "no_spend"
    if list(reasons.values()).count("") == 1:
        reasons = {name: reason or "only_one" for name, reason in reasons.items()}
    return reasons


class Pair(NamedTuple):
    """A move of the largest amount allowed, under one attribution model."""

    giver: int
    taker: int
    model: str
    money: float
    gain: float
    gain_at_worst: float
    probability: float
    is_sure: bool
    needed_ratio: float
    ratio: float


def _pairs(
    weeks: Weeks,
    able: Sequence[int],
    chosen_model: str,
    bound: float,
    elasticity: Elasticity,
    families: int,
) -> list[Pair]:
    """Every ordered pair where the taker returns more per unit, under every model."""
    spend = weeks.spend.sum(axis=0)
    roas = {
        model: np.divide(revenue.sum(axis=0), spend, out=np.zeros(len(spend)), where=spend > 0)
        for model, revenue in weeks.revenue.items()
    }
    better = [
        (a, b) for a, b in permutations(able, 2) if roas[chosen_model][b] > roas[chosen_model][a]
    ]
    low, high = elasticity.sure
    # one-sided, shared equally by all pairs of all families (Bonferroni)
    each = (1 - LEVEL) / families / max(len(better), 1)
    cut = float(stdtrit(len(weeks.spend) - 1, 1 - each))
    found = []
    for giver, taker in better:
        money = bound * min(spend[giver], spend[taker])
        change = np.zeros(len(spend))
        change[giver], change[taker] = -money, money
        weights = np.zeros(len(spend))
        weights[taker] = rise(money / spend[taker], low)
        weights[giver] = -fall(money / spend[giver], high)
        needed = -weights[giver] * spend[giver] / (weights[taker] * spend[taker])
        for model, revenue in weeks.revenue.items():
            worst = float(weights @ revenue.sum(axis=0))
            error = _error(weights, revenue, weeks.spend, weeks.user_error[model])
            stated = _gain(change, weeks, model, elasticity.stated)
            there, here = roas[model][taker], roas[model][giver]
            found.append(
                Pair(giver, taker, model, money, stated["gain"], worst, stated["probability"],
                     worst - cut * error > 0, needed, there / here if here > 0 else np.nan)
            )  # fmt: skip
    return found


def _error(
    weights: np.ndarray, revenue: np.ndarray, spend: np.ndarray, user_error: np.ndarray
) -> float:
    """Standard error of the weighted revenue: between weeks or over users, the larger.

    Between weeks: of what a week's revenue is off the average return, paired over platforms.
    """
    weeks, total = len(revenue), spend.sum(axis=0)
    rate = np.divide(revenue.sum(axis=0), total, out=np.zeros(len(total)), where=total > 0)
    rest = ((revenue - rate * spend) * weights).sum(axis=1)
    between_weeks = np.sqrt(weeks / (weeks - 1) * (rest**2).sum())
    return float(max(between_weeks, np.sqrt(((weights * user_error) ** 2).sum())))


def _moved(weeks: Weeks, pairs: Sequence[Pair], chosen_model: str, bound: float) -> np.ndarray:
    """The change of each one's spend: along sure pairs, best first, until a bound is met."""
    change = np.zeros(len(weeks.names))
    room = np.floor(100 * bound * weeks.spend.sum(axis=0)) / 100
    given, taken = np.zeros(len(room)), np.zeros(len(room))
    sure = [pair for pair in pairs if pair.model == chosen_model and _agreed(pair, pairs)]
    for pair in sorted(sure, key=lambda pair: (-pair.gain_at_worst / pair.money, pair)):
        money = min(room[pair.giver] - given[pair.giver], room[pair.taker] - taken[pair.taker])
        given[pair.giver] += money
        taken[pair.taker] += money
    change = (taken - given).round(DIGITS)
    return change


def _agreed(pair: Pair, pairs: Sequence[Pair]) -> bool:
    """Whether the pair is sure under every attribution model."""
    return all(
        other.is_sure for other in pairs if (other.giver, other.taker) == (pair.giver, pair.taker)
    )


def _gain(
    change: np.ndarray, weeks: Weeks, model: str, stated: tuple[float, float]
) -> dict[str, float]:
    """What a change of spend brings: expected, limits, at worst, and the probability of a gain.

    Elasticities evenly over the stated range, independent of each other; revenue with its sampling
    error. The points are a Kronecker sequence, which fills the space evenly without draws.
    """
    spend, revenue = weeks.spend, weeks.revenue[model]
    total, returned = spend.sum(axis=0), revenue.sum(axis=0)
    share = np.divide(change, total, out=np.zeros(len(total)), where=total > 0)
    low, high = stated
    steps = np.arange(GRID)[:, np.newaxis] + 0.5
    points = steps * (0.5 + np.sqrt(np.arange(len(share) + 1) + 2) % 1) % 1
    bends = low + (high - low) * points[:, :-1]
    more, less = np.maximum(share, 0), np.maximum(-share, 0)
    weights = rise(more, bends) - fall(less, bends)
    mean = weights.mean(axis=0)
    error = _error(mean, revenue, spend, weeks.user_error[model])
    noise = stdtrit(len(spend) - 1, points[:, -1]) * error
    gains = (weights * returned).sum(axis=1) + noise
    return {
        "gain": float((mean * returned).sum()),
        "gain_at_worst": float(((rise(more, low) - fall(less, high)) * returned).sum()),
        "probability": float((gains > 0).mean()),
        **{name: float(np.quantile(gains, quantile)) for name, quantile in LIMITS.items()},
    }


def _pair_rows(weeks: Weeks, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    return [
        {
            "part": "pair",
            "name": weeks.names[pair.giver],
            "to_name": weeks.names[pair.taker],
            "attribution_model": pair.model,
            "change": round(pair.money, DIGITS),
            "gain": round(pair.gain, DIGITS),
            "gain_at_worst": round(pair.gain_at_worst, DIGITS),
            "probability": round(pair.probability, 4),
            "is_sure": pair.is_sure,
            "is_sure_in_every_model": _agreed(pair, pairs),
            "needed_ratio": round(pair.needed_ratio, 4),
            "ratio": round(pair.ratio, 4),
        }
        for pair in pairs
    ]


def _move_rows(
    weeks: Weeks,
    change: np.ndarray,
    reasons: Mapping[str, str],
    chosen_model: str,
    bound: float,
    elasticity: Elasticity,
) -> list[dict[str, Any]]:
    spend = weeks.spend.sum(axis=0)
    known = {
        "part": "move",
        "attribution_model": chosen_model,
        "weeks": len(weeks.spend),
        "elasticity_low": elasticity.sure[0],
        "elasticity_high": elasticity.sure[1],
    }
    rows = []
    for place, name in enumerate(weeks.names):
        reason = reasons[name] or ("moved" if change[place] else "nothing_sure")
        rows.append(
            known
            | {
                "name": name,
                "spend": round(float(spend[place]), DIGITS),
                "change": float(change[place]),
                "change_share": round(float(change[place] / spend[place]), 4)
                if spend[place]
                else np.nan,
                "spend_after": round(float(spend[place] + change[place]), DIGITS),
                "at_bound": bool(abs(change[place]) >= bound * spend[place] - 0.01)
                if change[place]
                else False,
                "reason": reason,
                **_next_unit(weeks, place, chosen_model, elasticity.sure),
            }
        )
    whole = known | {
        "name": TOTAL,
        "spend": round(float(spend.sum()), DIGITS),
        "change": 0.0,
        "spend_after": round(float(spend.sum()), DIGITS),
        "reason": "moved" if change.any() else _common(reasons),
    }
    if change.any():
        gain = _gain(change, weeks, chosen_model, elasticity.stated)
        whole |= {
            name: round(value, 4 if name == "probability" else DIGITS)
            for name, value in gain.items()
        }
    return [*rows, whole]


def _next_unit(weeks: Weeks, place: int, model: str, sure: tuple[float, float]) -> dict[str, float]:
    """Between what one more unit of spend returns: the 95 % limits of the average one, times the
    lowest and the highest elasticity."""
    spend = weeks.spend[:, place].sum()
    if spend <= 0 or len(weeks.spend) < MIN_WEEKS or weeks.names[place] == OTHER:
        return {}
    one = np.eye(len(weeks.names))[place]
    revenue = weeks.revenue[model]
    error = _error(one, revenue, weeks.spend, weeks.user_error[model])
    wide = float(stdtrit(len(revenue) - 1, 0.975)) * error
    average = revenue[:, place].sum()
    return {
        "next_unit_low": round(float(sure[0] * max(average - wide, 0) / spend), 4),
        "next_unit_high": round(float(sure[1] * (average + wide) / spend), 4),
    }


def _common(reasons: Mapping[str, str]) -> str:
    """Why nothing moves at all: the reason of all platforms, if they share one."""
    found = {reason for name, reason in reasons.items() if name != OTHER}
    if "" in found:
        return "nothing_sure"
    return found.pop() if len(found) == 1 else "only_one"


def _typed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One table with fixed types, also when it is empty or all null."""
    types = {
        column: "str"
        if column in _TEXTS
        else "boolean"
        if column in _FLAGS
        else "Int64"
        if column == "weeks"
        else "float64"
        for column in COLUMNS
    }
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)
    return table.sort_values(list(_KEYS), ignore_index=True)
