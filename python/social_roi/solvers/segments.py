"""Segments: how many kinds of users there are, and where their centres lie.

The solver sees a bounded sample of users with one column per feature and returns two small tables:
the candidates for k with their quality, and the centroids with which SQL scores every user.
scikit-learn is imported only where it clusters: the page reads features without it.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd

from social_roi.errors import UserError

# log1p in the sample, so that a user with 200 impressions does not outweigh all others
LOG_FEATURES = ("impressions", "clicks", "conversions", "revenue", "time_spent")
# one-hot, 0 or 1/sqrt(2): changing the device moves a user by 1, as one standard deviation does
DEVICE_FEATURES = ("is_mobile", "is_desktop", "is_tablet")
FEATURES = (*LOG_FEATURES, "ctr", "recency_days", "platforms_used", "age", *DEVICE_FEATURES)
OUTCOMES = ("conversions", "revenue")
# the default of the variable `segment_features`; `device_type` stands for DEVICE_FEATURES
BEHAVIOUR = (
    "impressions",
    "clicks",
    "ctr",
    "time_spent",
    "recency_days",
    "platforms_used",
    "age",
    "device_type",
)

MAX_K = 10
MIN_USERS = 50
# the share of users at either end whose distance counts no further: a bot is no kind of users
TAIL = 0.01
# a smaller group is no audience
MIN_GROUP, MIN_GROUP_SHARE = 5, 0.01
MAX_SPREAD_BY_CHANCE = 4.0
MIN_SILHOUETTE = 0.25
MIN_STABILITY = 0.8
MAX_ETA_SQUARED = 0.9

SEED = 20261125
STARTS = 4
REFITS = 10
MAX_CHECKED_USERS = 5_000
DISTANCE_MEGABYTES = 64

_EXPLAINED_BY = "one feature explains these segments: "


def prepare(
    sample: pd.DataFrame, features: Sequence[str] = BEHAVIOUR
) -> tuple[np.ndarray, pd.DataFrame]:
    """Standardise the features that vary between users; rows in the order of `user_id`.

    sample: `user_id` and any of FEATURES, in any number type, with nulls. features: those to use,
    `device_type` for DEVICE_FEATURES. With 50 users or more each feature is clipped at its 1st and
    99th percentile (values of users, not between them), so that a bot counts as the most active
    user does. Returns the matrix (users x kept features) and, per kept feature in the order of its
    columns, `feature`, `fill` (median, put in for nulls), `mean` and `sd` (population; 0 and 1 for
    the device). Features that are null or equal for all users are left out.
    Raises UserError when a feature is not one of the known.
    """
    raw = numbers(_in_order(sample))
    raw = raw[[name for name in raw if name in _columns(features)]]
    raw = raw.dropna(axis="columns", how="all")
    filled = _clipped(raw.fillna(raw.median()))
    filled = filled.loc[:, filled.nunique() > 1]
    behaviour = ~filled.columns.isin(DEVICE_FEATURES)
    scaling = pd.DataFrame(
        {
            "feature": filled.columns.astype("str"),
            "fill": raw.median().reindex(filled.columns).to_numpy(dtype=float),
            "mean": np.where(behaviour, filled.mean(), 0.0),
            "sd": np.where(behaviour, filled.std(ddof=0), 1.0),
        }
    )
    return _standardise(filled, scaling), scaling


def select_segments(
    sample: pd.DataFrame,
    *,
    features: Sequence[str] = BEHAVIOUR,
    forced_k: int | None = None,
) -> pd.DataFrame:
    """Choose the number of segments; one row per candidate k, 1 to 10, at most the distinct users.

    k is where the inertia curve, both axes scaled to 0..1, lies furthest below the chord between
    its ends (`knee_distance`, along the inertia axis; Satopaa et al. 2011, "Finding a Kneedle in a
    Haystack"). One segment instead where there are fewer than 50 users, none saw or clicked an ad,
    their clicks spread no wider than chance (`click_spread`), the mean silhouette at that k is
    below 0.25, its `stability` below 0.8 (the mean adjusted Rand index between the segments and
    those of bootstrap refits; Hennig 2007), or its smallest segment holds fewer than 5 users or
    1 %. `forced_k` overrides this; the warning stays. Segments that one feature explains keep their
    k, with a warning; so do those with an outcome (conversions, revenue) among the features.

    Returns k, inertia, silhouette (null at k = 1), stability (null but at the knee or `forced_k`),
    knee_distance, is_selected, reason and warning (text on the selected row only). The same users
    give the same rows, in any order.
    Raises UserError when `forced_k` is not in 1..10 or a feature is not one of the known.
    """
    if forced_k is not None and forced_k not in range(1, MAX_K + 1):
        raise UserError(
            f"the forced number of segments is {forced_k}: choose 1 to {MAX_K}, or none"
        )
    matrix, scaling = prepare(sample, features)
    max_k = _max_k(matrix)
    with _one_thread(max_k):
        labels = {k: _cluster(matrix, k)[0] for k in range(1, max_k + 1)}
        candidates = _candidates(matrix, labels)
        knee = int(candidates.loc[candidates["knee_distance"].idxmax(), "k"])
        k = min(forced_k or knee, len(labels))
        # ten refits each: of the number that is decided on only
        stability = [_stability(matrix, labels[k]) if n == k else np.nan for n in labels]
        candidates.insert(3, "stability", np.round(stability, 9))
        explained_by = _single_feature(matrix, scaling, labels[k])

    problems = []
    if len(matrix) < MIN_USERS:
        problems.append(f"fewer than {MIN_USERS} users: {len(matrix)}")
    elif len(labels) == 1:
        problems.append("all users are alike in every feature")
    elif click_spread(sample) <= MAX_SPREAD_BY_CHANCE:
        problems.append("the users' clicks differ no more than by chance")
    elif knee == 1:
        problems.append("no number of segments stands out")
    problems += _weaknesses(candidates.set_index("k").loc[k], np.bincount(labels[k]))

    if forced_k:
        reason = f"forced to {forced_k}; the knee is at {knee}"
        if k < forced_k:
            problems.append(f"only {k} distinct users for {forced_k} segments")
    elif problems:
        k, reason, explained_by = 1, "; ".join(problems), None
    else:
        reason = "furthest below the chord"
    if explained_by:
        problems.append(explained_by)
    if k > 1 and (outcomes := [name for name in OUTCOMES if name in set(scaling["feature"])]):
        listed = " and ".join(outcomes)
        problems.append(f"the segments are made of {listed}, so they differ in it by construction")

    candidates["is_selected"] = candidates["k"] == k
    candidates["reason"] = _on_selected(candidates, reason)
    candidates["warning"] = _on_selected(candidates, "; ".join(problems) or None)
    return candidates


def click_spread(sample: pd.DataFrame) -> float:
    """How much wider users' clicks spread than one common click rate explains, as a z score.

    Pearson's X^2 over users against its mean and variance: binomial, Poisson for a user with more
    clicks than impressions, and per user instead of per impression where there are no impressions.
    The 1 % of users that deviate most are left out: a bot makes no kinds; so where users are alike
    the score lies below 0. Infinite where the sample
    has no clicks, so that nothing can be said by them.
    """
    known = numbers(sample)
    if "clicks" not in known or not (clicks := _counts(known, "clicks")).any():
        return np.inf
    shown = _counts(known, "impressions")
    trials = shown if shown.any() else np.ones(len(clicks))
    clicks, trials = clicks[trials > 0], trials[trials > 0]
    rate = clicks.sum() / trials.sum()
    as_poisson = (clicks > trials) | (rate >= 1) | (not shown.any())
    chance = np.where(as_poisson, 0.0, rate)  # the part that makes the variance binomial
    expected = trials * rate
    variance = expected * (1 - chance)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = np.nan_to_num((clicks - expected) ** 2 / variance)
        spread = np.nan_to_num(2 + (1 - 6 * chance * (1 - chance)) / variance)
    kept = np.argsort(squares, kind="stable")[: len(squares) - int(np.ceil(TAIL * len(squares)))]
    if not len(kept) or not spread[kept].sum():
        return 0.0
    return float((squares[kept].sum() - len(kept)) / np.sqrt(spread[kept].sum()))


def fit_centroids(
    sample: pd.DataFrame, selection: pd.DataFrame, *, features: Sequence[str] = BEHAVIOUR
) -> pd.DataFrame:
    """Fit the selected number of segments; one row per segment and feature, none without users.

    sample, features: as given to `select_segments`, whose result is `selection`.
    Returns segment (from 1, highest conversions per click first; ties: more clicks, then more
    users), feature, centroid (standardised), mean, sd and fill (to standardise with) and
    users_in_sample (of the segment). Where no feature tells users apart one stands in, so that all
    score as segment 1.
    """
    k = int(selection.loc[selection["is_selected"].astype(bool), "k"].iloc[0])
    matrix, scaling = prepare(sample, features)
    with _one_thread(k):
        labels, centres = _cluster(matrix, k)
    if not scaling.empty:
        # as SQL scores them, without the clipping
        raw = numbers(_in_order(sample)).reindex(columns=scaling["feature"])
        filled = raw.fillna(scaling.set_index("feature")["fill"])
        labels = _nearest(_standardise(filled, scaling), centres)
    if scaling.empty:
        scaling = pd.DataFrame({"feature": FEATURES[:1], "fill": 0.0, "mean": 0.0, "sd": 1.0})
        centres = np.zeros((k, 1))

    order = _by_conversion_rate(sample, labels)
    return pd.concat(
        [
            scaling.assign(
                segment=number,
                centroid=centres[label],
                users_in_sample=int((labels == label).sum()),
            )
            for number, label in enumerate(order, start=1)
        ]
        or [scaling.iloc[:0].assign(segment=0, centroid=0.0, users_in_sample=0)],
        ignore_index=True,
    )[["segment", "feature", "centroid", "mean", "sd", "fill", "users_in_sample"]]


def score(users: pd.DataFrame, centroids: pd.DataFrame) -> pd.Series:
    """Give every user the segment of the nearest centroid: the reference for the scoring in SQL.

    users: columns as in the sample; centroids: from `fit_centroids`, at least one segment.
    Squared distances are rounded to 9 digits; ties go to the smaller segment number.
    """
    scaling = centroids.drop_duplicates("feature")
    centres = centroids.pivot(index="segment", columns="feature", values="centroid")
    raw = numbers(users).reindex(columns=scaling["feature"])
    filled = raw.fillna(scaling.set_index("feature")["fill"])
    nearest = _nearest(_standardise(filled, scaling), centres[list(scaling["feature"])].to_numpy())
    return pd.Series(centres.index.to_numpy()[nearest], index=users.index, name="segment")


def explaining_feature(warning: str | None) -> str | None:
    """The one feature that, by a selection's warning, explains its segments; None without one."""
    found = re.search(_EXPLAINED_BY + r"(\w+)", warning or "")
    return found.group(1) if found else None


def _in_order(sample: pd.DataFrame) -> pd.DataFrame:
    return sample.sort_values("user_id", key=lambda ids: ids.astype(str), kind="stable")


def numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """The known features as float, in the order of FEATURES, with NaN for every kind of null."""
    return pd.DataFrame(
        {
            feature: frame[feature].to_numpy(dtype=float, na_value=np.nan)
            for feature in FEATURES
            if feature in frame
        },
        index=frame.index,
    )


def _columns(features: Sequence[str]) -> set[str]:
    """The columns of these features. Raises UserError for an unknown one."""
    known = (*(name for name in FEATURES if name not in DEVICE_FEATURES), "device_type")
    if unknown := [name for name in features if name not in known]:
        raise UserError(
            f"segment_features: no feature is called {unknown[0]}; choose from {', '.join(known)}"
        )
    device = DEVICE_FEATURES if "device_type" in features else ()
    return {*features, *device} - {"device_type"}


def _counts(known: pd.DataFrame, name: str) -> np.ndarray:
    """The counts behind a column of log1p; 0 where it is null or missing."""
    if name not in known:
        return np.zeros(len(known))
    return np.expm1(known[name].fillna(0.0).to_numpy()).round()


def _clipped(filled: pd.DataFrame) -> pd.DataFrame:
    if len(filled) < MIN_USERS:
        return filled
    low, high = (
        filled.quantile(share, interpolation=side)
        for share, side in ((TAIL, "higher"), (1 - TAIL, "lower"))
    )
    behaviour = [name for name in filled if name not in DEVICE_FEATURES]
    clipped = filled[behaviour].clip(low[behaviour], high[behaviour], axis="columns")
    return filled.assign(**{name: clipped[name] for name in behaviour})


def _standardise(filled: pd.DataFrame, scaling: pd.DataFrame) -> np.ndarray:
    return (filled.to_numpy() - scaling["mean"].to_numpy()) / scaling["sd"].to_numpy()


@contextmanager
def _one_thread(clusters: int) -> Iterator[None]:
    """scikit-learn with one thread: beside other work several wait for each other at full load.

    The limit reaches only libraries that are loaded, so scikit-learn is loaded first; not for a
    single cluster, as in a build without users: loading takes a second.
    """
    if clusters == 1:
        yield
        return
    import sklearn.cluster
    import sklearn.metrics  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def _cluster(
    matrix: np.ndarray, k: int, starts: int = STARTS, seed: int = SEED
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of the rows and centres of the clusters, both numbered from 0."""
    if k == 1:
        centre = matrix.mean(axis=0) if len(matrix) else np.zeros(matrix.shape[1])
        return np.zeros(len(matrix), dtype=int), centre[np.newaxis]
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # a bootstrap draw may hold fewer distinct users than k: it then finds fewer clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = KMeans(k, n_init=starts, random_state=seed).fit(matrix)
    return model.labels_, model.cluster_centers_


def _nearest(matrix: np.ndarray, centres: np.ndarray) -> np.ndarray:
    distances = [((matrix - centre) ** 2).sum(axis=1).round(9) for centre in centres]
    return np.argmin(distances, axis=0)


def _inertia(matrix: np.ndarray, labels: np.ndarray) -> float:
    means = pd.DataFrame(matrix).groupby(labels).transform("mean").to_numpy()
    return float(((matrix - means) ** 2).sum())


def _max_k(matrix: np.ndarray) -> int:
    return min(MAX_K, len(np.unique(matrix, axis=0))) if matrix.size else 1


def _candidates(matrix: np.ndarray, labels: dict[int, np.ndarray]) -> pd.DataFrame:
    """The measures of each k; rounded, so that the last bit of a sum decides nothing."""
    candidates = pd.DataFrame(
        {
            "k": list(labels),
            "inertia": [_inertia(matrix, labels_of_k) for labels_of_k in labels.values()],
            "silhouette": _silhouettes(matrix, list(labels.values())),
        }
    )
    candidates["knee_distance"] = _knee_distance(candidates["inertia"].to_numpy())
    return candidates.round(9)


def _knee_distance(inertia: np.ndarray) -> np.ndarray:
    """How far each k = 1, 2, ... lies below the chord of the inertia curve, which ends at k = 10.

    With fewer distinct users than that the rest of the curve is known: its inertia is 0.
    """
    curve = np.zeros(MAX_K)
    curve[: len(inertia)] = inertia
    fall = curve[0] - curve[-1]
    if fall == 0:
        return np.zeros(len(inertia))
    distance = 1 - np.arange(MAX_K) / (MAX_K - 1) - (curve - curve[-1]) / fall
    return distance[: len(inertia)]


def _checked_users(users: int) -> np.ndarray:
    """Positions of the users on which silhouette and stability are measured."""
    if users <= MAX_CHECKED_USERS:
        return np.arange(users)
    return np.sort(np.random.default_rng(SEED).choice(users, MAX_CHECKED_USERS, replace=False))


def _silhouettes(matrix: np.ndarray, labellings: list[np.ndarray]) -> list[float]:
    """Mean silhouette of each labelling (Rousseeuw 1987); NaN for a single segment.

    One product of distances and memberships serves all labellings, block by block of the distances.
    """
    if len(labellings) == 1:
        return [np.nan]
    from sklearn.metrics import pairwise_distances_chunked

    checked = _checked_users(len(matrix))
    labellings = [labels[checked] for labels in labellings]
    memberships = [np.eye(labels.max(initial=0) + 1)[labels] for labels in labellings]
    members = np.hstack(memberships)
    blocks = pairwise_distances_chunked(
        matrix[checked],
        reduce_func=lambda distances, _: distances @ members,
        working_memory=DISTANCE_MEGABYTES,
    )
    ends = np.cumsum([membership.shape[1] for membership in memberships])[:-1]
    totals = np.split(np.vstack(list(blocks)), ends, axis=1)
    return [_silhouette(*pair) for pair in zip(totals, memberships, strict=True)]


def _silhouette(totals: np.ndarray, membership: np.ndarray) -> float:
    """totals: each user's summed distance to each segment's users; membership: 0 or 1, alike."""
    own = membership.astype(bool)
    sizes = membership.sum(axis=0)
    if len(sizes) == 1:
        return np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        within = totals[own] / (sizes - 1)[own.argmax(axis=1)]
        nearest_other = np.where(own | (sizes == 0), np.inf, totals / sizes).min(axis=1)
        scores = (nearest_other - within) / np.maximum(nearest_other, within)
    # alone in its segment, or no other segment among the users checked: says nothing either way
    return float(np.where(np.isfinite(scores), scores, 0.0).mean())


def _stability(matrix: np.ndarray, labels: np.ndarray) -> float:
    if not labels.any():
        return np.nan
    from sklearn.metrics import adjusted_rand_score

    k = int(labels.max()) + 1
    checked = _checked_users(len(matrix))
    agreement = []
    for refit in range(REFITS):
        draw = np.random.default_rng([SEED, refit]).choice(len(matrix), len(checked))
        centres = _cluster(matrix[draw], k, starts=1, seed=refit)[1]
        agreement.append(adjusted_rand_score(labels[checked], _nearest(matrix[checked], centres)))
    return float(np.mean(agreement))


def _weaknesses(candidate: pd.Series, sizes: np.ndarray) -> list[str]:
    """What speaks against this number of segments; nothing against one (its measures are null).

    The measures themselves are in the columns of `segment_selection`.
    """
    k = candidate.name
    weaknesses = []
    if candidate["silhouette"] < MIN_SILHOUETTE:
        weaknesses.append(f"no clear groups: {k} segments overlap too much")
    if candidate["stability"] < MIN_STABILITY:
        weaknesses.append(f"no stable groups: another draw of users gives {k} other segments")
    if k > 1 and sizes.min() < max(MIN_GROUP, MIN_GROUP_SHARE * sizes.sum()):
        weaknesses.append(f"one of {k} segments is too small to be an audience: {sizes.min()}")
    return weaknesses


def _single_feature(matrix: np.ndarray, scaling: pd.DataFrame, labels: np.ndarray) -> str | None:
    """The warning if one feature explains the segments; the device's columns are one feature.

    Its eta squared is above 0.9. That alone only says that the segments differ in it, as clear
    groups do in several features: they must also be told apart by it alone, and not without it.
    """
    names = scaling["feature"].where(~scaling["feature"].isin(DEVICE_FEATURES), "device_type")
    for name in names.unique():
        columns, others = matrix[:, names == name], matrix[:, names != name]
        eta_squared = 1 - _inertia(columns, labels) / _inertia(columns, np.zeros_like(labels))
        if (
            eta_squared > MAX_ETA_SQUARED
            and _told_apart(columns, labels)
            and not _told_apart(others, labels)
        ):
            return f"{_EXPLAINED_BY}{name}"
    return None


def _told_apart(columns: np.ndarray, labels: np.ndarray) -> bool:
    """Whether the nearest segment mean in these columns gives the segments back."""
    from sklearn.metrics import adjusted_rand_score

    means = pd.DataFrame(columns).groupby(labels).mean().to_numpy()
    return adjusted_rand_score(labels, _nearest(columns, means)) >= MIN_STABILITY


def _by_conversion_rate(sample: pd.DataFrame, labels: np.ndarray) -> list[int]:
    """Labels, highest conversions per click first; without clicks last."""
    raw = numbers(_in_order(sample)).reindex(columns=["conversions", "clicks"])
    totals = np.expm1(raw).round().groupby(labels).sum().assign(users=np.bincount(labels))
    clicks = totals["clicks"].where(totals["clicks"] > 0)
    totals["rate"] = (totals["conversions"] / clicks).fillna(-1.0)
    ranked = totals.sort_values(["rate", "clicks", "users"], ascending=False, kind="stable")
    return ranked.index.tolist()


def _on_selected(candidates: pd.DataFrame, text: str | None) -> pd.Series:
    return pd.Series(
        [text if selected else None for selected in candidates["is_selected"]], dtype="str"
    )
