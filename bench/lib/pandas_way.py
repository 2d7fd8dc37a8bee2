"""The published original's questions, answered in plain pandas and scikit-learn.

usage: python bench/lib/pandas_way.py INTERACTIONS_CSV FOLDER

Read, clean, simulate the money that the file lacks, split into users, campaigns and journey, write;
then ROI by platform, funnel by device, first and last touch, audience, and KMeans on every
user with an elbow of 1 to 10. No intervals, tests, rejected rows or multi-touch attribution.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

COUNTS = ["impressions", "clicks", "conversion"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# Users up to which the elbow starts ten times, as the original does; beyond, once.
MANY_USERS = 200_000


def main() -> None:
    csv, folder = sys.argv[1], Path(sys.argv[2])
    rows = pd.read_csv(csv).dropna(subset=["user_id", "ad_platform", *COUNTS])
    rows["ad_platform"] = rows["ad_platform"].str.strip().str.title()
    rows["spend"] = rows["impressions"] * 0.03
    simulated = np.random.default_rng(42).uniform(20, 80, len(rows))
    rows["revenue"] = rows["conversion"] * simulated

    users = rows.drop_duplicates("user_id")[["user_id", "age", "gender", "location", "device_type"]]
    of_campaign = ["ad_id", "ad_platform", "ad_type", "ad_category"]
    campaigns = rows.groupby(of_campaign, as_index=False)[["spend", "revenue"]].sum()
    journey = rows[["user_id", "ad_id", "ad_platform", "day_of_week", *COUNTS]]
    for name, table in (("users", users), ("campaigns", campaigns), ("journey", journey)):
        table.to_csv(folder / f"{name}.csv", index=False)

    money = rows.groupby("ad_platform")[["spend", "revenue"]].sum()
    print(money["revenue"] / money["spend"] - 1)
    print(journey.merge(users, on="user_id").groupby("device_type")[COUNTS].sum())
    order = journey["day_of_week"].map(DAYS.index)
    paths = journey.assign(day=order).sort_values(["user_id", "day"], kind="stable")
    ends = paths.groupby("user_id")["ad_platform"].agg(["first", "last"])
    print(ends["first"].value_counts(), ends["last"].value_counts())
    of_audience = ["age", "gender", "ad_platform"]
    print(journey.merge(users, on="user_id").groupby(of_audience)[COUNTS].sum())

    features = journey.groupby("user_id")[COUNTS].sum().join(users.set_index("user_id"))
    features = pd.get_dummies(
        features.drop(columns=["gender", "location"]), columns=["device_type"]
    )
    matrix = StandardScaler().fit_transform(features.astype(float))
    starts = 10 if len(matrix) <= MANY_USERS else 1
    for k in range(1, 11):
        print(k, KMeans(k, n_init=starts, random_state=42).fit(matrix).inertia_)
    print(np.bincount(KMeans(3, n_init=10, random_state=42).fit_predict(matrix)))


if __name__ == "__main__":
    main()
