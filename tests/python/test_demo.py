"""The committed demo seeds contain the planted figures, recomputed from the files alone."""

from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from social_roi.demo import write_demo
from social_roi.landing.raw_tables import EVENT_TYPES, LANDED_FILES, LANDING_REJECTS, RAW_TABLES

SEEDS = Path(__file__).parents[2] / "seeds" / "demo"
LOOKUPS = SEEDS.parent / "lookups"
COLUMNS = {table: [column.name for column in columns] for table, columns in RAW_TABLES.items()}
Z = 1.96


def seed(name: str) -> pd.DataFrame:
    return pd.read_csv(SEEDS / f"demo_{name}.csv", dtype=str, keep_default_na=False)


def planted(kind: str, metric: str) -> dict[str, str]:
    truth = seed("planted_truth")
    truth = truth[(truth["kind"] == kind) & (truth["metric"] == metric)]
    return dict(zip(truth["subject"], truth["value"], strict=True))


def reject_reasons(table: str) -> pd.Series:
    """Everything wrong with each row by the rules of the raw contract, joined by `;`."""
    rows = seed(table)
    checks = {}
    if table == "ad_events":
        is_conversion = rows["event_type"] == "conversion"
        has_known_type = rows["event_type"].isin(EVENT_TYPES)
        checks["no user"] = rows["user_id"] == ""
        checks["unreadable time"] = pd.to_datetime(rows["occurred_at"], errors="coerce").isna()
        checks["unknown event type"] = ~has_known_type
        is_sale = rows["event_type"].isin(["conversion", "refund"])
        checks["no platform"] = (rows["ad_platform"] == "") & ~is_sale
        checks["repeated event_id"] = rows["event_id"].duplicated()
        checks["negative revenue"] = rows["revenue"].str.startswith("-")
        checks["repeated conversion_id"] = is_conversion & rows["conversion_id"].duplicated()
    if table == "ad_interactions":
        checks["impressions is not a number"] = ~rows["impressions"].str.isdigit()
        checks["equal to an earlier row"] = rows[COLUMNS[table]].duplicated()
    if table == "ad_spend":
        checks["spend is not a number"] = pd.to_numeric(rows["spend"], errors="coerce").isna()
        checks["unreadable date"] = pd.to_datetime(rows["spend_date"], errors="coerce").isna()
    if table == "users":
        checks["age is not a number"] = ~rows["age"].str.isdigit()
    reasons = pd.Series("", index=rows.index)
    for reason, is_wrong in checks.items():
        reasons = reasons.mask(is_wrong, reasons + reason + ";")
    return reasons.str.removesuffix(";")


def accepted(table: str) -> pd.DataFrame:
    rows = seed(table)[reject_reasons(table) == ""].copy()
    if "ad_platform" in rows:
        spellings = pd.read_csv(LOOKUPS / "spellings.csv").set_index(["kind", "spelling"])["name"]
        names = rows["ad_platform"].str.lower().map(spellings["platform"])
        rows["ad_platform"] = names.fillna("")
    return rows


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    users = accepted("users").drop_duplicates("user_id")
    return users.assign(age=users["age"].astype(int))


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    """Clicks, purchases, and what users saw, with the number of impressions."""
    events = accepted("ad_events")
    events = events[events["event_type"].isin(["click", "conversion"])]
    seen = accepted("ad_interactions").rename(columns={"interaction_at": "occurred_at"})
    events = pd.concat([events, seen.assign(event_type="seen")], ignore_index=True).fillna("")
    events["occurred_at"] = pd.to_datetime(events["occurred_at"])
    events["revenue"] = pd.to_numeric(events["revenue"]).fillna(0)
    events["impressions"] = pd.to_numeric(events["impressions"]).fillna(0)
    for name in ("click", "conversion"):
        events[f"{name}s"] = (events["event_type"] == name).astype(int)
    return events


def sums(rows: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """Impressions, clicks, conversions and revenue, with CTR and CVR."""
    found = rows.groupby(by)[["impressions", "clicks", "conversions", "revenue"]].sum()
    return found.assign(
        ctr=found["clicks"] / found["impressions"].replace(0, np.nan),
        cvr=found["conversions"] / found["clicks"].replace(0, np.nan),
    )


@pytest.fixture(scope="module")
def spend() -> pd.DataFrame:
    spend = accepted("ad_spend")
    return spend.assign(spend=spend["spend"].astype(float))


@pytest.fixture(scope="module")
def paths(events: pd.DataFrame) -> pd.DataFrame:
    """One row per conversion and touch in its 30 days, in order."""
    touches = events[events["event_type"] != "conversion"]
    bought = events[events["event_type"] == "conversion"]
    pairs = bought.merge(touches, on="user_id", suffixes=("", "_touch"))
    age = pairs["occurred_at"] - pairs["occurred_at_touch"]
    pairs = pairs[age.between(pd.Timedelta(0), pd.Timedelta(days=30))]
    return pairs.sort_values(["conversion_id", "occurred_at_touch", "clicks_touch"])


def gamma_quantile(total: pd.Series, squares: pd.Series, z: float) -> pd.Series:
    """Quantile of a gamma distribution by Wilson and Hilferty (1931)."""
    effective = total**2 / squares
    return total * (1 - 1 / (9 * effective) + z / (3 * np.sqrt(effective))).clip(lower=0) ** 3


def roi_intervals(paths: pd.DataFrame, spend: pd.DataFrame, column: str) -> pd.DataFrame:
    """ROI of the last touch with 95 % gamma limits, with at least the spread of all buyers."""
    last = paths.drop_duplicates("conversion_id", keep="last")
    buyers = last.groupby([f"{column}_touch", "user_id"])["revenue"].sum()
    by_channel = buyers.groupby(f"{column}_touch")
    count, revenue, squares = (
        by_channel.size(),
        by_channel.sum(),
        (buyers**2).groupby(level=0).sum(),
    )
    squares = np.maximum(squares, count * (buyers**2).mean())
    one_more = by_channel.max()
    spend = spend.groupby(column)["spend"].sum()
    high = gamma_quantile(revenue + one_more, squares + one_more**2, Z)
    return pd.DataFrame(
        {
            "roi": revenue / spend - 1,
            "low": gamma_quantile(revenue, squares, -Z) / spend - 1,
            "high": high / spend - 1,
            "buyers": count,
        }
    )


def test_the_committed_seeds_are_what_the_generator_writes(tmp_path: Path) -> None:
    written = write_demo(tmp_path / "new folder")
    assert {path.name for path in written} == {path.name for path in SEEDS.glob("*.csv")}
    for path in written:
        assert path.read_bytes() == (SEEDS / path.name).read_bytes(), path.name


def test_the_seeds_are_small() -> None:
    assert sum(path.stat().st_size for path in SEEDS.glob("*.csv")) <= 3_000_000


def test_the_seeds_have_the_raw_layout_and_consistent_counts() -> None:
    files = seed("landed_files")
    rejects = seed("landing_rejects")
    assert tuple(files) == LANDED_FILES
    assert tuple(rejects) == LANDING_REJECTS
    for table, columns in RAW_TABLES.items():
        rows = seed(table)
        assert list(rows) == [
            *(column.name for column in columns),
            *("_source_file", "_source_line", "_loaded_at"),
        ]
        file = files[files["raw_table"] == table]
        unread = rejects[rejects["raw_table"] == table]
        assert file["landed_rows"].astype(int).sum() == len(rows)
        assert file["rejected_records"].astype(int).sum() == len(unread)
        assert file["records"].astype(int).sum() == len(rows) + len(unread)
        places = pd.concat([rows, unread])
        for name, lines in places.groupby("_source_file")["_source_line"]:
            assert sorted(map(int, lines)) == list(range(2, len(lines) + 2)), name


def test_the_story_has_the_promised_size(
    events: pd.DataFrame, users: pd.DataFrame, spend: pd.DataFrame
) -> None:
    assert len(users) > 1_000
    days = events["occurred_at"].dt.normalize()
    assert days.nunique() == 181
    assert (days.max() - days.min()).days == 180
    assert spend["ad_platform"].nunique() == 6
    assert spend.groupby("ad_platform")["campaign_id"].nunique().min() >= 2
    assert set(events["user_id"]) <= set(users["user_id"])


def test_rates_and_costs_are_in_the_range_of_published_ones(
    events: pd.DataFrame, users: pd.DataFrame, spend: pd.DataFrame
) -> None:
    touches = events[events["event_type"] != "conversion"]
    platforms = sums(touches, "ad_platform").join(spend.groupby("ad_platform")["spend"].sum())
    assert 0.009 <= touches["clicks"].sum() / touches["impressions"].sum() <= 0.015
    published_ctr = {
        "Facebook": (0.009, 0.015),
        "Instagram": (0.009, 0.014),
        "LinkedIn": (0.004, 0.008),
        "Snapchat": (0.004, 0.008),
        "X": (0.008, 0.012),
        "YouTube": (0.003, 0.008),
    }
    for platform, (low, high) in published_ctr.items():
        assert low <= platforms.loc[platform, "ctr"] <= high, platform
    cpm = 1000 * platforms["spend"] / platforms["impressions"]
    assert 30 <= cpm.pop("LinkedIn") <= 60
    assert cpm.between(8, 25).all()
    cpc = platforms["spend"] / platforms["clicks"]
    assert 4 <= cpc.pop("LinkedIn") <= 6
    assert cpc.between(0.5, 3).all()
    bought = events.loc[events["event_type"] == "conversion", "revenue"]
    assert 15 <= spend["spend"].sum() / len(bought) <= 45
    assert 60 <= bought.mean() <= 80
    assert 0.8 <= bought.std() / bought.mean() <= 1
    assert bought.median() < 0.85 * bought.mean()
    assert touches["impressions"].sum() / len(users) >= 40


def test_no_kind_of_users_has_an_impossible_rate(events: pd.DataFrame) -> None:
    kinds = seed("planted_user_kinds").set_index("user_id")["user_kind"]
    rates = sums(events.assign(kind=events["user_id"].map(kinds)).dropna(subset="kind"), "kind")
    assert set(rates.index) == {"watcher", "explorer", "decider"}
    assert rates[["ctr", "cvr"]].max().max() <= 0.35


def test_every_platform_has_weeks_and_a_trend(events: pd.DataFrame, spend: pd.DataFrame) -> None:
    days = pd.to_datetime(spend["spend_date"])
    is_weekend = days.dt.day_of_week >= 5
    by_day = spend.groupby(["ad_platform", days])["spend"].sum()
    weekend = spend[is_weekend].groupby("ad_platform")["spend"].sum()
    ratio = (weekend / 2) / ((spend.groupby("ad_platform")["spend"].sum() - weekend) / 5)
    assert ratio["LinkedIn"] < 0.9
    assert ratio.drop("LinkedIn").min() > 1.1
    months = by_day.unstack(0).resample("MS").mean()
    growth = months.iloc[-1] / months.iloc[0]
    assert growth["Instagram"] > 1.8
    assert growth["X"] < 1.1
    seen = events[events["event_type"] == "seen"].set_index("occurred_at")["impressions"]
    weeks = seen.resample("W-WED").sum().iloc[1:-1]
    assert weeks.iloc[-8:].mean() > 1.15 * weeks.iloc[:8].mean()
    # neither the first nor the last days are thinned out
    daily = seen.resample("D").sum()
    assert daily.iloc[:5].mean() > 0.6 * daily.iloc[5:28].mean()
    assert daily.iloc[-5:].mean() > 0.6 * daily.iloc[-28:-5].mean()


def test_no_click_and_no_purchase_is_in_both_layouts() -> None:
    interactions = accepted("ad_interactions")
    assert set(interactions["clicks"]) == set(interactions["conversion"]) == {""}
    assert set(accepted("ad_events")["event_type"]) == {"click", "conversion", "refund"}


def test_some_purchases_are_paid_back_as_a_whole_or_in_part() -> None:
    events = accepted("ad_events")
    refunds = events[events["event_type"] == "refund"].set_index("conversion_id")
    sold = events[events["event_type"] == "conversion"].set_index("conversion_id")
    assert 5 <= len(refunds) <= 0.03 * len(sold)
    assert not refunds.index.duplicated().any()
    of = sold.loc[refunds.index]
    assert (of["user_id"] == refunds["user_id"]).all()
    assert (of["occurred_at"] < refunds["occurred_at"]).all()
    is_whole = refunds["revenue"] == ""
    assert 2 <= is_whole.sum() < len(refunds) - 1
    part = pd.to_numeric(refunds.loc[~is_whole, "revenue"])
    assert (part < pd.to_numeric(of.loc[~is_whole, "revenue"])).all()
    assert (part > 0).all()


def test_a_renamed_campaign_an_old_spelling_and_late_events_are_among_the_rows() -> None:
    spend = seed("ad_spend")
    names = spend.groupby("campaign_id")["campaign_name"].unique()
    assert {key: list(value) for key, value in names.items() if len(value) > 1} == {
        "ig1": ["Summer Looks", "High Summer Looks"]
    }
    assert "Twitter" in set(spend["ad_platform"])
    assert "X" in set(seed("ad_events")["ad_platform"])
    events = seed("ad_events")
    late = events[events["_source_file"] == "ad_events_late.csv"]
    on_time = events[events["_source_file"] == "ad_events.csv"]
    assert set(late["_loaded_at"]) != set(on_time["_loaded_at"])
    assert {"click", "conversion"} <= set(late["event_type"])
    assert late["occurred_at"].min() < on_time["occurred_at"].max()


def test_each_dirty_row_is_there_for_one_reason_of_its_own() -> None:
    found = {}
    for table in ("ad_events", "ad_interactions", "ad_spend", "users"):
        reasons = reject_reasons(table)
        rows = seed(table)
        places = rows["_source_file"] + ":" + rows["_source_line"]
        found |= {places[i]: reason for i, reason in reasons.items() if reason}
    listed = planted("dirty", "reason")
    twice = seed("users").loc[lambda rows: rows["user_id"].duplicated()]
    found |= {f"users.csv:{line}": "user twice with another age" for line in twice["_source_line"]}
    assert found == listed
    assert 8 <= len(listed) <= 14
    assert len(set(listed.values())) == len(listed)


def test_planted_roi_lies_in_its_interval_with_the_planted_verdict(
    paths: pd.DataFrame, spend: pd.DataFrame
) -> None:
    result = roi_intervals(paths, spend, "ad_platform")
    roi = planted("platform", "roi")
    assert roi["Facebook"] == "3.2"
    assert roi["Instagram"] == "1.8"
    for platform, value in roi.items():
        assert result.loc[platform, "low"] < float(value) < result.loc[platform, "high"], platform
    assert planted("platform", "verdict") == {
        "Facebook": "pays_back",
        "Instagram": "pays_back",
        "Snapchat": "loses",
    }
    assert (result.loc[["Facebook", "Instagram"], "low"] > 0).all()
    assert result.loc["Snapchat", "high"] < 0
    assert result["buyers"].min() >= 12


def test_the_planted_campaign_is_too_small_to_judge(
    paths: pd.DataFrame, spend: pd.DataFrame
) -> None:
    result = roi_intervals(paths, spend, "campaign_id")
    too_small = result[(result["buyers"] < 10) & (result["high"] >= 0)]
    assert planted("campaign", "verdict") == {"li2": "cannot_tell"}
    assert "li2" in too_small.index
    assert (too_small.index.str[:2] != "fb").all()
    assert (too_small.index.str[:2] != "ig").all()


def test_planted_conversion_rates_lie_in_their_wilson_intervals(
    events: pd.DataFrame, paths: pd.DataFrame
) -> None:
    clicked = paths[paths["clicks_touch"] == 1].drop_duplicates("conversion_id", keep="last")
    bought = clicked["device_type_touch"].value_counts()
    clicks = events.groupby("device_type")["clicks"].sum()
    rates = planted("device", "cvr")
    assert rates["Desktop"] == "0.074"
    assert rates["Mobile"] == "0.052"
    for device, planted_rate in rates.items():
        n, rate = clicks[device], bought[device] / clicks[device]
        centre = (rate + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z * sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
        assert centre - half < float(planted_rate) < centre + half, device
    assert bought["Desktop"] / clicks["Desktop"] > 1.2 * bought["Mobile"] / clicks["Mobile"]


def test_facebook_opens_and_instagram_closes_most_journeys(paths: pd.DataFrame) -> None:
    by_conversion = paths.groupby("conversion_id")["ad_platform_touch"]
    for metric, shares in {
        "opens_most": by_conversion.first().value_counts(normalize=True),
        "closes_most": by_conversion.last().value_counts(normalize=True),
    }.items():
        assert list(planted("journey", metric)) == [shares.index[0]]
        assert shares.iloc[0] >= 0.35
        assert shares.iloc[0] >= 1.5 * shares.iloc[1]


def test_journeys_have_one_to_eight_touches_and_some_purchases_none(
    paths: pd.DataFrame, events: pd.DataFrame
) -> None:
    assert set(paths.groupby("conversion_id").size()) == set(range(1, 9))
    bought = events[events["event_type"] == "conversion"]
    without_touch = bought[~bought["conversion_id"].isin(paths["conversion_id"])]
    assert 0 < len(without_touch) <= 10
    assert set(without_touch["ad_platform"]) == {""}
    assert bought["user_id"].duplicated().any()
    gaps = events.sort_values("occurred_at").groupby("user_id")["occurred_at"].diff()
    assert (gaps > pd.Timedelta(days=30)).any()


def test_the_planted_audiences_respond_better_and_worse(
    events: pd.DataFrame, users: pd.DataFrame
) -> None:
    """By user, since a user's clicks are not independent."""
    by_user = sums(events, "user_id").join(users.set_index("user_id")[["age", "gender"]])
    by_user = by_user[by_user["clicks"] > 0]
    for subject, factor in planted("audience", "relative_response").items():
        gender, ages = subject.split()
        youngest, oldest = map(int, ages.split("-"))
        inside = (by_user["gender"] == gender) & by_user["age"].between(youngest, oldest)
        rates, errors = [], []
        for part in (by_user[inside], by_user[~inside]):
            rate = part["conversions"].sum() / part["clicks"].sum()
            squares = ((part["conversions"] - rate * part["clicks"]) ** 2).sum()
            rates.append(rate)
            errors.append(sqrt(squares) / part["clicks"].sum() / rate)
        miss = abs(np.log(rates[0] / rates[1] / float(factor)))
        assert miss <= Z * np.hypot(*errors), subject
        assert (rates[0] > 1.1 * rates[1]) == (float(factor) > 1), subject


@pytest.fixture(scope="module")
def features(events: pd.DataFrame, users: pd.DataFrame) -> pd.DataFrame:
    """Behaviour only, of users who saw or clicked an ad."""
    touches = events[events["event_type"] != "conversion"]
    counts = sums(touches, "user_id")
    by_user = touches.groupby("user_id")
    last_touch = by_user["occurred_at"].max()
    features = pd.DataFrame(
        {
            "impressions": np.log1p(counts["impressions"]),
            "clicks": np.log1p(counts["clicks"]),
            "ctr": counts["ctr"],
            "recency": (last_touch.max() - last_touch) / pd.Timedelta(days=1),
            "platforms": by_user["ad_platform"].nunique(),
            "age": users.set_index("user_id")["age"].reindex(counts.index),
        }
    )
    features = features.fillna(features.median())
    standardised = (features - features.mean()) / features.std(ddof=0)
    devices = users.set_index("user_id")["device_type"].reindex(counts.index)
    return standardised.join(pd.get_dummies(devices, dtype=float) / sqrt(2))


def fit(features: pd.DataFrame, k: int) -> KMeans:
    return KMeans(k, n_init=3, random_state=0).fit(features.to_numpy())


def test_behaviour_falls_into_the_planted_kinds(features: pd.DataFrame) -> None:
    inertia = np.array([fit(features, k).inertia_ for k in range(1, 11)])
    chord = np.linspace(inertia[0], inertia[-1], 10)
    assert str(1 + np.argmax(chord - inertia)) == planted("segments", "kinds")["users"]

    model = fit(features, 3)
    segments = pd.Series(model.labels_, index=features.index)
    kinds = seed("planted_user_kinds").set_index("user_id")["user_kind"]
    assert kinds.nunique() == 3
    assert adjusted_rand_score(kinds[segments.index], segments) >= 0.95
    assert silhouette_score(features, segments) >= 0.25

    random = np.random.default_rng(0)
    stability = [
        adjusted_rand_score(
            segments,
            fit(features.iloc[random.integers(0, len(features), len(features))], 3).predict(
                features.to_numpy()
            ),
        )
        for _ in range(8)
    ]
    assert np.mean(stability) >= 0.8

    def spread(rows: pd.DataFrame) -> pd.Series:
        squares = ((rows - rows.mean()) ** 2).sum()
        devices = ["Desktop", "Mobile", "Tablet"]
        return pd.concat([squares.drop(devices), pd.Series({"device": squares[devices].sum()})])

    within = sum(spread(rows) for _, rows in features.groupby(segments))
    assert (1 - within / spread(features)).max() <= 0.9
