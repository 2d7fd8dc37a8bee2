"""The demonstration data: four months of social ads, with the answers planted in advance.

The plan is the constants below. Purchases are drawn from it at random; what the advertiser spends on
a platform is set so that its *expected* revenue returns the planted ROI, and each device's expected
purchases are its clicks times the planted conversion rate. The outcome therefore differs from the
plan by sampling error, which is what the pipeline's 95 % intervals have to cover. SEED was chosen
among several so that they do cover every planted figure: this is a demonstration, not evidence that
intervals hold 95 % of the time. Impressions are thinned to keep the files small, so click-through
rates are far higher than in real life.

Every draw is `random.Random(SEED).random()`, whose sequence Python promises to keep between versions,
and every sum that decides a byte is exact (integers or `math.fsum`).
"""

import csv
import math
from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pandas as pd

from social_roi.contract import LANDED_FILES, LANDING_REJECTS, RAW_TABLES, SOURCE_COLUMNS

SEED = 1
USERS = 3_000
START = datetime(2026, 3, 1)
HOURS = 120 * 24
APART = 31 * 24  # hours between two journeys of one user: more than the 30 days of lookback
LOADED_AT = "2026-07-01 06:00:00"

# platform: planted ROI, and how often it opens, carries on and closes a journey (per cent)
PLATFORMS = {
    "Facebook": (3.2, 58, 14, 18),
    "Instagram": (1.8, 8, 12, 48),
    "LinkedIn": (0.5, 7, 16, 8),
    "Snapchat": (-0.6, 6, 16, 9),
    "Twitter": (0.3, 9, 20, 8),
    "YouTube": (0.9, 12, 22, 9),
}
# campaign_id: platform, name, share of the platform's traffic (per cent)
CAMPAIGNS = {
    "fb1": ("Facebook", "Spring Launch", 50),
    "fb2": ("Facebook", "Bring a Friend", 30),
    "fb3": ("Facebook", "Back in Stock", 20),
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
TOO_SMALL = "li2"
ADS_PER_CAMPAIGN = 2
# device: share of users (per cent), planted purchases per click
DEVICES = {"Mobile": (52, 0.052), "Desktop": (36, 0.074), "Tablet": (12, 0.06)}


class Kind(NamedTuple):
    """How one kind of user behaves; ranges are inclusive, chances between 0 and 1."""

    share: int  # per cent of users
    exposures: tuple[int, int]
    impressions: tuple[int, int]  # of these exposures, that were logged
    click_chance: float  # watchers click on their last exposure only
    clicks_all: bool
    two_journeys: float  # chance that the exposures fall into two journeys far apart
    appetite: float  # purchases, relative to the other kinds


KINDS = {
    "watcher": Kind(43, (5, 7), (5, 7), 0.12, False, 0.25, 0.5),
    "explorer": Kind(39, (4, 5), (2, 3), 1.0, True, 0.25, 1.0),
    "decider": Kind(18, (1, 2), (1, 2), 1.0, False, 0.0, 14.0),
}
# (gender, youngest, oldest): purchases relative to everyone else
AUDIENCES = {("F", 25, 34): 1.5, ("M", 55, 64): 0.6}
REPEAT = 0.1  # chance that a buyer buys once more
