"""The demonstration data: four months of social ads, with the answers planted in advance.

The plan is the constants below. What is spent on a platform is set so that its *expected* revenue
returns the planted ROI, and a device's expected purchases are its clicks times the planted rate.
The purchases are then simulated, so the outcome differs from the plan by sampling error, which the
95 % confidence intervals have to cover. SEED was chosen: of 1 to 30, 28 seeds give intervals that
cover every planted figure, and this one is close to the plan. So it is a demonstration, not
evidence for the intervals. Impressions are thinned to keep the files small, so click-through rates
are far higher than in real life.

Every random number comes from `random.Random.random()`, whose sequence is the same in all versions
of Python, and every sum that decides a byte is exact (integers or `math.fsum`).
"""

import math
from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple

import pandas as pd

from social_roi.landing.raw_tables import LANDED_FILES, LANDING_REJECTS, RAW_TABLES, SOURCE_COLUMNS

SEED = 17
USERS = 2_700
WALK_INS = 8  # further users, who buy without having been shown an ad
START = datetime(2026, 3, 1)
HOURS = 120 * 24
PACE = 28  # hours that a journey lasts at most, per exposure
LOADED_AT = "2026-07-01 06:00:00"


class Platform(NamedTuple):
    """Planted ROI, and weights for being the first, a middle and the last step of a journey."""

    roi: float
    first: int
    middle: int
    last: int


class Kind(NamedTuple):
    """How one kind of user behaves. One number of a tuple is chosen, each equally likely."""

    share: int
    exposures: tuple[int, ...]
    seen: tuple[int, ...]  # exposures with a logged impression
    clicks: float  # chance of a click on an exposure
    clicks_last: float  # the same for the last exposure
    returns: float  # chance that the exposures form two separate journeys
    appetite: int  # purchases, relative to the other kinds


PLATFORMS = {
    "Facebook": Platform(3.2, 58, 14, 18),
    "Instagram": Platform(1.8, 8, 12, 48),
    "LinkedIn": Platform(0.5, 7, 16, 8),
    "Snapchat": Platform(-0.6, 6, 16, 9),
    "Twitter": Platform(0.3, 9, 20, 8),
    "YouTube": Platform(0.9, 12, 22, 9),
}
KINDS = {
    "watcher": Kind(42, (5, 6, 7), (7,), 0.0, 0.25, 0.6, 2),
    "explorer": Kind(42, (5, 6, 6), (4, 5), 0.88, 1.0, 1.0, 2),
    "decider": Kind(16, (1, 2, 2, 3), (0, 1, 1, 1, 2, 3), 0.0, 1.0, 0.0, 60),
}
CAMPAIGNS = {  # id: platform, name, weight within the platform; two ads each
    "fb1": ("Facebook", "Spring Launch", 60),
    "fb2": ("Facebook", "Bring a Friend", 40),
    "ig1": ("Instagram", "Summer Looks", 40),
    "ig2": ("Instagram", "Creator Picks", 35),
    "ig3": ("Instagram", "Last Chance Sale", 25),
    "li1": ("LinkedIn", "Work From Anywhere", 94),
    "li2": ("LinkedIn", "Founders Breakfast", 6),
    "sc1": ("Snapchat", "Festival Filter", 60),
    "sc2": ("Snapchat", "Campus Week", 40),
    "tw1": ("Twitter", "Launch Day Live", 55),
    "tw2": ("Twitter", "Ask the Makers", 45),
    "yt1": ("YouTube", "How It Is Made", 55),
    "yt2": ("YouTube", "Unboxing Stories", 45),
}
VERDICTS = {"Facebook": "pays_back", "Instagram": "pays_back", "Snapchat": "loses"}
TOO_SMALL = "li2"
DEVICES = {"Mobile": 47, "Desktop": 43, "Tablet": 10}
PURCHASES_PER_CLICK = {"Mobile": 0.052, "Desktop": 0.074, "Tablet": 0.06}
GENDERS = {"F": 47, "M": 46, "Other": 4, "": 3}
LOCATIONS = {"Germany": 22, "France": 18, "United Kingdom": 24, "Spain": 14, "Poland": 12, "": 10}
AUDIENCES = {("F", 25, 34): 130, ("M", 55, 64): 65}  # purchases, where everyone else has 100
REPEAT = 0.07  # chance that a purchase is followed by another one within 20 days
REVENUE_CENTS = (1_000, 10_000)  # uniform

HOUR_OF_DAY = (2, 1, 1, 1, 1, 2, 4, 6, 7, 7, 7, 8, 9, 8, 7, 7, 8, 9, 11, 12, 13, 12, 9, 5)
DAY_OF_WEEK = (10, 10, 10, 11, 12, 14, 13)  # from Monday; 2026-03-01 is a Sunday
WEIGHTS = [  # of each hour: daily and weekly seasonality on a slow trend
    HOUR_OF_DAY[hour % 24] * DAY_OF_WEEK[(hour // 24 + 6) % 7] * (300 + hour // 24)
    for hour in range(HOURS)
]
TRAFFIC = list(accumulate(WEIGHTS, initial=0))

# Rows that must be rejected (a repeated user: warned about): the changes to a valid row.
DIRTY_EVENTS = {
    "no user": ("click", {"user_id": ""}),
    "unreadable time": ("click", {"occurred_at": "2026-05-32 10:00:00"}),
    "unknown event type": ("click", {"event_type": "hover"}),
    "no platform": ("click", {"ad_platform": ""}),
    "repeated event_id": ("click", {"event_id": "e00001"}),
    "negative revenue": ("conversion", {"conversion_id": "c9001", "revenue": "-25.00"}),
    "repeated conversion_id": ("conversion", {"occurred_at": "2026-06-28 23:59:59"}),
}
DIRTY_SPEND = {
    "spend is not a number": {"spend": "12.5O"},
    "unreadable date": {"spend_date": "2026-06-31"},
}
DIRTY_USERS = {
    "age is not a number": {"user_id": "u9001", "age": "forty"},
    "user twice with another age": {"age": "41"},  # a user of 40: the age band stays
}
UNREADABLE = {  # table: records that are no rows, with the reason
    "ad_events": {
        "e90008,u0012,2026-05-01": "3 columns instead of 11",
        'e90009,u0013,"2026-05-02 11:00:00,click': "a quote is not closed",
    },
    "ad_spend": {
        "2026-05-03,Twitter,tw1,Launch Day Live,tw1-1,4,20,USD,3,1": "10 columns instead of 9",
    },
}


def _between(random: Random, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int(random.random() * (high - low + 1))


def _pick(random: Random, weights: dict[str, int]) -> str:
    """One of the keys, with chances in proportion to the weights."""
    bounds = list(accumulate(weights.values()))
    return list(weights)[bisect_right(bounds, int(random.random() * bounds[-1]))]


def _busy_hour(random: Random, low: int, high: int) -> int:
    """An hour from low up to, not including, high, by traffic."""
    return bisect_right(TRAFFIC, _between(random, TRAFFIC[low], TRAFFIC[high] - 1)) - 1


def _journey_hours(random: Random, low: int, high: int, exposures: int) -> list[int]:
    """Different hours in order, within PACE hours per exposure."""
    first = _busy_hour(random, low, high - PACE * exposures)
    hours: set[int] = set()
    while len(hours) < exposures:
        hours.add(_busy_hour(random, first, first + PACE * exposures))
    return sorted(hours)


def draw_users(random: Random) -> pd.DataFrame:
    """One row per user: the columns of `users` and user_kind (blank for walk-ins)."""
    shares = {name: kind.share for name, kind in KINDS.items()}
    rows = [
        {
            "user_id": f"u{number:04}",
            "age": min(_between(random, 18, 70), _between(random, 18, 70)),  # skewed to young users
            "gender": _pick(random, GENDERS),
            "location": _pick(random, LOCATIONS),
            "device_type": _pick(random, DEVICES),
            "user_kind": _pick(random, shares) if number <= USERS else "",
        }
        for number in range(1, USERS + WALK_INS + 1)
    ]
    return pd.DataFrame(rows)


def draw_touches(random: Random, users: pd.DataFrame) -> pd.DataFrame:
    """One row per impression or click: columns of `ad_events`, second (since START) and journey."""
    rows = []
    for user in users[users["user_kind"] != ""].itertuples():
        kind = KINDS[user.user_kind]
        exposures = kind.exposures[_between(random, 1, len(kind.exposures)) - 1]
        seen = kind.seen[_between(random, 1, len(kind.seen)) - 1]
        if random.random() < kind.returns:
            early = exposures // 3 if random.random() < 0.5 else exposures - exposures // 3
            hours = _journey_hours(random, 0, HOURS // 2 + PACE * early, early)
            # 60 days later, give or take ten, so that both halves have equal traffic
            low = hours[0] + HOURS // 2 - 240
            high = min(HOURS, low + 480 + PACE * (exposures - early))
            journeys = [hours, _journey_hours(random, low, high, exposures - early)]
        else:
            journeys = [_journey_hours(random, 0, HOURS, exposures)]
        steps = [
            (
                journey,
                hour,
                "last" if hour == hours[-1] else "middle" if hour > hours[0] else "first",
            )
            for journey, hours in enumerate(journeys)
            for hour in hours
        ]
        used: set[str] = set()
        for number, (journey, hour, step) in enumerate(steps):
            fresh = set(PLATFORMS) - used or set(PLATFORMS)
            platform = _pick(
                random, {p: getattr(row, step) for p, row in PLATFORMS.items() if p in fresh}
            )
            used.add(platform)
            campaign_id = _pick(
                random, {c: weight for c, (p, _, weight) in CAMPAIGNS.items() if p == platform}
            )
            click = {
                "user_id": user.user_id,
                "journey": journey,
                "second": hour * 3600 + _between(random, 905, 3599),
                "event_type": "click",
                "ad_platform": platform,
                "campaign_id": campaign_id,
                "ad_id": f"{campaign_id}-{_between(random, 1, 2)}",
                "device_type": user.device_type,
            }
            if number * seen % exposures < seen:  # spread evenly, from the first on
                impression = {
                    "second": click["second"] - _between(random, 5, 900),
                    "event_type": "view" if random.random() < 0.05 else "impression",
                }
                if random.random() < 0.04:
                    impression["device_type"] = _pick(random, DEVICES)
                rows.append(click | impression)
            if random.random() < (kind.clicks_last if number == exposures - 1 else kind.clicks):
                rows.append(click)
    return pd.DataFrame(rows)


def plan_purchases(users: pd.DataFrame, touches: pd.DataFrame) -> pd.DataFrame:
    """The clicks that end a journey, with the expected number of purchases after each.

    Per device these add up to all clicks x the planted rate, distributed by appetite and audience.
    """
    ordered = touches.sort_values(["user_id", "second"], kind="stable")
    ends = ordered.drop_duplicates(["user_id", "journey"], keep="last")
    ends = ends[ends["event_type"] == "click"].merge(
        users[["user_id", "user_kind", "age", "gender"]], on="user_id"
    )
    appetite = pd.Series([KINDS[kind].appetite * 100 for kind in ends["user_kind"]])
    for (gender, youngest, oldest), percent in AUDIENCES.items():
        inside = (ends["gender"] == gender) & ends["age"].between(youngest, oldest)
        appetite = appetite.mask(inside, appetite * percent // 100)
    clicks = touches.loc[touches["event_type"] == "click", "device_type"].value_counts()
    purchases = ends["device_type"].map(PURCHASES_PER_CLICK) * ends["device_type"].map(clicks)
    share = appetite / appetite.groupby(ends["device_type"]).transform("sum")
    return ends.drop(columns=["user_kind", "age", "gender"]).assign(expected=purchases * share)


def draw_conversions(random: Random, users: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """One row per purchase, with the columns of touches and revenue (text)."""
    end = HOURS * 3600
    rows = []
    for click in plan.to_dict("records"):
        for _ in range(int(click["expected"] / (1 + REPEAT) + random.random())):
            second = click["second"] + int(random.random() * min(72 * 3600, end - click["second"]))
            rows.append(click | {"second": second})
            if random.random() < REPEAT:
                second += int(random.random() * min(20 * 24 * 3600, end - second))
                rows.append(click | {"second": second})
    for user_id in users.loc[users["user_kind"] == "", "user_id"]:
        rows.append({"user_id": user_id, "second": _between(random, 0, end - 1)})
    for row in rows:
        row |= {
            "event_type": "conversion",
            "revenue": f"{_between(random, *REVENUE_CENTS) / 100:.2f}",
        }
    return pd.DataFrame(rows)


def plan_spend(touches: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """`ad_spend` rows: each platform's budget by day and ad, a click weighted as three views.

    Budget = expected revenue / (1 + planted ROI).
    """
    names = {campaign_id: name for campaign_id, (_, name, _) in CAMPAIGNS.items()}
    keys = ["day", "ad_platform", "campaign_id", "ad_id"]
    spend = (
        touches.assign(
            day=touches["second"] // 86_400,
            clicks=(touches["event_type"] == "click").astype(int),
            impressions=(touches["event_type"] != "click").astype(int),
        )
        .groupby(keys, as_index=False)[["impressions", "clicks"]]
        .sum()
    )
    expected = plan.groupby("ad_platform")["expected"].apply(math.fsum)
    for platform, rows in spend.groupby("ad_platform"):
        revenue = expected[platform] * sum(REVENUE_CENTS) / 2
        budget = round(revenue / (1 + PLATFORMS[platform].roi))
        weight = (rows["impressions"] + 3 * rows["clicks"]).cumsum()
        # cutting the running total keeps the budget to the cent
        cut = weight * budget // weight.iloc[-1]
        cents = cut - cut.shift(fill_value=0)
        spend.loc[rows.index, "spend"] = [f"{value / 100:.2f}" for value in cents]
    spend["spend_date"] = [f"{START + timedelta(days=day):%Y-%m-%d}" for day in spend["day"]]
    return spend.assign(currency="USD", campaign_name=spend["campaign_id"].map(names))


def list_events(touches: pd.DataFrame, conversions: pd.DataFrame) -> pd.DataFrame:
    """`ad_events` rows in time order, numbered."""
    events = pd.concat([touches, conversions]).sort_values(["second", "user_id"], kind="stable")
    is_conversion = events["event_type"] == "conversion"
    numbers = is_conversion.cumsum()
    return events.assign(
        event_id=[f"e{number:05}" for number in range(1, len(events) + 1)],
        occurred_at=[f"{START + timedelta(seconds=second)}" for second in events["second"]],
        conversion_id=[
            f"c{n:04}" if flag else "" for n, flag in zip(numbers, is_conversion, strict=True)
        ],
    )


def dirty_rows(
    events: pd.DataFrame, spend: pd.DataFrame, users: pd.DataFrame
) -> dict[str, dict[str, dict]]:
    """The invalid rows appended to each raw table, by the reason for rejection."""
    first = {kind: rows.iloc[0].to_dict() for kind, rows in events.groupby("event_type")}
    last_spend = spend.iloc[-1].to_dict()
    user = users[users["age"] == 40].iloc[0].to_dict()
    return {
        "ad_events": {
            reason: first[kind] | {"event_id": f"e{90_000 + number}"} | change
            for number, (reason, (kind, change)) in enumerate(DIRTY_EVENTS.items())
        },
        "ad_spend": {reason: last_spend | change for reason, change in DIRTY_SPEND.items()},
        "users": {reason: user | change for reason, change in DIRTY_USERS.items()},
    }


def planted_truth() -> pd.DataFrame:
    """The planted figures, one per row: kind, subject, metric, value."""
    rows = [
        *(("platform", name, "roi", platform.roi) for name, platform in PLATFORMS.items()),
        *(("platform", name, "verdict", verdict) for name, verdict in VERDICTS.items()),
        ("campaign", TOO_SMALL, "verdict", "cannot_tell"),
        *(("device", name, "cvr", rate) for name, rate in PURCHASES_PER_CLICK.items()),
        ("journey", "Facebook", "opens_most", 1),
        ("journey", "Instagram", "closes_most", 1),
        *(
            ("audience", f"{gender} {youngest}-{oldest}", "relative_response", percent / 100)
            for (gender, youngest, oldest), percent in AUDIENCES.items()
        ),
        ("segments", "users", "kinds", len(KINDS)),
    ]
    return pd.DataFrame(rows, columns=["kind", "subject", "metric", "value"])


def build_demo() -> dict[str, pd.DataFrame]:
    """Every seed by name: the raw tables with their source columns, and the planted figures."""
    random = Random(SEED)
    users = draw_users(random)
    touches = draw_touches(random, users)
    plan = plan_purchases(users, touches)
    events = list_events(touches, draw_conversions(random, users, plan))
    spend = plan_spend(touches, plan)
    dirty = dirty_rows(events, spend, users)
    truth = [planted_truth()]
    seeds, rejects, files = {}, [], []
    for table, clean in {"ad_events": events, "ad_spend": spend, "users": users}.items():
        file = f"{table}.csv"
        rows = pd.concat([clean, pd.DataFrame(dirty[table].values())], ignore_index=True)
        rows["_source_file"], rows["_loaded_at"] = file, LOADED_AT
        rows["_source_line"] = rows.index + 2
        seeds[table] = rows
        unreadable = UNREADABLE.get(table, {})
        rejects += [
            (table, reason, record, file, len(rows) + 2 + number, LOADED_AT)
            for number, (record, reason) in enumerate(unreadable.items())
        ]
        records = len(rows) + len(unreadable)
        files.append((table, file, records, len(rows), len(unreadable), "", ".", "", "", LOADED_AT))
        lines = range(len(clean) + 2, len(rows) + 2)
        truth.append(
            pd.DataFrame(
                {"kind": "dirty", "subject": f"{file}:{line}", "metric": "reason", "value": reason}
                for line, reason in zip(lines, dirty[table], strict=True)
            )
        )
    seeds = {
        table: seeds.get(table, pd.DataFrame()).reindex(
            columns=[*(column.name for column in columns), *SOURCE_COLUMNS]
        )
        for table, columns in RAW_TABLES.items()
    }
    return seeds | {
        "landing_rejects": pd.DataFrame(rejects, columns=LANDING_REJECTS),
        "landed_files": pd.DataFrame(files, columns=LANDED_FILES),
        "planted_truth": pd.concat(truth),
        "planted_user_kinds": users.loc[users["user_kind"] != "", ["user_id", "user_kind"]],
    }


def write_demo(folder: Path) -> list[Path]:
    """Write every seed to `demo_<name>.csv` in the folder and return the paths.

    The folder is created if needed; files of the same names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, rows in build_demo().items():
        path = folder / f"demo_{name}.csv"
        path.write_bytes(rows.to_csv(index=False, lineterminator="\n").encode())
        paths.append(path)
    return paths
