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
        checks["no platform"] = (rows["ad_platform"] == "") & ~is_conversion
        checks["repeated event_id"] = rows["event_id"].duplicated()
        checks["negative revenue"] = rows["revenue"].str.startswith("-")
        checks["repeated conversion_id"] = is_conversion & rows["conversion_id"].duplicated()
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
    return seed(table)[reject_reasons(table) == ""].copy()


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    users = accepted("users").drop_duplicates("user_id")
    return users.assign(age=users["age"].astype(int))


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    events = accepted("ad_events")
    events["occurred_at"] = pd.to_datetime(events["occurred_at"])
    events["revenue"] = pd.to_numeric(events["revenue"]).fillna(0)
    events["step"] = events["event_type"].map(
        {"impression": "impression", "view": "impression", "click": "click", "conversion": "bought"}
    )
    return events


@pytest.fixture(scope="module")
def paths(events: pd.DataFrame) -> pd.DataFrame:
    """One row per conversion and touch in its 30 days, in order."""
    touches = events[events["step"] != "bought"]
    pairs = events[events["step"] == "bought"].merge(touches, on="user_id", suffixes=("", "_touch"))
    age = pairs["occurred_at"] - pairs["occurred_at_touch"]
    pairs = pairs[age.between(pd.Timedelta(0), pd.Timedelta(days=30))]
    pairs = pairs.assign(is_click=pairs["step_touch"] == "click")
    return pairs.sort_values(["conversion_id", "occurred_at_touch", "is_click", "event_id_touch"])


def roi_intervals(paths: pd.DataFrame, users: pd.DataFrame, column: str) -> pd.DataFrame:
    """ROI of the last touch with its 95 % confidence limits, clustered by user."""
    last = paths.drop_duplicates("conversion_id", keep="last")
    by_user = last.groupby([f"{column}_touch", "user_id"])["revenue"].sum().unstack(fill_value=0)
    by_user = by_user.reindex(columns=users["user_id"], fill_value=0)
    spend = accepted("ad_spend").assign(spend=lambda rows: rows["spend"].astype(float))
    spend = spend.groupby(column)["spend"].sum()
    margin = Z * sqrt(len(users)) * by_user.std(axis=1, ddof=1)
    revenue = by_user.sum(axis=1)
    return pd.DataFrame(
        {
            "roi": revenue / spend - 1,
            "low": (revenue - margin) / spend - 1,
            "high": (revenue + margin) / spend - 1,
            "buyers": (by_user > 0).sum(axis=1),
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
        lines = sorted(map(int, [*rows["_source_line"], *unread["_source_line"]]))
        assert lines == list(range(2, len(lines) + 2))


def test_the_story_has_the_promised_size(events: pd.DataFrame, users: pd.DataFrame) -> None:
    assert len(users) > 1_000
    days = events["occurred_at"].dt.normalize()
    assert days.nunique() == 120
    assert (days.max() - days.min()).days == 119
    spend = accepted("ad_spend")
    assert spend["ad_platform"].nunique() == 6
    assert spend.groupby("ad_platform")["campaign_id"].nunique().min() >= 2
    assert set(events["user_id"]) <= set(users["user_id"])


def test_each_dirty_row_is_there_for_one_reason_of_its_own() -> None:
    found = {}
    for table in ("ad_events", "ad_spend", "users"):
        reasons = reject_reasons(table)
        lines = seed(table)["_source_line"]
        found |= {f"{table}.csv:{lines[i]}": reason for i, reason in reasons.items() if reason}
    listed = planted("dirty", "reason")
    twice = seed("users").loc[lambda rows: rows["user_id"].duplicated()]
    found |= {f"users.csv:{line}": "user twice with another age" for line in twice["_source_line"]}
    assert found == listed
    assert 8 <= len(listed) <= 12
    assert len(set(listed.values())) == len(listed)


def test_planted_roi_lies_in_its_interval_with_the_planted_verdict(
    paths: pd.DataFrame, users: pd.DataFrame
) -> None:
    result = roi_intervals(paths, users, "ad_platform")
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


def test_exactly_the_planted_campaign_is_too_small_to_judge(
    paths: pd.DataFrame, users: pd.DataFrame
) -> None:
    buyers = roi_intervals(paths, users, "campaign_id")["buyers"]
    too_small = buyers.index[buyers < 10]
    assert dict.fromkeys(too_small, "cannot_tell") == planted("campaign", "verdict")


def test_planted_conversion_rates_lie_in_their_wilson_intervals(events: pd.DataFrame) -> None:
    counts = events.pivot_table(
        index="device_type", columns="step", values="event_id", aggfunc="count", fill_value=0
    )
    rates = planted("device", "cvr")
    assert rates["Desktop"] == "0.074"
    assert rates["Mobile"] == "0.052"
    for device, planted_rate in rates.items():
        n = counts.loc[device, "click"]
        rate = counts.loc[device, "bought"] / n
        centre = (rate + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z * sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
        assert centre - half < float(planted_rate) < centre + half, device
    cvr = counts["bought"] / counts["click"]
    assert cvr["Desktop"] > 1.2 * cvr["Mobile"]
    assert (counts["click"] < counts["impression"]).loc[list(rates)].all()


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
    bought = events[events["step"] == "bought"]
    without_touch = bought[~bought["conversion_id"].isin(paths["conversion_id"])]
    assert 0 < len(without_touch) <= 10
    assert set(without_touch["ad_platform"]) == {""}
    assert bought["user_id"].duplicated().any()
    gaps = events.sort_values("occurred_at").groupby("user_id")["occurred_at"].diff()
    assert (gaps > pd.Timedelta(days=30)).any()


def test_the_planted_audiences_respond_better_and_worse(
    events: pd.DataFrame, users: pd.DataFrame
) -> None:
    rows = events.merge(users[["user_id", "age", "gender"]], on="user_id")

    def cvr(part: pd.DataFrame) -> float:
        return (part["step"] == "bought").sum() / (part["step"] == "click").sum()

    for subject, factor in planted("audience", "relative_response").items():
        gender, ages = subject.split()
        youngest, oldest = map(int, ages.split("-"))
        inside = (rows["gender"] == gender) & rows["age"].between(youngest, oldest)
        ratio = cvr(rows[inside]) / cvr(rows[~inside])
        assert (ratio > 1.1) if float(factor) > 1 else (ratio < 0.9), subject


@pytest.fixture(scope="module")
def features(events: pd.DataFrame, users: pd.DataFrame) -> pd.DataFrame:
    counts = events.pivot_table(
        index="user_id", columns="step", values="event_id", aggfunc="count", fill_value=0
    ).reindex(users["user_id"], fill_value=0)
    touches = events[events["step"] != "bought"].groupby("user_id")
    last_touch = touches["occurred_at"].max()
    revenue = events.groupby("user_id")["revenue"].sum()
    features = pd.DataFrame(
        {
            "impressions": np.log1p(counts["impression"]),
            "clicks": np.log1p(counts["click"]),
            "ctr": counts["click"] / counts["impression"].replace(0, np.nan),
            "conversions": np.log1p(counts["bought"]),
            "revenue": np.log1p(revenue.reindex(counts.index, fill_value=0)),
            "recency": (last_touch.max() - last_touch) / pd.Timedelta(days=1),
            "platforms": touches["ad_platform"].nunique().reindex(counts.index, fill_value=0),
            "age": users.set_index("user_id")["age"],
        }
    )
    features = features.fillna(features.median())
    standardised = (features - features.mean()) / features.std(ddof=0)
    devices = pd.get_dummies(users.set_index("user_id")["device_type"], dtype=float) / sqrt(2)
    return standardised.join(devices)


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
    assert adjusted_rand_score(kinds, segments[kinds.index]) >= 0.8
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
