"""The demonstration data: six months of social ads, with the answers planted in advance.

The plan is the constants below. What is spent on a platform is set so that its *expected* revenue
returns the planted ROI, and a device's expected purchases are its clicks times the planted rate.
The number of purchases by platform and device follows the plan (systematic sampling), who buys and
for how much is random, so the outcome differs from the plan by sampling error, which the 95 %
confidence intervals have to cover. `bench/demo_seeds.py` counts for how many other seeds they do;
SEED was chosen among them. So it is a demonstration, not evidence for the intervals. Click rates,
costs and order values are in the range of published benchmarks.

What a user saw of one ad within a few days is one row of `ad_interactions` with its impressions;
clicks, purchases and refunds are `ad_events`. No click and no purchase is in both.

Every random number comes from `random.Random.random()`, whose sequence is the same in all versions
of Python, and every sum that decides a byte is exact (integers or `math.fsum`). Order values and
impressions are rounded, so that the last bit of `math.exp` decides nothing.
"""

import math
from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

import pandas as pd

from social_roi.landing.raw_tables import LANDED_FILES, LANDING_REJECTS, RAW_TABLES, SOURCE_COLUMNS

Key = TypeVar("Key")

SEED = 10
USERS = 3_700
WALK_INS = 8  # further users, who buy without having been shown an ad
START = datetime(2026, 1, 1)  # a Thursday
DAYS = 181
HOURS = DAYS * 24
PACE = 28  # hours that a journey lasts at most, per exposure
APART = 40 * 24  # hours between a user's two journeys at least: more than the lookback window
LOADED_AT = "2026-07-01 06:00:00"
LATE_LOADED_AT = "2026-07-02 06:00:00"  # some events of the last days arrive in a second file
LATE_DAYS = 6


class Platform(NamedTuple):
    """Planted ROI, and how the platform is used.

    first, middle, last: weight for being that step of a journey; pull: purchases after a last
    click, relative to the others; basket: percent of the mean order value; shown: mean impressions
    of an exposure; growth: percent by which the weight grows over the period; weekend: percent of
    the weight left on Saturday and Sunday.
    """

    roi: float
    first: int
    middle: int
    last: int
    pull: int
    basket: int
    shown: int
    growth: int
    weekend: int


class Kind(NamedTuple):
    """How one kind of user behaves. One number of `exposures` is chosen, each equally likely."""

    share: int
    exposures: tuple[int, ...]
    shown: int  # percent of the platform's impressions per exposure
    clicks: float  # chance of a click on an exposure
    clicks_last: float  # the same for the last exposure
    returns: float  # chance that the exposures form two separate journeys
    appetite: int  # purchases, relative to the other kinds


class Campaign(NamedTuple):
    """Weight within the platform while it runs, and its first and last day."""

    platform: str
    name: str
    weight: int
    first_day: int = 0
    last_day: int = DAYS - 1


PLATFORMS = {
    "Facebook": Platform(3.2, 55, 12, 16, 125, 100, 37, -10, 100),
    "Instagram": Platform(1.8, 9, 24, 40, 80, 100, 51, 60, 110),
    "LinkedIn": Platform(0.5, 4, 5, 4, 190, 100, 73, 0, 55),
    "Snapchat": Platform(-0.7, 12, 25, 17, 62, 27, 76, 0, 120),
    "X": Platform(0.3, 10, 18, 11, 76, 100, 56, -40, 100),
    "YouTube": Platform(0.9, 10, 16, 12, 100, 100, 80, 30, 115),
}
KINDS = {
    "watcher": Kind(41, (3, 4, 4), 125, 0.0, 0.2, 0.7, 2),
    "explorer": Kind(33, (4, 4, 5, 6), 95, 0.88, 1.0, 1.0, 2),
    "decider": Kind(26, (1, 2, 2, 2), 16, 0.35, 1.0, 0.0, 30),
}
CAMPAIGNS = {
    "fb1": Campaign("Facebook", "Spring Launch", 60),
    "fb2": Campaign("Facebook", "Bring a Friend", 40),
    "ig1": Campaign("Instagram", "Summer Looks", 40),
    "ig2": Campaign("Instagram", "Creator Picks", 35),
    "ig3": Campaign("Instagram", "Last Chance Sale", 25),
    "li1": Campaign("LinkedIn", "Work From Anywhere", 60),
    "li2": Campaign("LinkedIn", "Founders Breakfast", 60, 60, 100),
    "sc1": Campaign("Snapchat", "Campus Week", 60, 0, 110),
    "sc2": Campaign("Snapchat", "Festival Filter", 60, 95),
    "x1": Campaign("X", "Launch Day Live", 55),
    "x2": Campaign("X", "Ask the Makers", 45),
    "yt1": Campaign("YouTube", "How It Is Made", 55),
    "yt2": Campaign("YouTube", "Unboxing Stories", 45),
}
FORMATS = ("Image", "Video", "Carousel")  # a platform's campaigns in turn; it changes no rate
OFFERS = {"fb2", "ig3", "li2", "sc1"}  # campaigns of this category, the others are Brand
RENAMED = {"ig1": ("High Summer Looks", 120)}  # from that day on
BILLED_AS = {"X": "Twitter"}  # the bill has not learned the new name
VERDICTS = {"Facebook": "pays_back", "Instagram": "pays_back", "Snapchat": "loses"}
TOO_SMALL = "li2"
MOVE = {"Snapchat": "gives", "Facebook": "takes"}  # budget that moves under every attribution rule
DEVICES = {"Mobile": 47, "Desktop": 43, "Tablet": 10}
PURCHASES_PER_CLICK = {"Mobile": 0.052, "Desktop": 0.074, "Tablet": 0.06}
GENDERS = {"F": 54, "M": 39, "Other": 4, "": 3}
AGES = {(18, 24): 16, (25, 34): 34, (35, 44): 22, (45, 54): 14, (55, 64): 9, (65, 74): 5}
LOCATIONS = {"Germany": 22, "France": 18, "United Kingdom": 24, "Spain": 14, "Poland": 12, "": 10}
AUDIENCES = {("F", 25, 34): 130, ("M", 55, 64): 65}  # purchases, where everyone else has 100
SEEN = 0.92  # chance that an exposure's impressions were logged
REPEAT = 0.07  # chance that a purchase is followed by another one within 20 days
REFUND_EVERY = 40  # every 40th purchase is paid back, as a whole or half of it in turn
ORDER_VALUE, ORDER_SPREAD = 64, 0.76  # mean, and sd of the logarithm: a coefficient of 0.9
IMPRESSION_SPREAD = 0.42  # sd of the logarithm

HOUR_OF_DAY = (2, 1, 1, 1, 1, 2, 4, 6, 7, 7, 7, 8, 9, 8, 7, 7, 8, 9, 11, 12, 13, 12, 9, 5)
DAY_OF_WEEK = (10, 10, 10, 11, 12, 14, 13)  # from Monday
WEEKDAYS = [(START.weekday() + day) % 7 for day in range(DAYS)]
BY_DAY = [DAY_OF_WEEK[weekday] * (300 + day) for day, weekday in enumerate(WEEKDAYS)]
WEIGHTS = [  # of each hour: daily and weekly seasonality on a slow trend
    HOUR_OF_DAY[hour % 24] * BY_DAY[hour // 24] for hour in range(HOURS)
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
DIRTY_INTERACTIONS = {
    "impressions is not a number": {"impressions": "4O"},
    "equal to an earlier row": {},
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
        "2026-05-03,Twitter,x1,Launch Day Live,x1-2,4,20,USD,90,1": "10 columns instead of 9",
    },
}


def _between(random: Random, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int(random.random() * (high - low + 1))


def _pick(random: Random, weights: dict[Key, int]) -> Key:
    """One of the keys, with chances in proportion to the weights."""
    bounds = list(accumulate(weights.values()))
    return list(weights)[bisect_right(bounds, int(random.random() * bounds[-1]))]


def _busy_hour(random: Random, low: int, high: int) -> int:
    """An hour from low up to, not including, high, by traffic."""
    return bisect_right(TRAFFIC, _between(random, TRAFFIC[low], TRAFFIC[high] - 1)) - 1


def _lognormal(random: Random, mean: float, spread: float) -> float:
    """A right-skewed number with this mean; spread is the sd of its logarithm.

    The sum of twelve uniform numbers stands for a normal one, since it needs no function that
    differs between machines.
    """
    normal = math.fsum(random.random() for _ in range(12)) - 6
    return mean * math.exp(spread * normal) / (math.sinh(spread / 2) / (spread / 2)) ** 12


def _order_value(platform: str | None) -> float:
    """The mean order value after an ad of the platform, or of someone who walked in."""
    return ORDER_VALUE * (PLATFORMS[platform].basket if platform else 100) / 100


def _journey_hours(random: Random, exposures: int) -> list[int]:
    """Different hours in order, each within half a journey of one that is drawn by traffic."""
    centre = _busy_hour(random, 0, HOURS)
    reach = PACE * exposures // 2
    hours = {centre}
    while len(hours) < exposures:
        hours.add(_busy_hour(random, max(0, centre - reach), min(HOURS, centre + reach)))
    return sorted(hours)


def _demand(platform: str, day: int) -> int:
    """How much the platform is used that day, relative to its weights."""
    planted = PLATFORMS[platform]
    weekend = planted.weekend if WEEKDAYS[day] >= 5 else 100
    return (100 * DAYS + planted.growth * day) * weekend


def _running(platform: str, day: int) -> dict[str, int]:
    """The platform's campaigns that run that day, with their weights."""
    return {
        campaign_id: campaign.weight
        for campaign_id, campaign in CAMPAIGNS.items()
        if campaign.platform == platform and campaign.first_day <= day <= campaign.last_day
    }


def _ad(campaign_id: str, day: int) -> str:
    """The campaign's first ad, from the middle of its time on the second one."""
    campaign = CAMPAIGNS[campaign_id]
    is_second = 2 * day > campaign.first_day + campaign.last_day
    return f"{campaign_id}-{2 if is_second else 1}"


def draw_users(random: Random) -> pd.DataFrame:
    """One row per user: the columns of `users` and user_kind (blank for walk-ins)."""
    shares = {name: kind.share for name, kind in KINDS.items()}
    rows = [
        {
            "user_id": f"u{number:04}",
            "age": _between(random, *_pick(random, AGES)),
            "gender": _pick(random, GENDERS),
            "location": _pick(random, LOCATIONS),
            "device_type": _pick(random, DEVICES),
            "user_kind": _pick(random, shares) if number <= USERS else "",
        }
        for number in range(1, USERS + WALK_INS + 1)
    ]
    return pd.DataFrame(rows)


def draw_touches(random: Random, users: pd.DataFrame) -> pd.DataFrame:
    """One row per touch, with second (since START) and journey.

    A touch is a click (a row of `ad_events`) or, with event_type "seen", what the user saw of an ad
    within a few days: a row of `ad_interactions` at the time of its last impression.
    """
    rows = []
    for user in users[users["user_kind"] != ""].itertuples():
        kind = KINDS[user.user_kind]
        exposures = kind.exposures[_between(random, 1, len(kind.exposures)) - 1]
        journeys = [_journey_hours(random, exposures)]
        if random.random() < kind.returns:
            early = exposures // 3 if random.random() < 0.5 else exposures - exposures // 3
            journeys = [_journey_hours(random, early), _journey_hours(random, exposures - early)]
            while abs(journeys[1][0] - journeys[0][0]) < APART:
                journeys[1] = _journey_hours(random, exposures - early)
            journeys.sort()
        steps = [
            (
                journey,
                hour,
                "last" if hour == hours[-1] else "middle" if hour > hours[0] else "first",
            )
            for journey, hours in enumerate(journeys)
            for hour in hours
        ]
        platform = ""
        for number, (journey, hour, step) in enumerate(steps):
            day = hour // 24
            platform = _pick(
                random,
                {
                    name: getattr(planted, step) * _demand(name, day)
                    for name, planted in PLATFORMS.items()
                    if name != platform
                },
            )
            campaign_id = _pick(random, _running(platform, day))
            click = {
                "user_id": user.user_id,
                "journey": journey,
                "second": hour * 3600 + _between(random, 905, 3599),
                "event_type": "click",
                "ad_platform": platform,
                "campaign_id": campaign_id,
                "ad_id": _ad(campaign_id, day),
                "device_type": user.device_type,
                "impressions": 0,
            }
            if random.random() < SEEN:
                shown = PLATFORMS[platform].shown * kind.shown / 100
                seen = {
                    "second": click["second"] - _between(random, 5, 900),
                    "event_type": "seen",
                    "impressions": max(1, round(_lognormal(random, shown, IMPRESSION_SPREAD))),
                }
                if random.random() < 0.04:
                    seen["device_type"] = _pick(random, DEVICES)
                rows.append(click | seen)
            if random.random() < (kind.clicks_last if number == exposures - 1 else kind.clicks):
                rows.append(click)
    return pd.DataFrame(rows)


def plan_purchases(users: pd.DataFrame, touches: pd.DataFrame) -> pd.DataFrame:
    """The clicks that end a journey, with the expected number of purchases after each.

    Per device these add up to all clicks x the planted rate, distributed by the user's appetite and
    audience and the platform's pull.
    """
    ordered = touches.sort_values(["user_id", "second"], kind="stable")
    ends = ordered.drop_duplicates(["user_id", "journey"], keep="last")
    ends = ends[ends["event_type"] == "click"].merge(
        users[["user_id", "user_kind", "age", "gender"]], on="user_id"
    )
    appetite = pd.Series(
        [
            KINDS[kind].appetite * PLATFORMS[platform].pull * 100
            for kind, platform in zip(ends["user_kind"], ends["ad_platform"], strict=True)
        ]
    )
    for (gender, youngest, oldest), percent in AUDIENCES.items():
        inside = (ends["gender"] == gender) & ends["age"].between(youngest, oldest)
        appetite = appetite.mask(inside, appetite * percent // 100)
    clicks = touches.loc[touches["event_type"] == "click", "device_type"].value_counts()
    purchases = ends["device_type"].map(PURCHASES_PER_CLICK) * ends["device_type"].map(clicks)
    share = appetite / appetite.groupby(ends["device_type"]).transform("sum")
    return ends.drop(columns=["user_kind", "age", "gender"]).assign(expected=purchases * share)


def draw_conversions(random: Random, users: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """One row per purchase, with the columns of touches and revenue (text).

    Systematic sampling by platform and device: along the running total of the expected purchases
    one at every whole number, from a random start.
    """
    end = HOURS * 3600
    rows = []
    planned = plan.sort_values(["ad_platform", "device_type"], kind="stable").to_dict("records")
    total = random.random()
    for click in planned:
        before, total = int(total), total + click["expected"] / (1 + REPEAT)
        for _ in range(int(total) - before):
            second = click["second"] + int(random.random() * 72 * 3600)
            rows.append(click | {"second": second})
            if random.random() < REPEAT:
                second += int(random.random() * 20 * 24 * 3600)
                rows.append(click | {"second": second})
    for user_id in users.loc[users["user_kind"] == "", "user_id"]:
        rows.append({"user_id": user_id, "second": _between(random, 0, end - 1)})
    rows = [row for row in rows if row["second"] < end]
    for row in rows:
        revenue = max(1.0, _lognormal(random, _order_value(row.get("ad_platform")), ORDER_SPREAD))
        row |= {"event_type": "conversion", "revenue": f"{revenue:.2f}"}
    return pd.DataFrame(rows)


def plan_spend(random: Random, touches: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """`ad_spend` rows: each platform's budget by day and ad, as the traffic is planned.

    Budget = expected revenue / (1 + planted ROI). A day's spend is up to 15 % off its plan.
    """
    keys = ["day", "ad_platform", "campaign_id", "ad_id"]
    spend = (
        touches.assign(
            day=touches["second"] // 86_400,
            clicks=(touches["event_type"] == "click").astype(int),
        )
        .groupby(keys, as_index=False)[["impressions", "clicks"]]
        .sum()
    )
    expected = plan.groupby("ad_platform")["expected"].apply(math.fsum)
    for platform, rows in spend.groupby("ad_platform"):
        returned = expected[platform] * _order_value(platform)
        budget = round(100 * returned / (1 + PLATFORMS[platform].roi))
        weights = []
        for day, campaign_id in zip(rows["day"], rows["campaign_id"], strict=True):
            running = _running(platform, day)
            pace = BY_DAY[day] * _demand(platform, day) * running[campaign_id]
            weights.append(pace // sum(running.values()) * _between(random, 85, 115))
        total = sum(weights)
        # cutting the running total keeps the budget to the cent
        cuts = [weight * budget // total for weight in accumulate(weights, initial=0)]
        cents = [high - low for low, high in pairwise(cuts)]
        spend.loc[rows.index, "spend"] = [f"{value / 100:.2f}" for value in cents]
    names = []
    for day, campaign_id in zip(spend["day"], spend["campaign_id"], strict=True):
        name, renamed_on = RENAMED.get(campaign_id, ("", DAYS))
        names.append(name if day >= renamed_on else CAMPAIGNS[campaign_id].name)
    return spend.assign(
        spend_date=[f"{START + timedelta(days=day):%Y-%m-%d}" for day in spend["day"]],
        ad_platform=spend["ad_platform"].replace(BILLED_AS),
        campaign_name=names,
        currency="USD",
    )


def list_events(touches: pd.DataFrame, conversions: pd.DataFrame) -> pd.DataFrame:
    """`ad_events` rows in time order, numbered."""
    clicks = touches[touches["event_type"] == "click"]
    events = pd.concat([clicks, conversions]).sort_values(
        ["second", "user_id"], kind="stable", ignore_index=True
    )
    is_conversion = events["event_type"] == "conversion"
    numbers = is_conversion.cumsum()
    return events.assign(
        event_id=[f"e{number:05}" for number in range(1, len(events) + 1)],
        occurred_at=[f"{START + timedelta(seconds=second)}" for second in events["second"]],
        conversion_id=[
            f"c{n:04}" if flag else "" for n, flag in zip(numbers, is_conversion, strict=True)
        ],
    )


def list_refunds(events: pd.DataFrame) -> pd.DataFrame:
    """`ad_events` rows of what is paid back later: all of an order (no sum is told) or half."""
    sold = events[events["event_type"] == "conversion"].iloc[REFUND_EVERY - 1 :: REFUND_EVERY]
    rows = [
        {
            "event_id": f"r{number:04}",
            "user_id": user_id,
            "second": second + (5 + number) * 86_400,
            "event_type": "refund",
            "conversion_id": conversion_id,
            "revenue": "" if number % 2 else f"{round(100 * float(revenue)) // 2 / 100:.2f}",
        }
        for number, (user_id, second, conversion_id, revenue) in enumerate(
            sold[["user_id", "second", "conversion_id", "revenue"]].itertuples(index=False), 1
        )
    ]
    refunds = pd.DataFrame([row for row in rows if row["second"] < HOURS * 3600])
    times = [f"{START + timedelta(seconds=second)}" for second in refunds["second"]]
    return refunds.assign(occurred_at=times)


def list_interactions(touches: pd.DataFrame) -> pd.DataFrame:
    """`ad_interactions` rows in time order."""
    seen = touches[touches["event_type"] == "seen"].sort_values(["second", "user_id"])
    times = [f"{START + timedelta(seconds=second)}" for second in seen["second"]]
    return seen.assign(
        interaction_at=times,
        ad_type=seen["campaign_id"].map(lambda name: FORMATS[int(name[-1]) - 1]),
        ad_category=seen["campaign_id"].map(lambda name: "Offer" if name in OFFERS else "Brand"),
    )


def dirty_rows(clean: dict[str, pd.DataFrame]) -> dict[str, dict[str, dict]]:
    """The invalid rows appended to each raw table, by the reason for rejection."""
    events, users = clean["ad_events"], clean["users"]
    first = {kind: rows.iloc[0].to_dict() for kind, rows in events.groupby("event_type")}
    last_seen = clean["ad_interactions"].iloc[-1].to_dict()
    last_spend = clean["ad_spend"].iloc[-1].to_dict()
    user = users[users["age"] == 40].iloc[0].to_dict()
    return {
        "ad_events": {
            reason: first[kind] | {"event_id": f"e{90_000 + number}"} | change
            for number, (reason, (kind, change)) in enumerate(DIRTY_EVENTS.items())
        },
        "ad_interactions": {r: last_seen | change for r, change in DIRTY_INTERACTIONS.items()},
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
        *(("budget", name, "verdict", verdict) for name, verdict in MOVE.items()),
    ]
    return pd.DataFrame(rows, columns=["kind", "subject", "metric", "value"])


def draw_clean(seed: int) -> dict[str, pd.DataFrame]:
    """The valid rows of each raw table by name, before any source column."""
    random = Random(seed)
    users = draw_users(random)
    touches = draw_touches(random, users)
    plan = plan_purchases(users, touches)
    events = list_events(touches, draw_conversions(random, users, plan))
    return {
        "ad_events": pd.concat([events, list_refunds(events)], ignore_index=True),
        "ad_interactions": list_interactions(touches),
        "ad_spend": plan_spend(random, touches, plan),
        "users": users,
    }


def _is_late(events: pd.DataFrame, random: Random) -> pd.Series:
    """Whether an event reaches the second file: one of five of the last days."""
    is_recent = events["second"] >= (DAYS - LATE_DAYS) * 86_400
    return is_recent & pd.Series([random.random() < 0.2 for _ in events.index])


def build_demo(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Every seed by name: the raw tables with their source columns, and the planted figures."""
    clean = draw_clean(seed)
    dirty = dirty_rows(clean)
    clicks = clean["ad_events"][clean["ad_events"]["event_type"] == "click"]
    is_late = _is_late(clean["ad_events"], Random(seed))
    late = clean["ad_events"][is_late]
    clean["ad_events"] = clean["ad_events"][~is_late]
    truth = [planted_truth()]
    seeds, rejects, files = {}, [], []
    for table, valid in clean.items():
        file = f"{table}.csv"
        rows = pd.concat([valid, pd.DataFrame(dirty[table].values())], ignore_index=True)
        unreadable = UNREADABLE.get(table, {})
        rejects += [
            (table, reason, record, file, len(rows) + 2 + number, LOADED_AT)
            for number, (record, reason) in enumerate(unreadable.items())
        ]
        lines = range(len(valid) + 2, len(rows) + 2)
        truth.append(
            pd.DataFrame(
                {"kind": "dirty", "subject": f"{file}:{line}", "metric": "reason", "value": reason}
                for line, reason in zip(lines, dirty[table], strict=True)
            )
        )
        seeds[table] = _landed(rows, file, LOADED_AT)
        files.append(_file(table, file, len(rows), len(unreadable), LOADED_AT))
    file = "ad_events_late.csv"
    seeds["ad_events"] = pd.concat([seeds["ad_events"], _landed(late, file, LATE_LOADED_AT)])
    files.append(_file("ad_events", file, len(late), 0, LATE_LOADED_AT))
    seeds = {
        table: seeds.get(table, pd.DataFrame()).reindex(
            columns=[*(column.name for column in columns), *SOURCE_COLUMNS]
        )
        for table, columns in RAW_TABLES.items()
    }
    users = clean["users"]
    is_kind = users["user_kind"] != ""
    has_touch = users["user_id"].isin({*seeds["ad_interactions"]["user_id"], *clicks["user_id"]})
    return seeds | {
        "landing_rejects": pd.DataFrame(rejects, columns=LANDING_REJECTS),
        "landed_files": pd.DataFrame(files, columns=LANDED_FILES),
        "planted_truth": pd.concat(truth),
        "planted_user_kinds": users.loc[is_kind & has_touch, ["user_id", "user_kind"]],
    }


def _landed(rows: pd.DataFrame, file: str, loaded_at: str) -> pd.DataFrame:
    return rows.assign(
        _source_file=file, _source_line=range(2, len(rows) + 2), _loaded_at=loaded_at
    )


def _file(table: str, file: str, rows: int, unreadable: int, loaded_at: str) -> tuple:
    return (table, file, rows + unreadable, rows, unreadable, "", ".", "", "", loaded_at)


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
