"""Personas: a name, what sets the segment apart and what to do, by the rules in TRAITS."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from social_roi.solvers.segments import DEVICE_FEATURES, LOG_FEATURES, explaining_feature

MIN_DIFFERENCE = 0.5
MAX_TRAITS = 3


class Trait(NamedTuple):
    """The words for a clear difference from the average user.

    family: a segment gets only its strongest trait of each. noun and qualifier: its name is the
    noun of its strongest trait and the qualifier of the next. sentence: follows "They".
    """

    feature: str
    direction: str
    family: str
    noun: str
    qualifier: str
    sentence: str
    advice: str


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
        ("conversions", "high", "buying", "Buyers", "who buy",
         "convert more often", _KEEP),
        ("revenue", "high", "buying", "Big spenders", "who spend most",
         "bring more revenue", _KEEP),
        ("clicks", "low", "clicking", "Quiet viewers", "who hardly click",
         "click less often", _QUIET),
        ("ctr", "low", "clicking", "Scrollers", "who rarely click",
         "click on a smaller share of the ads they see", _QUIET),
        ("clicks", "high", "clicking", "Active clickers", "who click often",
         "click more often", _RETARGET),
        ("ctr", "high", "clicking", "Ready clickers", "who click readily",
         "click on a larger share of the ads they see", _RETARGET),
        ("revenue", "low", "buying", "Low spenders", "who spend little or nothing",
         "bring less revenue", _CONVINCE),
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
        ("platforms_used", "low", "platforms", "Single-platform users", "on one platform",
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


def describe_segments(centroids: pd.DataFrame, selection: pd.DataFrame) -> pd.DataFrame:
    """Describe every segment for a marketer; one row per segment, none if there are no centroids.

    centroids: from `fit_centroids`; selection: from `select_segments`, on the same sample.
    Returns segment, persona (unique), what_sets_it_apart and what_to_do (a sentence each) and
    warning (the selection's, or null). A trait is at least half a standard deviation off average.
    """
    chosen = selection[selection["is_selected"].astype(bool)].iloc[0]
    warning = None if pd.isna(chosen["warning"]) else chosen["warning"]
    differences = centroid_differences(centroids)
    if len(differences) == 1:
        texts = [_one_segment(chosen["reason"])]
    elif feature := explaining_feature(warning):
        texts = _by_value(centroids, differences, feature)
    else:
        texts = _by_traits(differences)
    described = pd.DataFrame(texts, columns=COLUMNS[1:4], dtype="str")
    described.insert(0, "segment", differences.index.to_numpy(dtype="int64"))
    return described.assign(warning=pd.Series(warning, index=described.index, dtype="str"))


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
        f"There is one segment: {reason}.",
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


def _by_traits(differences: pd.DataFrame) -> list[tuple[str, str, str]]:
    found = [_traits(difference) for _, difference in differences.iterrows()]
    names = _unique(
        [_name(list(traits)[:2]) for traits in found],
        [_name(list(traits)) for traits in found],
        differences.index,
    )
    return [
        (name, _sentence(traits), _advice(traits))
        for name, traits in zip(names, found, strict=True)
    ]


def _traits(difference: pd.Series) -> dict[Trait, float]:
    """The segment's traits, strongest first, each with its difference from the average."""
    found: dict[Trait, float] = {}
    for trait in sorted(TRAITS, key=lambda trait: -abs(difference.get(trait.feature, 0.0))):
        value = difference.get(trait.feature, 0.0)
        strength = value if trait.direction == "high" else -value
        if strength >= MIN_DIFFERENCE and trait.family not in {known.family for known in found}:
            found[trait] = value
    return dict(list(found.items())[:MAX_TRAITS])


def _name(traits: list[Trait]) -> str:
    if not traits:
        return "Average users"
    return ", ".join(
        [" ".join([traits[0].noun, *(trait.qualifier for trait in traits[1:2])])]
        + [trait.qualifier for trait in traits[2:]]
    )


def _sentence(traits: dict[Trait, float]) -> str:
    if not traits:
        return "They are close to the average user in everything measured."
    parts = [f"{trait.sentence} ({value:+.1f})" for trait, value in traits.items()]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"They {listed} than the average user, in standard deviations."


def _advice(traits: dict[Trait, float]) -> str:
    for trait in TRAITS:
        if trait in traits:
            return trait.advice
    return "Serve them the standard campaign; they are the yardstick for the other segments."


def _unique(short: list[str], long: list[str], segments: pd.Index) -> list[str]:
    """The short name, the long one where others share that, the number where that is shared too."""
    names = [b if Counter(short)[a] > 1 else a for a, b in zip(short, long, strict=True)]
    return [
        f"{name} (segment {segment})" if Counter(names)[name] > 1 else name
        for name, segment in zip(names, segments, strict=True)
    ]
