"""Invented reports of ad platforms: one truth, told at several grains and split into files."""

import csv
import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

FIRST_DAY = date(2026, 9, 1)
DAYS = 4
CAMPAIGNS = ("c1", "c2", "c3")
DEVICES = ("Mobile", "Desktop")
AGES = ("18-24", "25-34", "65+")
MEASURES = ("spend", "impressions", "clicks", "reported_conversions", "reported_revenue")
# grain: the columns beside the day that its rows have
GRAINS = {
    "day x campaign": ("campaign_id",),
    "day x ad group": ("campaign_id", "ad_group_id"),
    "day x ad": ("campaign_id", "ad_group_id", "ad_id"),
    "day x ad x device": ("campaign_id", "ad_group_id", "ad_id", "device_type"),
    "day x campaign x age": ("campaign_id", "age_band"),
    "period x campaign": ("campaign_id",),
}
Row = dict[str, str | int]


def truth(seed: int = 1, days: int = DAYS) -> list[Row]:
    """The finest rows: a day, ad, device and age band, money in cents."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for number in range(days):
        day = (FIRST_DAY + timedelta(days=number)).isoformat()
        for campaign in CAMPAIGNS:
            for ad in range(4):
                for device in DEVICES:
                    for age in AGES:
                        impressions = rng.randrange(20, 400)
                        clicks = rng.randrange(impressions // 10)
                        conversions = rng.randrange(1 + clicks // 5)
                        rows.append(
                            {
                                "period_start": day,
                                "campaign_id": campaign,
                                "ad_group_id": f"{campaign}g{ad // 2}",
                                "ad_id": f"{campaign}a{ad}",
                                "device_type": device,
                                "age_band": age,
                                "spend": rng.randrange(1, 900),
                                "impressions": impressions,
                                "clicks": clicks,
                                "reported_conversions": conversions,
                                "reported_revenue": conversions * rng.randrange(2000, 9000),
                            }
                        )
    return rows


def told(rows: Iterable[Row], grain: str, **constants: str) -> list[Row]:
    """The rows of a report at this grain; money as text."""
    is_dated = grain.startswith("day")
    keys = (*(("period_start",) if is_dated else ()), *GRAINS[grain])
    sums: dict[tuple, list[int]] = {}
    days = set()
    for row in rows:
        days.add(row["period_start"])
        group = sums.setdefault(tuple(row[key] for key in keys), [0] * len(MEASURES))
        for number, measure in enumerate(MEASURES):
            group[number] += int(row[measure])
    report = []
    for group, amounts in sums.items():
        row = dict(zip(keys, group, strict=True)) | dict(zip(MEASURES, amounts, strict=True))
        start = row.get("period_start", min(days))
        end = row.get("period_start", max(days))
        money = {name: f"{int(row[name]) / 100:.2f}" for name in ("spend", "reported_revenue")}
        row |= money | {"period_start": start, "period_end": end, "grain": grain, **constants}
        report.append(row)
    return report


def write(path: Path, rows: list[Row], seed: int = 1) -> None:
    """A CSV file of these rows, in any order of rows and columns."""
    rng = random.Random(seed)
    names = sorted({name for row in rows for name in row})
    rng.shuffle(names)
    rows = rng.sample(rows, len(rows))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
