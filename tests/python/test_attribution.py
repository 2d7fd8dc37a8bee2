"""The attribution solver: exact removal effects, and intervals with their stated coverage."""

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_roi.solvers.markov import (
    BUCKETS,
    LIMITS,
    attribution_intervals,
    bootstrap_weights,
    removal_effects,
)

VECTORS = Path(__file__).parents[1] / "vectors"
PATHS = ["t0_textbook", "t1_tiny", "t2_loops", "t3_all_convert"]
EDGE = ["level", "from_state", "to_state"]

Journey = tuple[tuple[str, ...], int, int, int]
"""Channels in order, conversions, journeys without conversion, bucket of users."""


def read_journeys(name: str) -> list[Journey]:
    paths = pd.read_csv(VECTORS / f"{name}.csv")
    return [
        (tuple(path.split(" > ")), conversions, nulls, row % BUCKETS)
        for row, (path, conversions, nulls) in enumerate(
            zip(paths["path"], paths["total_conversions"], paths["total_null"], strict=True)
        )
    ]


def channels_of(journeys: Iterable[Journey], *, more: Iterable[str] = ()) -> pd.DataFrame:
    names = sorted({channel for path, *_ in journeys for channel in path} | set(more))
    return pd.DataFrame(
        {
            "level": "platform",
            "ad_platform": names,
            "campaign_id": "all",
            "channel_number": range(1, len(names) + 1),
        }
    )


def edges_of(journeys: Iterable[Journey], channels: pd.DataFrame, order: int = 1) -> pd.DataFrame:
    """By the definition: sliding windows, a shorter path is one, equal neighbours merge."""
    number = dict(zip(channels["ad_platform"], channels["channel_number"], strict=True))
    rows = []
    for path, conversions, nulls, bucket in journeys:
        steps = [str(number[channel]) for channel in path]
        windows = [steps[at : at + order] for at in range(max(len(steps) - order + 1, 1))]
        states = [">".join(window) for window, _ in itertools.groupby(windows)]
        for source, target in itertools.pairwise(["(start)", *states]):
            rows.append(("platform", bucket, source, target, conversions + nulls))
        rows.append(("platform", bucket, states[-1], "(conversion)", conversions))
        rows.append(("platform", bucket, states[-1], "(null)", nulls))
    edges = pd.DataFrame(rows, columns=["level", "user_bucket", *EDGE[1:], "journeys"])
    return pack(edges[edges["journeys"] > 0])


def pack(edges: pd.DataFrame) -> pd.DataFrame:
    """One row per step, with its journeys by bucket as text."""
    edges = edges.groupby([*EDGE, "user_bucket"], as_index=False)["journeys"].sum()
    texts = edges["user_bucket"].astype(str) + " " + edges["journeys"].astype(str)
    steps = edges.assign(transitions_by_bucket=texts).groupby(EDGE, as_index=False)
    return steps.agg({"journeys": "sum", "transitions_by_bucket": " ".join})


def solve(journeys: list[Journey], order: int = 1) -> pd.DataFrame:
    channels = channels_of(journeys)
    return removal_effects(edges_of(journeys, channels, order), channels).set_index("ad_platform")


def expected(name: str, model: str, metric: str) -> dict[str, float]:
    table = pd.read_csv(VECTORS / f"expected_{name}.csv")
    chosen = table[(table["model"] == model) & (table["metric"] == metric)]
    return dict(zip(chosen["channel"], chosen["value"], strict=True))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("name", PATHS)
def test_removal_effects_are_the_exact_ones(name: str, order: int) -> None:
    solved = solve(read_journeys(name), order)
    effects = expected(name, f"markov_{order}", "removal_effect")
    assert solved["removal_effect"].to_dict() == pytest.approx(effects, abs=1e-12)
    credits = expected(name, f"markov_{order}", "conversions")
    total = sum(credits.values())
    assert (solved["share"] * total).to_dict() == pytest.approx(credits, rel=1e-11)
    probability = expected(name, f"markov_{order}", "p_conversion")["*"]
    assert solved["conversion_probability"].unique() == pytest.approx([probability], abs=1e-12)


def test_a_platform_named_like_a_state_does_not_corrupt_the_chain() -> None:
    plain = [(("a", "b"), 3, 4, 0), (("b",), 1, 2, 1), (("c", "a"), 0, 5, 2)]
    names = {"a": "(start)", "b": "(conversion)", "c": "1>2"}
    renamed = [(tuple(names[channel] for channel in path), *rest) for path, *rest in plain]
    effects = solve(plain)["removal_effect"]
    assert solve(renamed)["removal_effect"].to_dict() == pytest.approx(
        {names[channel]: effect for channel, effect in effects.items()}, abs=1e-12
    )


def test_nothing_converts_no_share() -> None:
    solved = solve([(("a", "b"), 0, 3, 0)])
    assert (solved["removal_effect"] == 0).all()
    assert solved["share"].isna().all()


def test_an_effect_of_everything_is_not_above_1() -> None:
    # without the limit it is 1.0000000000000002
    solved = solve([(("a", "b"), 0, 2, 0), (("b", "a"), 5, 4, 0)])
    assert solved["removal_effect"]["a"] == 1


def test_no_data_gives_empty_tables_of_the_same_types() -> None:
    journeys = read_journeys("t1_tiny")
    channels = channels_of(journeys)
    edges = edges_of(journeys, channels)
    for full, empty in (
        (removal_effects(edges, channels), removal_effects(edges.head(0), channels.head(0))),
        (intervals(journeys, channels), intervals([], channels.head(0))),
    ):
        assert len(full) and not len(empty)
        assert list(full.dtypes) == list(empty.dtypes)


def intervals(
    journeys: list[Journey],
    channels: pd.DataFrame,
    *,
    credits: Iterable[tuple[int, str, float]] = (),
    users: int = 50,
    replicates: int = 200,
) -> pd.DataFrame:
    """All intervals of these journeys; each conversion has a revenue of 10.

    Channels `platform/campaign` are of both levels. credits: bucket, channel and conversions by
    last touch. users: in each bucket.
    """
    parts, totals = [], [(bucket, users, 0, 0) for bucket in range(BUCKETS)]
    for path, conversions, _, bucket in journeys:
        profile = " ".join(sorted(platform_of(channel) for channel in path))
        parts += [
            (bucket, profile, platform_of(channel), channel, conversions / len(path))
            for channel in path
        ]
        totals.append((bucket, 0, conversions, conversions * 10))
    credited = [
        ("platform", bucket, platform_of(channel), "all", n) for bucket, channel, n in credits
    ]
    credited += [
        ("campaign", bucket, platform_of(channel), channel, n) for bucket, channel, n in credits
    ]
    edges = []
    for level, members in channels.groupby("level"):
        if level == "platform":
            paths = [(tuple(map(platform_of, path)), *rest) for path, *rest in journeys]
            edges.append(edges_of(paths, members))
        else:
            named = members.assign(ad_platform=members["campaign_id"])
            edges.append(edges_of(journeys, named).assign(level=level))
    return attribution_intervals(
        summed(credited, ["level", "user_bucket", "ad_platform", "campaign_id"], "last_touch"),
        summed(parts, ["user_bucket", "profile", "ad_platform", "campaign_id"], "conversions"),
        pd.concat(edges) if edges else edges_of([], channels),
        channels,
        summed(totals, ["user_bucket"], "users", "conversions", "revenue"),
        replicates=replicates,
    )


def platform_of(channel: str) -> str:
    return channel.split("/")[0]


def summed(rows: list[tuple], keys: list[str], *amounts: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[*keys, *amounts]).groupby(keys, as_index=False).sum()


def random_journeys(users: int, seed: int, chances: dict[str, float]) -> list[Journey]:
    """One touch each, so that the share of a platform is its part of the conversions."""
    random = np.random.default_rng(seed)
    names = random.choice(list(chances), users, p=np.array(list(chances.values())))
    converts = random.random(users) < 0.5
    buckets = random.integers(0, BUCKETS, users)
    return [
        ((str(name),), int(converted), int(not converted), int(bucket))
        for name, converted, bucket in zip(names, converts, buckets, strict=True)
    ]


def last_touch(journeys: list[Journey]) -> list[tuple[int, str, float]]:
    return [(bucket, path[-1], float(won)) for path, won, _, bucket in journeys]


def test_weights_are_poisson_and_the_same_on_every_run() -> None:
    weights = bootstrap_weights(200)
    assert weights.shape == (200, BUCKETS)
    assert weights.mean() == pytest.approx(1, abs=0.02)
    assert weights.var() == pytest.approx(1, abs=0.03)
    assert (weights == bootstrap_weights(200)).all()
    assert weights[0, :12].tolist() == bootstrap_weights(1)[0, :12].tolist()


def test_share_interval_is_as_wide_as_the_binomial_formula_says() -> None:
    journeys = random_journeys(4000, 1, {"a": 0.3, "b": 0.7})
    found = intervals(journeys, channels_of(journeys), credits=last_touch(journeys))
    row = found[(found["attribution_model"] == "last_touch") & (found["ad_platform"] == "a")].iloc[
        0
    ]
    conversions = sum(won for _, won, _, _ in journeys)
    error = np.sqrt(0.3 * 0.7 / conversions)
    assert (row["share_high"] - row["share_low"]) / (2 * 1.96 * error) == pytest.approx(1, abs=0.2)
    assert row["share_high_90"] - row["share_low_90"] < row["share_high"] - row["share_low"]


def test_90_percent_interval_covers_a_known_share() -> None:
    channels = channels_of([(("a", "b"), 1, 0, 0)])
    random = np.random.default_rng(7)
    draws = 100
    covered = 0
    for _ in range(draws):
        won = random.poisson([[0.45, 1.05]] * BUCKETS)
        credits = [
            (bucket, name, float(count))
            for bucket, counts in enumerate(won)
            for name, count in zip("ab", counts, strict=True)
        ]
        found = intervals([], channels, credits=credits)
        row = found.set_index(["attribution_model", "ad_platform"]).loc[("last_touch", "a")]
        covered += row["share_low_90"] <= 0.3 <= row["share_high_90"]
    assert 0.82 <= covered / draws <= 0.97


def test_every_model_has_limits_around_its_share() -> None:
    journeys = [
        (path, won * 40, lost * 40, bucket)
        for path, won, lost, bucket in [
            (path, won, lost, bucket + 11 * copy)
            for copy in range(17)
            for path, won, lost, bucket in read_journeys("t1_tiny")
        ]
    ]
    channels = channels_of(journeys)
    found = intervals(journeys, channels, credits=last_touch(journeys))
    assert set(found["attribution_model"]) == {"markov", "markov_path", "last_touch"}
    assert found.groupby("attribution_model").size().eq(len(channels)).all()
    assert (found["share_low"] <= found["share_low_90"]).all()
    assert (found["share_low_90"] <= found["share_high_90"]).all()
    assert (found["share_high_90"] <= found["share_high"]).all()
    markov = found[found["attribution_model"] == "markov"].set_index("ad_platform")
    shares = removal_effects(edges_of(journeys, channels), channels).set_index("ad_platform")[
        "share"
    ]
    assert (markov["share_low"] <= shares).all()
    assert (shares <= markov["share_high"]).all()
    revenue = shares * sum(won for _, won, _, _ in journeys) * 10
    assert (markov["revenue_low"] <= revenue).all()
    assert (revenue <= markov["revenue_high"]).all()
    assert (
        found.loc[found["attribution_model"] != "markov", [f"revenue_{x}" for x in LIMITS]]
        .isna()
        .all(axis=None)
    )


def test_identical_users_give_every_share_an_interval_of_width_0() -> None:
    """Each bucket is the same, so every replicate has the exact share."""
    kinds = [
        (("a/1", "b/1"), 3, 5),
        (("b/1", "a/2", "a/2"), 2, 1),
        (("a/1",), 1, 6),
        (("b/2", "b/1"), 4, 0),
        (("c/1", "a/2"), 0, 3),
    ]
    journeys = [(*kind, bucket) for bucket in range(BUCKETS) for kind in kinds]
    campaigns = channels_of(journeys).assign(level="campaign")
    campaigns["campaign_id"] = campaigns["ad_platform"]
    campaigns["ad_platform"] = campaigns["ad_platform"].map(platform_of)
    platforms = [(tuple(map(platform_of, path)), *rest) for path, *rest in journeys]
    channels = pd.concat([channels_of(platforms), campaigns])
    found = intervals(journeys, channels, credits=last_touch(journeys), replicates=20)

    effects = solve(platforms)["removal_effect"]
    conversions = sum(won for _, won, _ in kinds)
    exact: dict[tuple[str, str, str], float] = dict.fromkeys(
        [
            (model, platform, campaign)
            for model in ("markov_path", "last_touch")
            for platform, campaign in channels[["ad_platform", "campaign_id"]].itertuples(
                index=False
            )
        ],
        0.0,
    )
    for path, won, _ in kinds:
        effect = [effects[platform_of(channel)] for channel in path]
        for channel, part in zip(path, np.array(effect) / sum(effect), strict=True):
            for campaign in (channel, "all"):
                exact["markov_path", platform_of(channel), campaign] += won * part / conversions
        for campaign in (path[-1], "all"):
            exact["last_touch", platform_of(path[-1]), campaign] += won / conversions
    shares = dict(zip(campaigns["campaign_id"], solve(journeys)["share"], strict=True))
    exact |= {("markov", platform_of(name), name): share for name, share in shares.items()}
    shares = solve(platforms)["share"].to_dict()
    exact |= {("markov", platform, "all"): share for platform, share in shares.items()}
    rows = found.set_index(["attribution_model", "ad_platform", "campaign_id"])
    for limit in LIMITS:
        assert rows[f"share_{limit}"].to_dict() == pytest.approx(exact, abs=1e-12)


def test_revenue_limits_do_not_vary_with_the_number_of_users_sampled() -> None:
    """With one platform markov credits all revenue: its limits are those of a sum over users."""
    random = np.random.default_rng(5)
    users = 200
    won = random.binomial(users, 0.3, BUCKETS)
    journeys = [(("a",), int(bought), 7, bucket) for bucket, bought in enumerate(won)]
    found = intervals(journeys, channels_of(journeys), users=users, replicates=400)
    row = found[found["attribution_model"] == "markov"].iloc[0]
    bought, everyone = int(won.sum()), users * BUCKETS
    error = 10 * np.sqrt((everyone * bought - bought**2) / (everyone - 1))
    assert (row["revenue_high"] - row["revenue_low"]) / (2 * 1.96 * error) == pytest.approx(
        1, abs=0.2
    )


def test_a_planted_order_is_found_and_equal_shares_are_not_ranked() -> None:
    journeys = random_journeys(3000, 4, {"ahead": 0.5, "same": 0.25, "alike": 0.25})
    found = intervals(journeys, channels_of(journeys), credits=last_touch(journeys))
    rows = found[found["attribution_model"] == "last_touch"].set_index("ad_platform")
    assert rows.loc["ahead", "is_ahead_of_next"]
    second, last = rows.loc["ahead", "next_platform"], rows["next_platform"].isna().idxmax()
    assert {second, last} == {"same", "alike"}
    assert rows.loc[second, "next_platform"] == last
    assert not rows.loc[second, "is_ahead_of_next"]


JOURNEYS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=6).map(tuple),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, BUCKETS - 1),
    ).filter(lambda journey: journey[1] + journey[2] > 0),
    min_size=1,
    max_size=12,
)


def reference_effects(journeys: list[Journey], order: int) -> dict[str, float]:
    """By iterating the chain until almost all mass is absorbed, once without each channel."""
    channels = channels_of(journeys)
    edges = edges_of(journeys, channels, order)
    leaving: dict[str, list[tuple[str, int]]] = {}
    for source, target, count in zip(
        edges["from_state"], edges["to_state"], edges["journeys"], strict=True
    ):
        leaving.setdefault(source, []).append((target, count))

    def converts(removed: str | None) -> float:
        under_way, converted = {"(start)": 1.0}, 0.0
        while sum(under_way.values()) > 1e-15:
            arrived: dict[str, float] = {}
            for state, part in under_way.items():
                total = sum(count for _, count in leaving[state])
                for target, count in leaving[state]:
                    if target == "(conversion)":
                        converted += part * count / total
                    elif target != "(null)" and removed not in target.split(">"):
                        arrived[target] = arrived.get(target, 0.0) + part * count / total
            under_way = arrived
        return converted

    whole = converts(None)
    numbers = zip(channels["ad_platform"], channels["channel_number"], strict=True)
    return {name: 1 - converts(str(number)) / whole if whole else 0.0 for name, number in numbers}


@settings(max_examples=60, deadline=None)
@given(JOURNEYS, st.integers(1, 3))
def test_removal_effects_equal_iterating_the_chain(journeys: list[Journey], order: int) -> None:
    solved = solve(journeys, order)
    assert solved["removal_effect"].to_dict() == pytest.approx(
        reference_effects(journeys, order), abs=1e-9
    )
    assert solved["removal_effect"].between(0, 1).all()
    if solved["removal_effect"].sum() > 1e-9:
        assert solved["share"].sum() == pytest.approx(1, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(JOURNEYS, st.permutations("abcd"))
def test_renaming_platforms_changes_only_names(journeys: list[Journey], names: list[str]) -> None:
    new = dict(zip("abcd", names, strict=True))
    renamed = [(tuple(new[channel] for channel in path), *rest) for path, *rest in journeys]
    before = solve(journeys)["removal_effect"]
    after = solve(renamed)["removal_effect"]
    assert after.to_dict() == pytest.approx(
        {new[name]: effect for name, effect in before.items()}, abs=1e-12
    )


@settings(max_examples=30, deadline=None)
@given(JOURNEYS)
def test_doubling_every_user_leaves_shares_unchanged(journeys: list[Journey]) -> None:
    doubled = [(path, won * 2, lost * 2, bucket) for path, won, lost, bucket in journeys]
    assert solve(doubled)["removal_effect"].to_dict() == pytest.approx(
        solve(journeys)["removal_effect"].to_dict(), abs=1e-12
    )


def test_a_channel_without_touches_has_no_effect() -> None:
    journeys = read_journeys("t1_tiny")
    channels = channels_of(journeys, more=["spend only"])
    solved = removal_effects(edges_of(journeys, channels), channels).set_index("ad_platform")
    assert solved.loc["spend only", "removal_effect"] == 0
    assert solved.loc["spend only", "share"] == 0


def test_200_campaigns_are_solved_in_bounded_time_and_memory() -> None:
    random = np.random.default_rng(1)
    journeys = [
        (tuple(f"c{n:03d}" for n in random.integers(0, 200, random.integers(1, 6))), 1, 2, int(b))
        for b in random.integers(0, BUCKETS, 1500)
    ]
    channels = channels_of(journeys)
    found = intervals(journeys, channels, credits=last_touch(journeys), replicates=20)
    assert found["share_high"].notna().all()
