"""Attribution: removal effects of channels by an exact solve, and confidence intervals of shares.

The solver sees counts, never journeys: edges between states, credits and path profiles, each by one
of 200 buckets of users. A replicate of the Poisson bootstrap resamples the buckets, so its cost
does not grow with the data.
"""

import hashlib
import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd

BUCKETS = 200
START, CONVERSION, NULL = "(start)", "(conversion)", "(null)"
SEPARATOR = ">"
LIMITS = {"low": 0.025, "high": 0.975, "low_90": 0.05, "high_90": 0.95}

_CHANNEL = ["level", "ad_platform", "campaign_id"]
_MEGABYTES_AT_ONCE = 64


def removal_effects(edges: pd.DataFrame, channels: pd.DataFrame) -> pd.DataFrame:
    """The share of conversions lost when a channel is removed; one row per channel.

    edges: level, from_state, to_state (each pair once in a level) and transitions_by_bucket, text
    of bucket and count in turn. A state is the numbers of one or more channels joined by `>`, or
    one of the reserved START, CONVERSION and NULL.
    channels: level, ad_platform, campaign_id, channel_number (dense within a level).

    removal_effect = 1 - P(conversion without passing the channel) / P(conversion), exact
    (Anderl et al. 2016, "Mapping the customer journey"); 0 where nothing converts. share: of the
    sum of removal effects of the level; null where that is 0. When no journey ended without
    conversion, the effect is only the share of journeys with the channel. Returns level,
    ad_platform, campaign_id, removal_effect, share, conversion_probability.
    """
    levels = []
    for level, members in channels.sort_values("channel_number").groupby("level"):
        counts, chain = _chain(edges[edges["level"] == level], members)
        effects, probability = chain(counts.sum(axis=1)[np.newaxis])
        solved = members[_CHANNEL].copy()
        solved["removal_effect"] = effects[0]
        solved["share"] = _shares(effects)[0]
        solved["conversion_probability"] = probability[0]
        levels.append(solved)
    columns = [*_CHANNEL, "removal_effect", "share", "conversion_probability"]
    return _typed(levels, columns)


def attribution_intervals(
    credit_buckets: pd.DataFrame,
    path_parts: pd.DataFrame,
    edges: pd.DataFrame,
    channels: pd.DataFrame,
    totals: pd.DataFrame,
    *,
    replicates: int = 200,
) -> pd.DataFrame:
    """Confidence limits of every channel's share in every model, and of its revenue by `markov`.

    credit_buckets: level, user_bucket, ad_platform, campaign_id and a column of credited
    conversions for each rule. path_parts: user_bucket, profile (paths that converted with as many
    touches on each platform, or all rare ones), ad_platform, campaign_id, conversions, each split
    equally over its touches. edges, channels: as for `removal_effects`. totals: user_bucket, users,
    conversions and revenue of the attributed conversions.

    Percentiles over replicates of the Poisson bootstrap over users (Hanley and MacGibbon 2006);
    removal effects are solved again in each. Returns level, attribution_model, ad_platform,
    campaign_id; share_low, share_high (95 %), share_low_90, share_high_90; revenue_low, ... (markov
    only); next_platform, the one with the next smaller share, and is_ahead_of_next: whether the
    difference to it is above 0 at 95 %. The last two are null for campaigns and the last platform.
    """
    weights = np.vstack([np.ones(BUCKETS), bootstrap_weights(replicates)])
    revenue = _resampled_sum(totals, "revenue", weights)
    channels = channels.sort_values("channel_number")
    platforms = channels[channels["level"] == "platform"]
    effects_of = {}
    for level, members in channels.groupby("level"):
        counts, chain = _chain(edges[edges["level"] == level], members)
        effects_of[level], _ = chain(weights @ counts.T)
    found = []
    for level, members in channels.groupby("level"):
        shares = _shares(effects_of[level])
        found.append(_limits(members, "markov", shares, shares * revenue[:, np.newaxis]))
        credits = _path_credits(path_parts, members, platforms, effects_of["platform"], weights)
        found.append(_limits(members, "markov_path", _shares(credits)))
        credited = credit_buckets[credit_buckets["level"] == level]
        rules = credit_buckets.columns.drop([*_CHANNEL, "user_bucket"])
        by_bucket = np.zeros((BUCKETS, len(members), len(rules)))
        at = (credited["user_bucket"].to_numpy(int), _places(credited, members))
        np.add.at(by_bucket, at, credited[rules].to_numpy(float))
        for rule, model in enumerate(rules):
            shares = _shares(weights @ by_bucket[:, :, rule])
            found.append(_limits(members, str(model), shares))
    columns = [
        *["level", "attribution_model", "ad_platform", "campaign_id"],
        *[f"{measure}_{limit}" for measure in ("share", "revenue") for limit in LIMITS],
        *["next_platform", "is_ahead_of_next"],
    ]
    return _typed(found, columns, flags=("is_ahead_of_next",))


@cache
def bootstrap_weights(replicates: int) -> np.ndarray:
    """How often each replicate samples each bucket of users: Poisson(1), from MD5.

    The same on every engine, machine and run. Sampling whole buckets keeps a user's conversions
    together (Chamandy et al. 2012, "Estimating uncertainty for massive data streams").
    """
    probabilities = np.cumsum([math.exp(-1) / math.factorial(count) for count in range(20)])
    units = [
        int(hashlib.md5(f"{replicate}|{bucket}".encode()).hexdigest()[:13], 16) / 2**52
        for replicate in range(replicates)
        for bucket in range(BUCKETS)
    ]
    counts = np.searchsorted(probabilities, units, side="right")
    weights = counts.reshape(replicates, BUCKETS).astype(float)
    weights.flags.writeable = False
    return weights


Chain = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def _chain(edges: pd.DataFrame, channels: pd.DataFrame) -> tuple[np.ndarray, Chain]:
    """The counts of the edges (edges x buckets), and the solver of one level's chain.

    The solver takes counts (replicates x edges) and returns the removal effects (replicates x
    channels, in the order of `channels`) and the probability of conversion (replicates).
    """
    keys = list(zip(edges["from_state"], edges["to_state"], strict=True))
    counts = np.zeros((len(keys), BUCKETS))
    for row, by_bucket in zip(counts, edges["transitions_by_bucket"], strict=True):
        numbers = np.array(by_bucket.split(), dtype=float)
        row[numbers[::2].astype(int)] = numbers[1::2]

    touched = {state for pair in keys for state in pair} - {START, CONVERSION, NULL}
    states = [START, *sorted(touched)]
    number = {state: index for index, state in enumerate([*states, CONVERSION, NULL])}
    sources = np.array([number[source] for source, _ in keys], dtype=int)
    targets = np.array([number[target] for _, target in keys], dtype=int)
    passing: dict[str, list[int]] = {}
    for state in states[1:]:
        for channel in set(state.split(SEPARATOR)):
            passing.setdefault(channel, []).append(number[state])
    states_of = [passing.get(str(channel), []) for channel in channels["channel_number"]]
    at_once = max(1, _MEGABYTES_AT_ONCE * 2**20 // (8 * len(number) ** 2))

    def solve(replicates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = [
            _solve(replicates[row : row + at_once], sources, targets, len(states), states_of)
            for row in range(0, len(replicates), at_once)
        ]
        effects, probabilities = zip(*parts, strict=True)
        return np.vstack(effects), np.concatenate(probabilities)

    return counts, solve


def _solve(
    counts: np.ndarray,
    sources: np.ndarray,
    targets: np.ndarray,
    transient: int,
    states_of: list[list[int]],
) -> tuple[np.ndarray, np.ndarray]:
    """Removal effects by the fundamental matrix N = (I - Q)^-1 of each replicate.

    With x = P(conversion) from every state, the walks that first meet the channel's states K at k
    have probability f = N[start, K] N[K, K]^-1, and f x[K] is the conversion that passes through K
    (Kemeny and Snell 1960): no solve per channel.
    """
    moves = np.zeros((len(counts), transient, transient + 2))
    moves[:, sources, targets] = counts
    totals = moves.sum(axis=2, keepdims=True)
    moves /= np.where(totals > 0, totals, 1)
    fundamental = np.linalg.inv(np.eye(transient) - moves[:, :, :transient])
    converts = (fundamental @ moves[:, :, transient : transient + 1])[:, :, 0]
    probability = converts[:, 0]
    effects = np.zeros((len(counts), len(states_of)))
    for channel, states in enumerate(states_of):
        if states:
            among = fundamental[:, states][:, :, states]
            passed = np.linalg.solve(among, converts[:, states, np.newaxis])[:, :, 0]
            lost = (fundamental[:, 0, states] * passed).sum(axis=1)
            effects[:, channel] = np.divide(
                lost, probability, out=np.zeros_like(lost), where=probability > 0
            )
    # rounding may put the last bit outside
    return effects.clip(0, 1), probability


def _path_credits(
    parts: pd.DataFrame,
    channels: pd.DataFrame,
    platforms: pd.DataFrame,
    effects: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Credits (replicates x channels) when conversions are split by their touches' effects.

    With the path's conversion split equally, a touch has to get its platform's effect over the mean
    effect of the path's touches, which is the same for all paths of a profile.
    """
    profile, names = pd.factorize(parts["profile"])
    numbers = pd.Index(platforms["ad_platform"])
    platform = numbers.get_indexer(parts["ad_platform"])
    is_platform = (channels["level"] == "platform").all()
    channel = platform if is_platform else _places(parts, channels)
    conversions, bucket = parts["conversions"].to_numpy(float), parts["user_bucket"].to_numpy(int)
    mix = np.zeros((len(names), len(platforms)))
    np.add.at(mix, (profile, platform), conversions)
    mean_effects = effects @ _shares(mix).T
    credits = np.zeros((len(weights), len(channels)))
    for place, number in enumerate(numbers.get_indexer(channels["ad_platform"])):
        own = channel == place
        profiles, rows = np.unique(profile[own], return_inverse=True)
        counts = np.zeros((BUCKETS, len(profiles)))
        np.add.at(counts, (bucket[own], rows), conversions[own])
        mean = mean_effects[:, profiles]
        # no effect on the whole path: as linear
        scale = np.divide(effects[:, [number]], mean, out=np.ones_like(mean), where=mean > 0)
        credits[:, place] = ((weights @ counts) * scale).sum(axis=1)
    return credits


def _places(rows: pd.DataFrame, channels: pd.DataFrame) -> np.ndarray:
    """The position in `channels` of each row's platform and campaign."""
    keys = pd.MultiIndex.from_frame(channels[_CHANNEL[1:]])
    return keys.get_indexer(pd.MultiIndex.from_frame(rows[_CHANNEL[1:]]))


def _resampled_sum(totals: pd.DataFrame, column: str, weights: np.ndarray) -> np.ndarray:
    """The column's sum in each replicate, for as many users as there are.

    A replicate samples more or fewer users than that. Shares do not depend on it; a sum would vary
    by 1 / sqrt(BUCKETS), whatever the size of the data.
    """
    users, amounts = _by_bucket(totals, "users"), _by_bucket(totals, column)
    sampled = weights @ users
    return np.divide(
        (weights @ amounts) * users.sum(), sampled, out=np.zeros_like(sampled), where=sampled > 0
    )


def _by_bucket(rows: pd.DataFrame, column: str) -> np.ndarray:
    values = pd.to_numeric(rows[column]).fillna(0).astype(float)
    return np.bincount(rows["user_bucket"].astype(int), weights=values, minlength=BUCKETS)


def _shares(parts: np.ndarray) -> np.ndarray:
    """Each row's parts of its sum; nan where that is 0."""
    totals = parts.sum(axis=1, keepdims=True)
    return np.divide(parts, totals, out=np.full_like(parts, np.nan), where=totals > 0)


def _limits(
    channels: pd.DataFrame, model: str, shares: np.ndarray, revenue: np.ndarray | None = None
) -> pd.DataFrame:
    """The rows of one model and level. The first replicate is the original data."""
    found = {
        f"{measure}_{limit}": np.nan if values is None else _quantile(values, quantile)
        for measure, values in (("share", shares), ("revenue", revenue))
        for limit, quantile in LIMITS.items()
    }
    platforms = channels["ad_platform"].to_list()
    next_platform: list[str | None] = [None] * len(channels)
    is_ahead: list[bool | None] = [None] * len(channels)
    if (channels["level"] == "platform").all() and not np.isnan(shares[0]).any():
        order = sorted(range(len(channels)), key=lambda row: (-shares[0, row], row))
        for row, following in pairwise(order):
            ahead = _quantile(shares[:, [row]] - shares[:, [following]], LIMITS["low"])[0] > 0
            next_platform[row], is_ahead[row] = platforms[following], bool(ahead)
    return channels[_CHANNEL].assign(
        attribution_model=model, **found, next_platform=next_platform, is_ahead_of_next=is_ahead
    )


def _quantile(values: np.ndarray, quantile: float) -> np.ndarray:
    replicates = values[1:]
    replicates = replicates[~np.isnan(replicates).any(axis=1)]
    if not len(replicates):
        return np.full(values.shape[1], np.nan)
    return np.quantile(replicates, quantile, axis=0)


def _typed(
    parts: list[pd.DataFrame], columns: list[str], flags: tuple[str, ...] = ()
) -> pd.DataFrame:
    """One table with fixed types, also when it is empty or all null."""
    texts = {*_CHANNEL, "attribution_model", "next_platform"}
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    types = {
        column: "boolean" if column in flags else "str" if column in texts else "float64"
        for column in columns
    }
    keys = [name for name in ("level", "attribution_model", *_CHANNEL[1:]) if name in columns]
    return table[columns].astype(types).sort_values(keys, ignore_index=True)
