"""Error rates of what is said of the platforms' own reports: return, click rates, changes.

Days of reports whose truth is known go through the project's own SQL. Demand hangs together from
day to day, as in real accounts.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from lib.models import compiled
from lib.rates import row as told

Rates = Iterator[dict[str, Any]]
SEED = 20261130
MEAN_ORDER = 55.0
WEEK = np.array([0.95, 0.9, 0.92, 1.0, 1.1, 1.15, 0.98])
FIRST_DAY = pd.Timestamp("2025-01-06")


def demand(random: np.random.Generator, days: int, hold: float, spread: float) -> np.ndarray:
    """Days' demand, 1 on average: the log is autoregressive with `hold`, deviation `spread`."""
    log = random.normal(0, spread, days)
    for day in range(1, days):
        log[day] = hold * log[day - 1] + log[day] * np.sqrt(1 - hold**2)
    return np.exp(log - spread**2 / 2)


def reported_days(
    random: np.random.Generator, sets: int, days: int, hold: float, orders: float
) -> pd.DataFrame:
    """Rows as of `int_reported_days`: `sets` platforms at true ROI 0 that spend by the weekday.

    orders: a day; lognormal 1.0 values.
    """
    parts = []
    for number in range(sets):
        spend = MEAN_ORDER * orders * WEEK[np.arange(days) % 7] * random.lognormal(0, 0.1, days)
        mean = spend / MEAN_ORDER * demand(random, days, hold, 0.3)
        count = random.poisson(mean)
        value = [random.lognormal(np.log(MEAN_ORDER) - 0.5, 1, n).sum() for n in count]
        parts.append(pd.DataFrame({"spend": spend, "conversions": count, "revenue": value}))
        parts[-1]["ad_platform"] = f"p{number}"
    return pd.concat(parts, ignore_index=True).assign(
        level="platform",
        campaign_id="all",
        period_start=[*pd.date_range(FIRST_DAY, periods=days)] * sets,
        days=1,
        is_conversion_missing=False,
        is_revenue_missing=False,
        first_setting="7-day click",
        last_setting="7-day click",
    )


@cache
def _model(name: str) -> dict[str, Any]:
    [model] = [model for model in compiled(name) if model["name"] == name]
    return model


def through(name: str, **inputs: pd.DataFrame) -> pd.DataFrame:
    """What the model makes of these inputs."""
    sql = _model(name)["sql"]
    with duckdb.connect() as con:
        con.execute("set integer_division = true; attach ':memory:' as landed")
        con.execute("create schema landed.marts; use landed.marts")
        for table, rows in inputs.items():
            con.register("rows", rows)
            con.execute(f"create table {table} as from rows")
        return con.execute(sql).df()


def reported_returns(seed: int, sets: int) -> Rates:
    """Interval and verdicts of the platforms' own count over days, at ROI 0.

    Before: independent days, whatever their autocorrelation.
    """
    for days in (14, 30, 90, 180):
        for hold in (0.0, 0.5, 0.8):
            random = np.random.default_rng([SEED + seed, days, int(hold * 10)])
            found = through(
                "int_reported_performance",
                int_reported_days=reported_days(random, max(sets // 4, 20), days, hold, 5),
            )
            spend = found["spend"].astype(float)
            known = found["revenue_low"].notna()
            low, high = found["revenue_low"] > spend, found["revenue_high"] < spend
            where = f"{days} days, 5 orders a day, days alike by {hold:g}"
            covered = 1 - (low | high)[known].mean() if known.any() else float("nan")
            yield told("an interval of reported ROI is given", where, None, known.mean(), "-")
            yield told("95 % interval of reported ROI covers", where, None, covered, ">= 90 %")
            yield told("'claims to pay back' at ROI 0", where, None, low.mean(), "<= 5 %")
            yield told("'loses by its own count' at ROI 0", where, None, high.mean(), "<= 5 %")


def reported_clicks(seed: int, sets: int) -> Rates:
    """Click rates of three devices with equal rates, of users who see an ad several times.

    A user sees 10 ads on one to three days of the period; users' rates are beta with an
    intraclass correlation of 0.05. Before: independent impressions.
    """
    for days in (7, 30, 90):
        random = np.random.default_rng([SEED + seed, days])
        parts = []
        for number in range(max(sets // 8, 20)):
            for device in ("Mobile", "Desktop", "Tablet"):
                users = 20 * days
                rate = random.beta(0.012 * 19, 0.988 * 19, users)
                first, last = (random.integers(0, days, users) for _ in range(2))
                shown, clicks = np.zeros(days), np.zeros(days)
                for at in (first, last):
                    seen = random.poisson(5, users)
                    shown += np.bincount(at, seen, days)
                    clicks += np.bincount(at, random.binomial(seen, rate), days)
                parts.append(
                    pd.DataFrame(
                        {
                            "ad_platform": f"p{number}",
                            "device_name": device,
                            "period_start": pd.date_range(FIRST_DAY, periods=days),
                            "impressions": shown.astype(int),
                            "clicks": clicks.astype(int),
                        }
                    )
                )
        rows = pd.concat(parts, ignore_index=True)
        rows = rows.assign(period_end=rows["period_start"], breakdown="device", spend=1.0)
        for name in ("campaign", "campaign_name", "publisher_name", "country_name"):
            rows[name] = pd.Series(pd.NA, rows.index, "string")
        for name in ("age_cell", "gender_cell", "attribution_setting"):
            rows[name] = pd.Series(pd.NA, rows.index, "string")
        rows = rows.assign(reported_conversions=0.0, reported_revenue=0.0)
        reports = rows.assign(is_in_totals=True)
        found = through(
            "rpt_reported_breakdowns", int_ad_reports_broken_down=rows, fct_ad_reports=reports
        )
        covers = ((found["ctr_low"] <= 0.012) & (found["ctr_high"] >= 0.012)).mean()
        error = 1.959963984540054 * np.sqrt(0.012 * 0.988 / found["impressions"])
        before = (abs(found["ctr"] - 0.012) <= error).mean()
        named = found.groupby("ad_platform").apply(_is_highest, include_groups=False).mean()
        where = f"{days} days, {20 * days} users a device"
        yield told("95 % interval of a reported CTR covers", where, before, covers, ">= 90 %")
        yield told("a device is 'clearly the highest' of equal ones", where, None, named, "<= 5 %")


def _is_highest(rows: pd.DataFrame) -> bool:
    """As `report.reported._highest_rate`."""
    best = rows.sort_values("ctr").iloc[-1]
    others = rows[rows["device_type"] != best["device_type"]]
    return bool(best["ctr_low"] > others["ctr_high"].max())
