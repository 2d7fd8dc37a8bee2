"""Segments: planted groups are found, noise is not segmented, scoring is exact."""

import os
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from social_roi.errors import UserError
from social_roi.solvers import segments
from social_roi.solvers.personas import (
    TRAITS,
    centroid_differences,
    describe_segments,
    outcomes,
    ratio_z,
)
from social_roi.solvers.segments import (
    DEVICE_FEATURES,
    FEATURES,
    click_spread,
    fit_centroids,
    prepare,
    score,
    select_segments,
)

# impressions, clicks, conversions, revenue, time spent, recency, platforms: of three kinds of users
KINDS = np.array(
    [
        [60, 3, 0.2, 5, 900, 10, 4],
        [40, 20, 1, 30, 120, 5, 3],
        [8, 5, 4, 400, 20, 60, 1],
    ]
)


def sample_of(counts: np.ndarray, seed: int) -> pd.DataFrame:
    """Users with the given seven figures; age and device are simulated independently."""
    random = np.random.default_rng(seed)
    names = ["impressions", "clicks", "conversions", "revenue", "time_spent"]
    frame = pd.DataFrame(np.log1p(counts[:, :5]).round(9), columns=names)
    frame["ctr"] = (counts[:, 1] / counts[:, 0]).round(9)
    frame["recency_days"], frame["platforms_used"] = counts[:, 5], counts[:, 6]
    frame["age"] = random.integers(18, 66, len(frame)).astype(float)
    device = random.integers(0, 3, len(frame))
    for number, feature in enumerate(DEVICE_FEATURES):
        frame[feature] = np.where(device == number, np.sqrt(0.5).round(9), 0.0)
    frame.insert(0, "user_id", [f"user-{number:05d}" for number in range(len(frame))])
    return frame


def planted(users: int = 600, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(seed)
    kinds = random.integers(0, len(KINDS), users)
    counts = np.rint(KINDS[kinds] * random.lognormal(0, 0.2, (users, KINDS.shape[1])))
    counts[:, 0] = np.maximum(counts[:, 0], 1)
    return sample_of(counts, seed), kinds


def one_kind(users: int, rate: float = 0.05, seed: int = 1) -> pd.DataFrame:
    """Users with one common click and conversion rate, who see more or fewer ads."""
    random = np.random.default_rng(seed)
    shown = 1 + random.negative_binomial(2, 0.1, users)
    clicks = random.binomial(shown, rate)
    bought = random.binomial(clicks, 0.05)
    rest = np.column_stack([bought * 50, shown * 9, random.integers(0, 90, users), shown * 0 + 2])
    return sample_of(np.column_stack([shown, clicks, bought, rest]), seed)


def noise(users: int = 600, seed: int = 1) -> pd.DataFrame:
    """Every feature a bell of its own; clicks and impressions are no counts here."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(users, len(FEATURES) - len(DEVICE_FEATURES)))
    frame = pd.DataFrame(values.round(9), columns=FEATURES[: values.shape[1]])
    frame = frame.rename(columns={"clicks": "nothing"})
    return frame.assign(user_id=[f"user-{number:05d}" for number in range(users)])


def by_device(users: int = 600) -> pd.DataFrame:
    """Users of two devices, half each, with all other features null."""
    on_mobile = np.arange(users) % 2 == 0
    return noise(users)[["user_id"]].assign(
        is_mobile=np.where(on_mobile, np.sqrt(0.5), 0.0),
        is_desktop=np.where(on_mobile, 0.0, np.sqrt(0.5)),
    )


def selected(selection: pd.DataFrame) -> pd.Series:
    assert selection["is_selected"].sum() == 1
    return selection[selection["is_selected"]].iloc[0]


def test_three_planted_kinds_of_users_are_recovered() -> None:
    sample, kinds = planted()
    selection = select_segments(sample)
    assert list(selection["k"]) == list(range(1, 11))
    assert selected(selection)["k"] == 3
    assert selected(selection)["reason"] == "furthest below the chord"
    assert pd.isna(selected(selection)["warning"])
    labels = score(sample, fit_centroids(sample, selection))
    assert adjusted_rand_score(kinds, labels) > 0.95


def test_candidates_carry_their_quality_and_only_k_1_has_none() -> None:
    selection = select_segments(planted()[0])
    assert selection["inertia"].is_monotonic_decreasing
    assert selection["silhouette"].isna().tolist() == [True] + [False] * 9
    assert selection.loc[[0, 9], "knee_distance"].tolist() == [0, 0]
    assert selection[["reason"]].notna().sum().item() == 1


@pytest.mark.parametrize("users", [60, 600])
def test_silhouette_is_that_of_its_definition(users: int) -> None:
    matrix, _ = prepare(planted(users)[0])
    random = np.random.default_rng(0)
    labellings = [np.zeros(users, dtype=int)] + [
        np.unique(random.integers(0, k, users), return_inverse=True)[1] for k in (2, 5, users)
    ]
    expected = [silhouette_samples(matrix, labels).mean() for labels in labellings[1:]]
    assert np.isnan(segments._silhouettes(matrix, labellings)[0])
    assert segments._silhouettes(matrix, labellings)[1:] == pytest.approx(expected)


def test_the_number_that_is_decided_on_has_its_stability() -> None:
    sample = planted()[0]
    for forced, k in ((None, 3), (4, 4)):
        stability = select_segments(sample, forced_k=forced).set_index("k")["stability"].dropna()
        assert stability.index.tolist() == [k]
        assert stability.between(0, 1).all()
    refused = select_segments(noise()).set_index("k")
    assert refused["stability"].dropna().index.tolist() == [refused["knee_distance"].idxmax()]


def test_scikit_learn_has_one_thread_also_where_nobody_has_loaded_it_yet() -> None:
    program = """
from threadpoolctl import threadpool_info
from social_roi.solvers.segments import _one_thread
with _one_thread(2):
    print({pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"})
"""
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-c", program]
    assert subprocess.check_output(command, env=environment, text=True) == "{1}\n"


def test_nothing_to_cluster_does_not_load_scikit_learn() -> None:
    program = """
import sys
import pandas as pd
from social_roi.solvers.segments import fit_centroids, select_segments
for users in (pd.DataFrame({"user_id": [], "clicks": []}), pd.DataFrame({"user_id": ["u"]})):
    selection = select_segments(users)
    fit_centroids(users, selection)
    print(*selection["k"], "sklearn" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "1 False\n" * 2


def test_the_chord_ends_at_ten_segments_with_fewer_distinct_users_too() -> None:
    assert segments._knee_distance(np.array([90.0, 0.0])) == pytest.approx([0, 8 / 9])
    evenly = segments._knee_distance(np.linspace(90, 0, 10))
    assert evenly == pytest.approx(np.zeros(10))


def test_noise_gives_one_segment_and_the_reason() -> None:
    sample = noise()
    selection = select_segments(sample)
    chosen = selected(selection)
    assert chosen["k"] == 1
    assert "no clear groups" in chosen["reason"]
    described = describe_segments(fit_centroids(sample, selection), selection, sample)
    assert described["persona"].tolist() == ["All users"]
    assert chosen["reason"] in described["what_sets_it_apart"].item()
    assert set(score(sample, fit_centroids(sample, selection))) == {1}


def test_an_unstable_segmentation_is_one_segment() -> None:
    weak = pd.Series({"silhouette": 0.4, "stability": 0.61}, name=3)
    sizes = np.array([200, 300, 500])
    assert segments._weaknesses(weak, sizes) == [
        "no stable groups: another draw of users gives 3 other segments"
    ]
    enough = pd.Series({"silhouette": 0.25, "stability": 0.8}, name=3)
    assert segments._weaknesses(enough, sizes) == []
    assert segments._weaknesses(enough, np.array([10, 490, 500])) == []
    assert segments._weaknesses(enough, np.array([9, 491, 500])) == [
        "one of 3 segments is too small to be an audience: 9"
    ]
    assert segments._weaknesses(enough, np.array([4, 26, 30])) == [
        "one of 3 segments is too small to be an audience: 4"
    ]


@pytest.mark.parametrize("users", [60, 1_000])
@pytest.mark.parametrize("rate", [0.012, 0.5])
def test_one_kind_of_users_is_not_split_however_much_they_see(users: int, rate: float) -> None:
    chosen = selected(select_segments(one_kind(users, rate)))
    assert chosen["k"] == 1
    assert "the users' clicks differ no more than by chance" in chosen["reason"]


def test_the_spread_of_clicks_is_pearsons_by_hand() -> None:
    # 3 users of 10 impressions with 1, 2 and 6 clicks, and the most deviating one is left out:
    # p = 0.3, variance 2.1; X^2 of the first two (4 + 1) / 2.1; each has the variance
    # 2 + (1 - 6 x 0.21) / 2.1
    sample = pd.DataFrame({"impressions": np.log1p([10] * 3), "clicks": np.log1p([1, 2, 6])})
    expected = (5 / 2.1 - 2) / np.sqrt(2 * (2 - 0.26 / 2.1))
    assert click_spread(sample) == pytest.approx(expected)
    # more clicks than impressions: the variance of a Poisson count, 3; that user is left out
    sample["impressions"] = np.log1p([10, 10, 5])
    rate = 9 / 25
    variance = 10 * rate * (1 - rate)
    squares = ((1 - 10 * rate) ** 2 + (2 - 10 * rate) ** 2) / variance
    chance = rate * (1 - rate)
    assert click_spread(sample) == pytest.approx(
        (squares - 2) / np.sqrt(2 * (2 + (1 - 6 * chance) / variance))
    )
    # no impressions at all: clicks per user, Poisson; 3 a user, the one with 6 left out
    sample["impressions"] = 0.0
    assert click_spread(sample) == pytest.approx((5 / 3 - 2) / np.sqrt(2 * (2 + 1 / 3)))
    assert click_spread(sample[["impressions"]]) == np.inf


def test_a_bot_is_no_kind_of_users() -> None:
    sample, kinds = planted(60)
    bot = sample.iloc[[0]].assign(
        user_id="bot", impressions=np.log1p(200_000), clicks=np.log1p(200_000), ctr=1.0
    )
    with_bot = pd.concat([sample, bot], ignore_index=True)
    selection = select_segments(with_bot)
    assert selected(selection)["k"] == 3
    labels = score(with_bot, fit_centroids(with_bot, selection))
    assert labels.value_counts().min() > 5
    assert adjusted_rand_score(kinds, labels[:60]) > 0.9


def test_what_users_bought_is_no_feature_unless_asked_for_and_then_it_is_said() -> None:
    sample = planted()[0]
    assert not {"conversions", "revenue"} & set(prepare(sample)[1]["feature"])
    published = ["age", "clicks", "impressions", "conversions", "device_type"]
    assert set(prepare(sample, published)[1]["feature"]) == {
        "age", "clicks", "impressions", "conversions", *DEVICE_FEATURES,
    }  # fmt: skip
    chosen = selected(select_segments(sample, features=published, forced_k=3))
    assert "made of conversions, so they differ in it by construction" in chosen["warning"]
    with pytest.raises(UserError, match="no feature is called revenues; choose from impressions"):
        select_segments(sample, features=["clicks", "revenues"])


def test_features_are_clipped_at_the_hundredth_user_from_either_end() -> None:
    sample = pd.DataFrame({"user_id": [f"{n:03}" for n in range(201)], "age": np.arange(201.0)})
    matrix, scaling = prepare(sample)
    ages = np.clip(np.arange(201), 2, 198)
    assert scaling[["fill", "mean"]].to_numpy().tolist() == [[100, 100]]
    assert scaling["sd"].item() == pytest.approx(ages.std())
    assert matrix[:, 0] == pytest.approx((ages - 100) / ages.std())
    assert prepare(sample[:49])[1]["mean"].item() == 24


def test_a_forced_k_keeps_the_warning() -> None:
    sample = noise()
    selection = select_segments(sample, forced_k=3)
    chosen = selected(selection)
    assert chosen["k"] == 3
    assert chosen["reason"].startswith("forced to 3")
    assert "no clear groups: 3 segments overlap too much" in chosen["warning"]
    described = describe_segments(fit_centroids(sample, selection), selection, sample)
    assert len(described) == 3
    assert (described["warning"] == chosen["warning"]).all()


@pytest.mark.parametrize("forced_k", [0, 11, -1])
def test_a_forced_k_out_of_range_is_refused_in_one_line(forced_k: int) -> None:
    with pytest.raises(UserError, match="choose 1 to 10"):
        select_segments(planted(60)[0], forced_k=forced_k)


def test_segments_that_are_only_the_devices_have_a_warning() -> None:
    sample = by_device()
    selection = select_segments(sample)
    chosen = selected(selection)
    assert chosen["k"] == 2
    assert chosen["warning"] == "one feature explains these segments: device_type"
    described = describe_segments(fit_centroids(sample, selection), selection, sample)
    assert set(described["persona"]) == {"Mobile users", "Desktop users"}
    assert described["what_to_do"].str.startswith("Not a behavioural segment").all()
    assert (described["warning"] == chosen["warning"]).all()


def test_users_without_a_known_device_are_not_named_after_one() -> None:
    sample = by_device().drop(columns="is_desktop")
    selection = select_segments(sample)
    described = describe_segments(fit_centroids(sample, selection), selection, sample)
    assert set(described["persona"]) == {"Mobile users", "Users of other devices"}


def test_segments_that_are_only_one_figure_are_named_by_its_value() -> None:
    sample = noise()
    sample["clicks"] = np.log1p(np.where(np.arange(len(sample)) % 2, 4, 0))
    sample = sample[["user_id", "clicks"]]
    selection = select_segments(sample)
    described = describe_segments(fit_centroids(sample, selection), selection, sample)
    assert set(described["persona"]) == {"Clicks per user: 0", "Clicks per user: 4"}


def test_devices_explain_segments_in_spite_of_behaviour_that_varies_within_them() -> None:
    sample = noise().merge(by_device())
    matrix, scaling = prepare(sample)
    warning = segments._single_feature(matrix, scaling, np.arange(len(sample)) % 2)
    assert segments.explaining_feature(warning) == "device_type"


def test_a_figure_cut_in_two_without_a_gap_explains_nothing() -> None:
    sample = noise()
    matrix, scaling = prepare(sample[["user_id", "ctr", "age"]])
    halves = (sample["ctr"] > sample["ctr"].median()).to_numpy().astype(int)
    assert segments._single_feature(matrix, scaling, halves) is None


def test_a_figure_that_leaves_two_segments_alike_does_not_explain_three() -> None:
    random = np.random.default_rng(2)
    bought, age = np.arange(600) % 2, random.uniform(20, 60, 600)
    sample = noise()[["user_id"]].assign(conversions=bought, age=age)
    matrix, scaling = prepare(sample, ["conversions", "age"])
    three = np.where(bought == 1, 2, age > 40).astype(int)
    assert segments._single_feature(matrix, scaling, three) is None
    assert "conversions" in segments._single_feature(matrix, scaling, bought)


def test_a_segment_of_one_outlier_is_unstable_since_refits_may_miss_it() -> None:
    matrix = np.append(np.random.default_rng(4).normal(size=99), 1_000)[:, np.newaxis]
    assert segments._stability(matrix, (matrix[:, 0] > 500).astype(int)) < 0.8


def test_a_figure_that_differs_is_no_explanation_while_others_differ_too() -> None:
    matrix, scaling = prepare(planted()[0])
    kinds = planted()[1]
    assert segments._single_feature(matrix, scaling, kinds) is None


@pytest.mark.parametrize("users", [1, 2, 49])
def test_fewer_than_fifty_users_are_one_segment(users: int) -> None:
    sample = planted(users)[0]
    selection = select_segments(sample)
    assert selected(selection)["k"] == 1
    assert f"fewer than 50 users: {users}" in selected(selection)["reason"]
    assert set(score(sample, fit_centroids(sample, selection))) == {1}


def test_few_users_can_be_forced_up_to_their_number() -> None:
    sample = planted(4)[0]
    for forced_k, expected in ((3, 3), (9, 4)):
        selection = select_segments(sample, forced_k=forced_k)
        assert selected(selection)["k"] == expected
        assert "fewer than 50 users: 4" in selected(selection)["warning"]
        assert fit_centroids(sample, selection)["segment"].nunique() == expected
    assert "only 4 distinct users for 9 segments" in selected(selection)["warning"]


@pytest.mark.parametrize("sample", [planted(1)[0].iloc[:0], pd.DataFrame({"user_id": []})])
def test_without_users_there_are_no_centroids_but_all_columns(sample: pd.DataFrame) -> None:
    selection = select_segments(sample)
    assert selected(selection)["k"] == 1
    centroids = fit_centroids(sample, selection)
    full = fit_centroids(planted(60)[0], select_segments(planted(60)[0]))
    assert len(centroids) == 0
    assert selection.dtypes.to_dict() == select_segments(planted(60)[0]).dtypes.to_dict()
    assert centroids.dtypes.to_dict() == full.dtypes.to_dict()
    assert describe_segments(centroids, selection, sample).empty
    assert list(describe_segments(centroids, selection, sample)) == [
        "segment", "persona", "what_sets_it_apart", "what_to_do", "warning",
    ]  # fmt: skip


def test_features_without_information_are_left_out() -> None:
    sample = planted()[0].assign(recency_days=None, age=30.0).drop(columns="is_tablet")
    _, scaling = prepare(sample)
    left_out = set(FEATURES) - {"conversions", "revenue"} - set(scaling["feature"])
    assert left_out == {"recency_days", "age", "is_tablet"}


def test_users_alike_in_everything_are_one_segment() -> None:
    sample = noise(80)[["user_id"]].assign(clicks=1.0, age=None)
    selection = select_segments(sample)
    assert selected(selection)["reason"] == "all users are alike in every feature"
    assert set(score(sample, fit_centroids(sample, selection))) == {1}


def test_behaviour_is_standardised_and_the_device_is_not() -> None:
    sample = planted()[0]
    matrix, scaling = prepare(sample)
    device = scaling["feature"].isin(DEVICE_FEATURES)
    assert matrix[:, ~device].mean(axis=0) == pytest.approx(np.zeros(7), abs=1e-12)
    assert matrix[:, ~device].std(axis=0) == pytest.approx(np.ones(7))
    assert scaling.loc[device, ["mean", "sd"]].to_numpy().tolist() == [[0.0, 1.0]] * 3


def test_nulls_take_the_median() -> None:
    sample = planted(101)[0]
    sample.loc[:9, "age"] = np.nan
    matrix, scaling = prepare(sample)
    age = scaling.set_index("feature").loc["age"]
    assert age["fill"] == sample["age"].median()
    position = list(scaling["feature"]).index("age")
    assert matrix[:10, position] == pytest.approx((age["fill"] - age["mean"]) / age["sd"])


def test_every_number_type_gives_the_same_result() -> None:
    sample = planted(120)[0]
    sample.loc[:5, "clicks"] = np.nan
    arrived = sample.copy()
    arrived["clicks"] = [None if np.isnan(v) else Decimal(repr(v)) for v in sample["clicks"]]
    arrived["age"] = sample["age"].astype("Float64")
    arrived["ctr"] = sample["ctr"].astype(object)
    arrived.loc[7, ["age", "ctr"]] = pd.NA
    sample.loc[7, ["age", "ctr"]] = np.nan
    pd.testing.assert_frame_equal(select_segments(arrived), select_segments(sample))


def test_the_order_of_the_rows_changes_nothing() -> None:
    sample = planted(300)[0]
    shuffled = sample.sample(frac=1, random_state=3)
    selection = select_segments(sample)
    pd.testing.assert_frame_equal(select_segments(shuffled), selection)
    pd.testing.assert_frame_equal(
        fit_centroids(shuffled, selection), fit_centroids(sample, selection)
    )


def test_every_user_gets_the_segment_that_scikit_learn_predicts() -> None:
    sample = planted(800)[0]
    selection = select_segments(sample, forced_k=7)
    centroids = fit_centroids(sample, selection)
    users = planted(2_000, seed=9)[0]
    blank = np.random.default_rng(5).random((len(users), len(FEATURES))) < 0.1
    users[list(FEATURES)] = users[list(FEATURES)].mask(blank)

    scaling = prepare(sample)[1].set_index("feature")
    wide = centroids.pivot(index="segment", columns="feature", values="centroid")[scaling.index]
    model = KMeans(7, n_init=1, init=wide.to_numpy(), max_iter=1).fit(wide.to_numpy())
    filled = users[list(scaling.index)].fillna(scaling["fill"])
    predicted = model.predict(((filled - scaling["mean"]) / scaling["sd"]).to_numpy()) + 1

    scored = score(users, centroids)
    assert scored.tolist() == predicted.tolist()
    assert scored.nunique() == 7


def test_the_sample_scores_as_it_was_fitted() -> None:
    sample = planted(800)[0]
    centroids = fit_centroids(sample, select_segments(sample))
    fitted = centroids.drop_duplicates("segment").set_index("segment")["users_in_sample"]
    assert score(sample, centroids).value_counts().sort_index().tolist() == fitted.tolist()


def test_a_tie_goes_to_the_smaller_segment_number() -> None:
    centroids = pd.DataFrame({"segment": [2, 1], "feature": "age", "centroid": [1.0, -1.0]}).assign(
        mean=40.0, sd=10.0, fill=40.0, users_in_sample=1
    )
    users = pd.DataFrame({"age": [40.0, None, 40.1, 39.9, 40 + 1e-11]}, index=list("abcde"))
    assert score(users, centroids).to_dict() == {"a": 1, "b": 1, "c": 2, "d": 1, "e": 1}


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(60)))
def test_a_users_segment_does_not_depend_on_the_other_rows(order: list[int]) -> None:
    scored = score(SCORED_SAMPLE, SCORED_CENTROIDS)
    pd.testing.assert_series_equal(
        score(SCORED_SAMPLE.iloc[order], SCORED_CENTROIDS), scored.iloc[order]
    )
    some = SCORED_SAMPLE.iloc[order[:7]]
    pd.testing.assert_series_equal(score(some, SCORED_CENTROIDS), scored.iloc[order[:7]])


SCORED_SAMPLE = planted(60)[0]
SCORED_CENTROIDS = fit_centroids(SCORED_SAMPLE, select_segments(SCORED_SAMPLE, forced_k=5))


def test_segments_are_ordered_by_conversions_per_click() -> None:
    sample, kinds = planted()
    labels = score(sample, fit_centroids(sample, select_segments(sample)))
    totals = np.expm1(sample[["conversions", "clicks"]]).groupby(labels).sum()
    rates = totals["conversions"] / totals["clicks"]
    assert rates.is_monotonic_decreasing and rates.index.tolist() == [1, 2, 3]
    assert adjusted_rand_score(labels == 1, kinds == 2) > 0.95


def test_equal_conversion_rates_go_by_clicks_then_users_and_no_clicks_come_last() -> None:
    figures = [(0, 0), (1, 2), (2, 4), (1, 2), (1, 2), (1, 1)]
    frame = pd.DataFrame(np.log1p(figures), columns=["conversions", "clicks"])
    frame["user_id"] = list("abcdef")
    labels = np.array([0, 1, 2, 3, 3, 4])
    assert segments._by_conversion_rate(frame, labels) == [4, 3, 2, 1, 0]


def test_personas_are_unique_with_their_differences_and_advice() -> None:
    sample = planted()[0]
    selection = select_segments(sample)
    described = describe_segments(fit_centroids(sample, selection), selection, sample)
    assert described["segment"].tolist() == [1, 2, 3]
    assert described["persona"].is_unique
    texts = described[["persona", "what_sets_it_apart", "what_to_do"]]
    assert (texts.apply(lambda column: column.str.len()) > 5).all(axis=None)
    assert described["warning"].isna().all()


def test_a_group_is_held_against_the_rate_of_all_by_user_by_hand() -> None:
    # p = 0.25, the group has half of the trials: 16 events less 10 expected;
    # variance 0.5 x 0.5 x max(8 x 1.5^2 x 8 / 7, 80 x 0.25 x 0.75)
    events, trials = np.array([4, 4, 4, 4, 1, 1, 1, 1]), np.full(8, 10)
    inside = np.arange(8) < 4
    assert ratio_z(events, trials, inside) == pytest.approx(6 / np.sqrt(18 * 8 / 7 / 4))
    assert ratio_z(events, trials, ~inside) == pytest.approx(-6 / np.sqrt(18 * 8 / 7 / 4))
    # the same events of half of the users: 4 x 5.5^2 + 4 x 2.5^2 is more than binomial
    events = np.array([8, 8, 0, 0, 2, 2, 0, 0])
    squares = (2 * 5.5**2 + 4 * 2.5**2 + 2 * 0.5**2) * 8 / 7
    assert ratio_z(events, trials, inside) == pytest.approx(6 / np.sqrt(squares / 4))
    # fewer than five events are expected of the group
    assert ratio_z(events, trials, np.arange(8) == 0) == 0


def bought(*groups: tuple[int, int, float, float]) -> tuple[pd.DataFrame, pd.Series]:
    """Segments 1, 2, ... of (users, clicks each, conversions each, revenue of a conversion)."""
    rows = [
        (segment, clicks, int(n % 10 < 10 * conversions), revenue)
        for segment, (users, clicks, conversions, revenue) in enumerate(groups, start=1)
        for n in range(users)
    ]
    frame = pd.DataFrame(rows, columns=["segment", "clicks", "conversions", "revenue"])
    frame["revenue"] = np.log1p(frame["revenue"] * frame["conversions"])
    frame[["clicks", "conversions"]] = np.log1p(frame[["clicks", "conversions"]])
    return frame.drop(columns="segment"), frame["segment"]


def test_outcomes_are_told_only_where_they_clearly_differ() -> None:
    # the first buys ten times as often at the same price, the second clicks as much without
    found = outcomes(*bought((100, 2, 1.0, 50), (300, 2, 0.1, 50)))
    # mean log1p of 0.325 of ln 2, deviation ln 2 x sqrt(0.325 x 0.675)
    spread = (0.325 * 0.675) ** 0.5
    assert found["conversions"].tolist() == pytest.approx([0.675 / spread, -0.225 / spread])
    assert found["revenue"].tolist() == [0, 0]
    assert found["cvr"].tolist() == [1, -1]
    equal = outcomes(*bought((100, 2, 0.3, 50), (300, 2, 0.3, 50)))
    assert (equal == 0).all(axis=None)
    dearer = outcomes(*bought((100, 2, 0.3, 90), (300, 2, 0.3, 30)))
    assert dearer["conversions"].tolist() == [0, 0]
    assert dearer["revenue"].tolist() == pytest.approx([45 / 675**0.5, -15 / 675**0.5])


def centroids_of(differences: dict[str, list[float]]) -> pd.DataFrame:
    wide = pd.DataFrame(differences)
    wide.index = pd.RangeIndex(1, len(wide) + 1, name="segment")
    long = wide.melt(var_name="feature", value_name="centroid", ignore_index=False).reset_index()
    return long.assign(
        mean=lambda rows: np.where(rows["feature"].isin(DEVICE_FEATURES), 0.0, 3.0),
        sd=1.0,
        fill=3.0,
        users_in_sample=10,
    )


def described_by(centroids: pd.DataFrame, **columns: list[float]) -> pd.DataFrame:
    """The personas of segments whose ten users each lie at the centre; columns: more of them."""
    wide = centroids.assign(value=centroids["centroid"] * centroids["sd"] + centroids["mean"])
    users = wide.pivot(index="segment", columns="feature", values="value").assign(**columns)
    sample = users.loc[np.repeat(users.index, 10)].reset_index(drop=True)
    sample["user_id"] = [f"{number:03}" for number in range(len(sample))]
    return describe_segments(centroids, plain_selection(len(users)), sample)


def plain_selection(k: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"k": [k], "is_selected": [True], "reason": ["furthest below the chord"], "warning": [None]}
    )


def test_a_persona_is_named_after_its_largest_differences() -> None:
    centroids = centroids_of(
        {
            "time_spent": [1.4, -0.3, 0.4],
            "platforms_used": [-0.9, 0.6, 0.1],
            "clicks": [-0.7, 0.9, 0.0],
            "is_mobile": [0.0, np.sqrt(0.5), 0.3],
        }
    )
    described = described_by(centroids).set_index("segment")
    assert described["persona"].tolist() == [
        "Watchers on few platforms",
        "Mobile users who click often",
        "Average users",
    ]
    assert described.loc[2, "what_sets_it_apart"] == (
        "They use a mobile more often (100% of the users; all users 47%), click more often (48.4"
        " clicks a user; all users 25.5) and use more platforms (3.6 platforms a user; all users"
        " 2.9)."
    )
    assert "fewer, cheaper impressions" in described.loc[1, "what_to_do"]
    assert "Retarget within a week" in described.loc[2, "what_to_do"]


def test_clickers_who_do_not_buy_are_not_retargeted() -> None:
    centroids = centroids_of({"clicks": [1.2, -1.2]})
    described = described_by(centroids, conversions=[0.0, np.log(10)])
    assert described["persona"].tolist() == [
        "Active clickers who rarely buy",
        "Buyers who hardly click",
    ]
    assert "attention does not turn into sales here" in described.loc[0, "what_to_do"]
    assert "offers for customers" in described.loc[1, "what_to_do"]


def test_impressions_and_ctr_say_nothing_where_the_clicks_exceed_them() -> None:
    centroids = centroids_of(
        {"clicks": [1.0, -1.0], "impressions": [-1.0, 1.0], "ctr": [1.0, -1.0]}
    )
    described = described_by(centroids)
    assert described["persona"].tolist() == ["Active clickers", "Quiet viewers who see many ads"]


def test_the_average_device_is_that_of_the_users_not_of_the_segments() -> None:
    centroids = centroids_of({"is_mobile": [np.sqrt(0.5), np.sqrt(0.125)]})
    centroids["users_in_sample"] = [90, 10]
    described = described_by(centroids)
    assert "Mobile users" not in described["persona"].tolist()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_device_that_all_users_have_or_none_sets_no_segment_apart(share: float) -> None:
    centroids = centroids_of({"is_mobile": [share / np.sqrt(2)] * 3, "clicks": [1.0, 0.5, -1.0]})
    assert centroid_differences(centroids)["is_mobile"].tolist() == [0.0] * 3


def test_segments_with_the_same_traits_still_have_names_of_their_own() -> None:
    centroids = centroids_of(
        {"clicks": [1.6, 1.5, 1.4, -1.0], "time_spent": [0.9, 0.8, 0.8, 0.0], "age": [0.6, 0, 0, 0]}
    )
    assert described_by(centroids)["persona"].tolist()[:3] == [
        "Active clickers who watch long, of higher age",
        "Active clickers who watch long (segment 2)",
        "Active clickers who watch long (segment 3)",
    ]


def test_every_feature_has_words_for_high_and_behaviour_for_low_too() -> None:
    spoken = {(trait.feature, trait.direction) for trait in TRAITS}
    assert len(spoken) == len(TRAITS)
    assert spoken == {(feature, "high") for feature in FEATURES} | {
        (feature, "low") for feature in FEATURES if feature not in DEVICE_FEATURES
    }
