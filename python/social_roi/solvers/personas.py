"""Personas: a name, what sets the segment apart and what to do, by the rules in TRAITS."""

from collections import Counter
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from social_roi.solvers.segments import (
    DEVICE_FEATURES,
    LOG_FEATURES,
    explaining_feature,
    numbers,
    score,
)

MIN_DIFFERENCE = 0.5
MAX_TRAITS = 3


class Trait(NamedTuple):
    """The words for a clear difference from the average user.

    family: a segment gets only its strongest trait of each. noun and qualifier: its name is the
    noun of its strongest trait and the qualifier of the next. sentence: follows "They". figure: how
    the segment's and all users' value is said.
    """

    feature: str
    direction: str
    family: str
    noun: str
    qualifier: str
    sentence: str
    advice: str

    @property
    def figure(self) -> str:
        return FIGURES[self.feature]


_WIN_BACK = "Try one win-back offer, then leave those who do not react out of the campaigns."
_KEEP = "Keep them with offers for customers, and look for new users who resemble them."
_QUIET = "Show fewer, cheaper impressions and test a new creative before spending more."
_RETARGET = "Retarget within a week with a clear offer: the interest is there."
_CONVINCE = "Check the offer and the landing page: attention does not turn into sales here."
_NARROW = "Aim at their own platform and device first; a broad campaign reaches them no better."

# The first of a segment's traits, from the top, gives the advice.
# fmt: off
TRAITS = tuple(
    Trait(*row)
    for row in (
        # feature, direction, family, noun, qualifier, sentence, advice
        ("recency_days", "high", "recency", "Lapsed users", "not seen lately",
         "have not been seen for longer", _WIN_BACK),
        ("revenue", "high", "buying", "Big spenders", "who spend most",
         "spend more on a purchase", _KEEP),
        ("conversions", "high", "buying", "Buyers", "who buy",
         "convert more often", _KEEP),
        ("clicks", "low", "clicking", "Quiet viewers", "who hardly click",
         "click less often", _QUIET),
        ("ctr", "low", "clicking", "Scrollers", "who rarely click",
         "click on a smaller share of the ads they see", _QUIET),
        ("clicks", "high", "clicking", "Active clickers", "who click often",
         "click more often", _RETARGET),
        ("ctr", "high", "clicking", "Ready clickers", "who click readily",
         "click on a larger share of the ads they see", _RETARGET),
        ("revenue", "low", "buying", "Low spenders", "who spend little",
         "spend less on a purchase", _CONVINCE),
        ("conversions", "low", "buying", "Undecided users", "who rarely buy",
         "convert less often", _CONVINCE),
        ("time_spent", "high", "attention", "Watchers", "who watch long",
         "spend more time with the ads", _CONVINCE),
        ("time_spent", "low", "attention", "Skimmers", "who move on fast",
         "spend less time with the ads",
         "Put the message into the first seconds and use shorter formats."),
        ("impressions", "high", "reach", "Heavily reached users", "who see many ads",
         "see more ads",
         "Cap the impressions per user and move the money to users who see few ads."),
        ("impressions", "low", "reach", "Rarely reached users", "who see few ads",
         "see fewer ads",
         "Raise the reach a little first: there is too little contact to judge them."),
        ("recency_days", "low", "recency", "Recent users", "seen lately",
         "have been seen more recently",
         "Follow up within days, while the contact is fresh."),
        ("platforms_used", "high", "platforms", "Multi-platform users", "on several platforms",
         "use more platforms",
         "Tell one story across platforms and cap the impressions over all of them together."),
        ("platforms_used", "low", "platforms", "Users of few platforms", "on few platforms",
         "use fewer platforms", _NARROW),
        ("is_mobile", "high", "device", "Mobile users", "on mobile",
         "use a mobile more often", _NARROW),
        ("is_desktop", "high", "device", "Desktop users", "on desktop",
         "use a desktop more often", _NARROW),
        ("is_tablet", "high", "device", "Tablet users", "on tablet",
         "use a tablet more often", _NARROW),
        ("age", "high", "age", "Older users", "of higher age",
         "are older", "Test a creative and a tone made for this age."),
        ("age", "low", "age", "Younger users", "of lower age",
         "are younger", "Test a creative and a tone made for this age."),
    )
)
# fmt: on

FIGURES = {
    "impressions": "{:,.1f} impressions a user",
    "clicks": "{:,.1f} clicks a user",
    "ctr": "a CTR of {:.1%}",
    "time_spent": "time spent {:,.0f} a user",
    "recency_days": "{:,.0f} days ago",
    "platforms_used": "{:.1f} platforms a user",
    "age": "age {:.0f} on average",
    "is_mobile": "{:.0%} of the users",
    "is_desktop": "{:.0%} of the users",
    "is_tablet": "{:.0%} of the users",
    "conversions": "{:.2f} conversions a user",
    "revenue": "{:,.2f} a purchase",
}

# When one feature explains the segments, they are named by its average value.
NAMES_BY_VALUE = {
    "impressions": "Impressions per user: {:.3g}",
    "clicks": "Clicks per user: {:.3g}",
    "conversions": "Conversions per user: {:.3g}",
    "revenue": "Revenue per user: {:.3g}",
    "time_spent": "Time spent per user: {:.3g}",
    "ctr": "CTR: {:.1%}",
    "recency_days": "Days since last seen: {:.3g}",
    "platforms_used": "Platforms used: {:.3g}",
    "age": "Age: {:.0f}",
}

COLUMNS = ("segment", "persona", "what_sets_it_apart", "what_to_do", "warning")


def describe_segments(
    centroids: pd.DataFrame, selection: pd.DataFrame, sample: pd.DataFrame
) -> pd.DataFrame:
    """Describe every segment for a marketer; one row per segment, none if there are no centroids.

    centroids: from `fit_centroids`; selection: from `select_segments`, both of this sample.
    Returns segment, persona (unique), what_sets_it_apart and what_to_do (a sentence each) and
    warning (the selection's, or null). A trait is at least half a standard deviation off average,
    in the features and in what users bought; see `outcomes`.
    """
    chosen = selection[selection["is_selected"].astype(bool)].iloc[0]
    warning = None if pd.isna(chosen["warning"]) else chosen["warning"]
    differences = centroid_differences(centroids)
    if len(differences) == 1:
        texts = [_one_segment(chosen["reason"])]
    elif feature := explaining_feature(warning):
        texts = _by_value(centroids, differences, feature)
    elif len(differences):
        texts = _by_traits(differences, sample, score(sample, centroids))
    else:
        texts = []
    described = pd.DataFrame(texts, columns=COLUMNS[1:4], dtype="str")
    described.insert(0, "segment", differences.index.to_numpy(dtype="int64"))
    return described.assign(warning=pd.Series(warning, index=described.index, dtype="str"))


def outcomes(sample: pd.DataFrame, segments: pd.Series) -> pd.DataFrame:
    """What users of each segment bought: one row per segment, the three columns in deviations.

    sample: as for `select_segments`; segments: the segment of each of its rows.
    `conversions` (per user, of log1p as in the sample) and `revenue` (per conversion, over users
    who converted) in standard deviations from the average, 0 where the segment does not clearly
    differ from all others; `cvr` (conversions per click): 1 clearly above, -1 clearly below, else
    0. Clear: `ratio_z` beyond the two-sided 5 % limit, divided by the number of segments.
    """
    raw = numbers(sample).reindex(columns=["conversions", "revenue", "clicks"])
    counts = np.expm1(raw)
    bought = counts["conversions"].fillna(0.0) > 0
    per_conversion = (counts["revenue"] / counts["conversions"]).where(bought)
    found = {}
    limit = NormalDist().inv_cdf(1 - 0.025 / segments.nunique())
    ratios = {
        "conversions": (counts["conversions"], bought * 0.0 + 1.0, raw["conversions"]),
        "revenue": (counts["revenue"].where(bought), counts["conversions"], per_conversion),
        "cvr": (counts["conversions"], counts["clicks"], None),
    }
    for segment in sorted(segments.unique()):
        inside = (segments == segment).to_numpy()
        found[segment] = {}
        for name, (events, trials, values) in ratios.items():
            z = ratio_z(events.fillna(0.0).to_numpy(), trials.fillna(0.0).to_numpy(), inside)
            clear = float(np.sign(z)) if abs(z) > limit else 0.0
            if clear and values is not None:
                off, spread = values[inside].mean() - values.mean(), values.std(ddof=0)
                clear = off / spread if spread and off * clear > 0 else 0.0
            found[segment][name] = clear
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("segment")


def ratio_z(events: np.ndarray, trials: np.ndarray, inside: np.ndarray) -> float:
    """z score of a group's events per trial against the rate of all users, by user.

    events, trials: one value per user; inside: whether the user is of the group.
    With the rate p of all and the group's share f of the trials X, events - p x trials of the group
    has the variance f (1 - f) X s^2, where s^2 is the larger of p (1 - p) and the sum over users of
    (events - p trials)^2 / X (ratio estimator, Cochran 1977, section 2.11): so users who act often
    widen it. 0 where fewer than five events are expected inside or outside.
    """
    total = trials.sum()
    if not total or not events.sum():
        return 0.0
    rate, share = events.sum() / total, trials[inside].sum() / total
    if min(share, 1 - share) * total * min(rate, 1.0) < 5:
        return 0.0
    left = events - rate * trials
    squares = (left**2).sum() * len(events) / (len(events) - 1)
    variance = share * (1 - share) * max(squares, total * rate * (1 - rate))
    return float(left[inside].sum() / np.sqrt(variance)) if variance > 0 else 0.0


def centroid_differences(centroids: pd.DataFrame) -> pd.DataFrame:
    """Segments x features: distance from the average user in standard deviations.

    Standardised centroids are that already, except for the device, where the average is the share
    over all segments.
    """
    centres = centroids.pivot(index="segment", columns="feature", values="centroid")
    users = centroids.drop_duplicates("segment").set_index("segment")["users_in_sample"]
    for device in centres.columns.intersection(DEVICE_FEATURES):
        share = centres[device] * np.sqrt(2)
        average = np.average(share, weights=users)
        variance = average * (1 - average)
        # a device that all users have, or none, does not distinguish segments
        everyone = variance < 1e-9
        centres[device] = 0.0 if everyone else (share - average) / np.sqrt(variance)
    return centres


def _one_segment(reason: str) -> tuple[str, str, str]:
    return (
        "All users",
        f"No kinds to tell apart: {reason}.",
        "Treat all users alike; look at platform, campaign, device and age group instead.",
    )


def _by_value(
    centroids: pd.DataFrame, differences: pd.DataFrame, feature: str
) -> list[tuple[str, str, str]]:
    if feature == "device_type":
        of_device = differences[differences.columns.intersection(DEVICE_FEATURES)]
        devices = of_device.assign(other=0.0).idxmax(axis=1)
        nouns = {trait.feature: trait.noun for trait in TRAITS}
        names = [nouns.get(device, "Users of other devices") for device in devices]
    else:
        of_feature = centroids[centroids["feature"] == feature].sort_values("segment")
        values = of_feature["centroid"] * of_feature["sd"] + of_feature["mean"]
        values = np.expm1(values) if feature in LOG_FEATURES else values
        # without the rounding a centre at 0 would read as -1.6e-15
        names = [NAMES_BY_VALUE[feature].format(value) for value in values.round(9) + 0.0]
    spoken = feature.replace("_", " ")
    return [
        (
            name,
            f"Nothing but {spoken} tells this segment from the others.",
            f"Not a behavioural segment: compare users by {spoken} directly.",
        )
        for name in _unique(names, names, differences.index)
    ]


def _by_traits(
    differences: pd.DataFrame, sample: pd.DataFrame, segments: pd.Series
) -> list[tuple[str, str, str]]:
    bought = outcomes(sample, segments).reindex(differences.index, fill_value=0.0)
    figures = _figures(sample, segments)
    differences = differences.assign(conversions=bought["conversions"], revenue=bought["revenue"])
    found = [
        _traits(difference, figures.loc[segment], figures.loc[_ALL])
        for segment, difference in differences.iterrows()
    ]
    names = _unique(
        [_name(list(traits)[:2]) for traits in found],
        [_name(list(traits)) for traits in found],
        differences.index,
    )
    return [
        (
            name,
            _sentence(list(traits), figures.loc[segment], figures.loc[_ALL]),
            _advice(list(traits), converts_less=bought.loc[segment, "cvr"] < 0),
        )
        for name, traits, segment in zip(names, found, differences.index, strict=True)
    ]


_ALL = 0  # the row of all users in `_figures`


def _figures(sample: pd.DataFrame, segments: pd.Series) -> pd.DataFrame:
    """What the words quote, per segment and for all users (row 0): one column per feature."""
    raw = numbers(sample)
    for name in raw.columns.intersection(LOG_FEATURES):
        raw[name] = np.expm1(raw[name])
    for name in raw.columns.intersection(DEVICE_FEATURES):
        raw[name] *= np.sqrt(2)
    groups = {_ALL: raw} | {segment: raw[segments == segment] for segment in segments.unique()}
    figures = {}
    for segment, users in groups.items():
        figures[segment] = users.mean()
        totals = users.reindex(columns=["impressions", "clicks", "conversions", "revenue"]).sum()
        figures[segment]["ctr"] = totals["clicks"] / (totals["impressions"] or np.nan)
        figures[segment]["revenue"] = totals["revenue"] / (totals["conversions"] or np.nan)
    return pd.DataFrame.from_dict(figures, orient="index")


def _traits(difference: pd.Series, own: pd.Series, everyone: pd.Series) -> dict[Trait, float]:
    """The segment's traits with their difference from the average: buying more first, then the
    strongest.

    own, everyone: the figures that the words will quote. A trait that these contradict is none, and
    so are impressions and CTR where the clicks exceed the impressions: some are not in the data.
    """
    found: dict[Trait, float] = {}
    unseen = ("impressions", "ctr") if max(own["ctr"], everyone["ctr"]) > 1 else ()
    for trait in sorted(
        TRAITS,
        key=lambda trait: (trait.advice != _KEEP, -abs(difference.get(trait.feature, 0.0))),
    ):
        sign = 1 if trait.direction == "high" else -1
        strength = sign * difference.get(trait.feature, 0.0)
        if (
            strength >= MIN_DIFFERENCE
            and trait.feature not in unseen
            and trait.family not in {known.family for known in found}
            and sign * (own[trait.feature] - everyone[trait.feature]) > 0
        ):
            found[trait] = sign * strength
    return dict(list(found.items())[:MAX_TRAITS])


def _name(traits: list[Trait]) -> str:
    if not traits:
        return "Average users"
    return ", ".join(
        [" ".join([traits[0].noun, *(trait.qualifier for trait in traits[1:2])])]
        + [trait.qualifier for trait in traits[2:]]
    )


def _sentence(traits: list[Trait], own: pd.Series, everyone: pd.Series) -> str:
    if not traits:
        return "They are close to the average user in everything measured."
    parts = [
        f"{trait.sentence} ({trait.figure.format(own[trait.feature])}; all users"
        f" {_number(trait).format(everyone[trait.feature])})"
        for trait in traits
    ]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"They {listed}."


def _number(trait: Trait) -> str:
    """The figure without its words."""
    start = trait.figure.index("{")
    return trait.figure[start : trait.figure.index("}") + 1]


def _advice(traits: list[Trait], *, converts_less: bool) -> str:
    """converts_less: the segment's conversions per click are clearly below all others'."""
    for trait in TRAITS:
        if trait in traits:
            return _CONVINCE if converts_less and trait.advice == _RETARGET else trait.advice
    return "Serve them the standard campaign; they are the yardstick for the other segments."


def _unique(short: list[str], long: list[str], segments: pd.Index) -> list[str]:
    """The short name, the long one where others share that, the number where that is shared too."""
    names = [b if Counter(short)[a] > 1 else a for a, b in zip(short, long, strict=True)]
    return [
        f"{name} (segment {segment})" if Counter(names)[name] > 1 else name
        for name, segment in zip(names, segments, strict=True)
    ]
