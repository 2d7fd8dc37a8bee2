"""Forecasts of spend, revenue, conversions and ROI; their limits come from their own misses.

The forecast of `combined` is made from today and from each of the days before; how far the sums of
those were off gives the limits. No draws, no seed: equal input gives equal output.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from social_roi.solvers.combined import (
    FIRST_FORECAST,
    LEVEL_DAYS,
    RECENT,
    SEASON,
    combined,
)

MEASURES = ("spend", "revenue", "conversions")
PERIODS = (7, 14, 28)
TOTAL = "(all)"
MIN_DAYS = 28  # known days that a forecast needs besides the days of its period
SHOWN_DAYS = 56  # known days that are shown before the forecast
EARLIER = 84  # earlier forecasts that limits come from
MAX_MISS = 3.0  # root mean square misses of a week: a last week farther off widens the limits
MAX_DAYS = 400
LIMITS = {"_low": (-1, 0.975), "_high": (1, 0.975), "_low_80": (-1, 0.9), "_high_80": (1, 0.9)}
DIGITS = 4
ROI_DIGITS = 10

_KEY = ("level", "ad_platform", "campaign_id")
_TEXTS = ("part", *_KEY, "measure", "forecast_day", "last_known_day", "method", "reason")
_FLAGS = ("is_inside", "is_inside_80")
_WHOLE = ("days_ahead", "earlier_forecasts", "days_known")
COLUMNS = (
    *("part", *_KEY, "measure", "days_ahead", "forecast_day", "last_known_day"),
    *("expected", *(f"expected{limit}" for limit in LIMITS), "recent", "happened", "last_week"),
    *("method", "reason", "error_to_last_week", "earlier_forecasts", "days_known", *_FLAGS),
)


class Made(NamedTuple):
    """The forecasts of one measure; the earlier ones are origins x days, the newest origin first.

    point: from today. made, happened, last_week: an earlier forecast, what came, and the week
    before it again. newest: the sum of the last known week, as forecast before it and as it came.
    method: `combined`, `last_week`, or `sum` of several series.
    """

    point: np.ndarray
    made: np.ndarray
    happened: np.ndarray
    last_week: np.ndarray
    newest: np.ndarray
    method: str

    def of_newest(self, origins: int) -> "Made":
        """With only so many of the earlier forecasts."""
        made, happened, last_week = self.made, self.happened, self.last_week
        return self._replace(
            made=made[:origins], happened=happened[:origins], last_week=last_week[:origins]
        )

    def sums(self, period: int) -> "Sums":
        earlier = (part[:, :period].sum(axis=1) for part in self[1:4])
        return Sums(float(self.point[:period].sum()), *earlier, self.error_to_last_week)

    @property
    def error_to_last_week(self) -> float:
        """Mean absolute miss of a day, relative to that of repeating last week."""
        made, last_week = (
            np.abs(part[:EARLIER] - self.happened[:EARLIER]).mean()
            for part in (self.made, self.last_week)
        )
        return float(made / last_week) if last_week > 0 else np.nan


class Sums(NamedTuple):
    """One measure over a period: what is expected, and by earlier origin what was and happened."""

    point: float
    made: np.ndarray
    happened: np.ndarray
    last_week: np.ndarray
    error_to_last_week: float


class Series(NamedTuple):
    """One platform or campaign: its key, measures x days, and the first of the days known."""

    key: tuple[str, str, str]
    values: np.ndarray
    start: int

    @property
    def days_known(self) -> int:
        return self.values.shape[1] - self.start


def forecast(daily: pd.DataFrame, periods: Sequence[int] = PERIODS) -> pd.DataFrame:
    """Every forecast of `int_daily_returns`, as one table of three parts.

    daily: level, ad_platform, campaign_id, activity_date; spend, revenue, conversions, touches (a
    day without a row is 0); last_known_date, is_spend_simulated and is_revenue_simulated, the same
    in all rows. A last day that is only half landed is left out.

    part `day`: a platform's or campaign's measure on each day ahead, and for platforms what
    happened on the last known days (days_ahead 0 and below). `period`: the same summed over
    each of `periods` (days), and `roi`; or the reason why there is none. `earlier`: forecasts made
    one week after another, what happened, and what repeating last week would have said. Limits are
    Student's t with as many degrees of freedom as windows fit side by side, times the root mean
    square miss of the window; wider after a last week that was far off. Row `(all)` adds up the
    platforms, forecasts and misses alike.
    """
    if not len(daily):
        return _typed([])
    dates = pd.to_datetime(daily["activity_date"])
    last = _last_whole_day(daily.assign(activity_date=dates))
    first = max(dates.min(), last - pd.Timedelta(days=MAX_DAYS - 1))
    days = (last - first).days + 1
    at = (dates - first).dt.days.to_numpy()
    inside = (at >= 0) & (at < days)
    if days < 1 or not inside.any():
        return _typed([])
    rows = daily[inside].assign(day=at[inside])
    simulated = {
        "spend": bool(daily["is_spend_simulated"].iloc[0]),
        "revenue": bool(daily["is_revenue_simulated"].iloc[0]),
        "conversions": False,
    }
    found: list[dict[str, Any]] = []
    platforms: list[Series] = []
    for key, of_key in rows.groupby(list(_KEY), sort=True):
        values = np.zeros((len(MEASURES), days))
        for row, measure in enumerate(MEASURES):
            np.add.at(values[row], of_key["day"].to_numpy(), of_key[measure].to_numpy(float))
        series = Series(key, values, int(of_key["day"].min()))
        if key[0] == "platform":
            platforms.append(series)
        else:
            found += _rows(series, _forecasts(series, periods), periods, simulated, last)
    found += _platforms_and_total(platforms, periods, simulated, last)
    if not rows["revenue"].any():
        # no revenue is known, as of reports or bills alone: that is no revenue of 0
        for row in found:
            if row["measure"] in ("revenue", "roi") and "recent" in row:
                row["recent"] = np.nan
    return _typed(found)


def _last_whole_day(daily: pd.DataFrame) -> pd.Timestamp:
    """The last known date, or the day before where that one is only half landed.

    Half: fewer than half of the events, or of the spend, that the same weekday had on average in
    the four weeks before.
    """
    last = pd.Timestamp(daily["last_known_date"].iloc[0])
    rows = daily[daily["level"] == "platform"]
    events = rows["touches"].astype(float) + rows["conversions"].astype(float)
    for amounts in (events, rows["spend"].astype(float)):
        by_day = amounts.groupby(rows["activity_date"]).sum()
        weeks = [last - pd.Timedelta(days=SEASON * week) for week in range(1, 5)]
        before = [by_day.get(day, 0.0) for day in weeks if day >= rows["activity_date"].min()]
        if before and by_day.get(last, 0.0) < np.mean(before) / 2:
            return last - pd.Timedelta(days=1)
    return last


def _longest(days_known: int, periods: Iterable[int]) -> int:
    """The longest period that so many known days allow a forecast of; 0 if none."""
    return max((period for period in periods if days_known >= MIN_DAYS + period), default=0)


def _forecasts(
    series: Series, periods: Sequence[int], longest: int | None = None
) -> dict[str, Made]:
    """The forecasts of each measure. longest: days ahead, else as many as the history allows."""
    longest = _longest(series.days_known, periods) if longest is None else longest
    if not longest:
        return {}
    whole = series.values.shape[1]
    # one round of origins for the limits, one more for the limits of the earlier forecasts
    ends = np.arange(whole - longest, 0, -1)[: 2 * EARLIER + longest]
    able = ends[ends - series.start >= FIRST_FORECAST]
    padded = np.hstack([np.zeros((len(MEASURES), LEVEL_DAYS)), series.values])
    histories = np.lib.stride_tricks.sliding_window_view(padded, LEVEL_DAYS, axis=1)
    at = np.concatenate([[whole, whole - SEASON], able])
    known = np.clip(at - series.start, FIRST_FORECAST, LEVEL_DAYS)
    flat = histories[:, at].reshape(-1, LEVEL_DAYS)
    made = combined(flat, np.tile(known, len(MEASURES)), longest)
    made = made.reshape(len(MEASURES), len(at), longest)
    again = np.arange(longest) % SEASON - SEASON
    found = {}
    for row, measure in enumerate(MEASURES):
        values = series.values[row]
        happened = values[ends[:, np.newaxis] + np.arange(longest)]
        # before its first days a series is forecast as 0: nobody knew of it
        ways = {"combined": np.zeros_like(happened), "last_week": np.zeros_like(happened)}
        ways["combined"][: len(able)] = made[row, 2:]
        ways["last_week"][: len(able)] = values[able[:, np.newaxis] + again]
        points = {"combined": made[row, 0], "last_week": values[whole + again]}
        weeks = values[-2 * SEASON :].reshape(2, SEASON).sum(axis=1)
        before = {"combined": made[row, 1, :SEASON].sum(), "last_week": weeks[0]}
        own = slice(0, min(len(able), EARLIER) or EARLIER)
        miss = {name: np.abs(way[own] - happened[own]).mean() for name, way in ways.items()}
        billed_on = np.flatnonzero(values[-8 * SEASON :]) % SEASON
        is_weekly = len(billed_on) > 1 and len(np.unique(billed_on)) == 1
        is_better = miss["combined"] < miss["last_week"] and not is_weekly
        method = "combined" if is_better else "last_week"
        found[measure] = Made(
            points[method].round(DIGITS),
            ways[method],
            happened,
            ways["last_week"],
            np.array([before[method], weeks[1]]),
            method,
        )
    return found


def _platforms_and_total(
    platforms: list[Series],
    periods: Sequence[int],
    simulated: Mapping[str, bool],
    last: pd.Timestamp,
) -> list[dict[str, Any]]:
    """The rows of every platform, and of their sum.

    Platforms with too short a history of their own enter the sum together, as one series.
    """
    if not platforms:
        return []
    whole = Series(
        ("platform", TOTAL, "all"),
        np.sum([series.values for series in platforms], axis=0),
        min(series.start for series in platforms),
    )
    longest = _longest(whole.days_known, periods)
    found, parts, rest = [], [], []
    for series in platforms:
        made = _forecasts(series, periods)
        found += _rows(series, made, periods, simulated, last)
        if _has_stopped(series):
            continue
        if _longest(series.days_known, periods) == longest:
            parts.append(made)
        else:
            rest.append(series)
    if rest:
        values = np.sum([series.values for series in rest], axis=0)
        together = Series(whole.key, values, min(series.start for series in rest))
        parts.append(_forecasts(together, periods, longest))
    parts = [part for part in parts if part]
    total = {
        measure: _sum_of([part[measure] for part in parts])
        for measure in MEASURES
        if parts and longest
    }
    return found + _rows(whole, total, periods, simulated, last)


def _sum_of(parts: list[Made]) -> Made:
    point, made, happened, last_week, newest = (
        np.sum([part[field] for part in parts], axis=0) for field in range(5)
    )
    method = parts[0].method if len(parts) == 1 else "sum"
    return Made(point.round(DIGITS), made, happened, last_week, newest, method)


def _has_stopped(series: Series) -> bool:
    return not series.values[:, -RECENT:].any()


def _rows(
    series: Series,
    made: Mapping[str, Made],
    periods: Sequence[int],
    simulated: Mapping[str, bool],
    last: pd.Timestamp,
) -> list[dict[str, Any]]:
    """All rows of one platform or campaign."""
    known = dict(zip(_KEY, series.key, strict=True)) | {"days_known": series.days_known}
    known["last_known_day"] = f"{last:%Y-%m-%d}"
    longest = len(made["spend"].point) if made else 0
    # those that the series' own history allows
    origins = max(0, series.days_known - longest - FIRST_FORECAST + 1)
    made = {measure: part.of_newest(origins) for measure, part in made.items()}
    found = _known_days(series, last) if series.key[0] == "platform" else []
    for measure in (*MEASURES, "roi"):
        money = ("spend", "revenue") if measure == "roi" else (measure,)
        recent = [series.values[MEASURES.index(name)] for name in money]
        for period in periods:
            row = known | {"part": "period", "measure": measure, "days_ahead": period}
            row["recent"] = _amount([part[-period:].sum() for part in recent])
            reason = _refusal(series, money, simulated, period, longest)
            sums = [made[name].sums(period) for name in money] if not reason else []
            if measure == "roi" and sums and not reason:
                reason = _no_ratio(*sums)
            if reason:
                found.append(row | {"method": "none", "reason": reason})
                continue
            row |= {"method": "ratio" if measure == "roi" else made[measure].method}
            beyond = _beyond([made[name] for name in money])
            now, earlier = _windows(sums, period, longest, beyond)
            found.append(row | now)
            found += [_earlier_row(row, part, last, longest) for part in earlier]
            if measure != "roi" and period == longest:
                found += _days(row, made[measure], last, beyond)
    return found


def _beyond(parts: Sequence[Made]) -> float:
    """By how much the last known week missed its forecast beyond MAX_MISS; of two parts, as ratio.

    The misses of whole periods know nothing of it yet: a budget three times as high since
    yesterday, a holiday. Nobody knows whether it lasts, so the limits are made to allow for it.
    """
    weeks = [part.sums(SEASON) for part in parts]
    if len(parts) == 2:
        made, happened = (_divided(weeks[1][field], weeks[0][field]) for field in (1, 2))
        misses = np.where(_usable(*weeks), _divided(happened, made) - 1, np.nan)[:EARLIER]
        before, came = _divided(parts[1].newest, parts[0].newest)
        newest = came / before - 1 if before > 0 else np.nan
    else:
        misses = (weeks[0].happened - weeks[0].made)[:EARLIER]
        newest = parts[0].newest[1] - parts[0].newest[0]
    usual = np.sqrt((misses[~np.isnan(misses)] ** 2).mean())
    beyond = abs(newest) - MAX_MISS * usual
    return float(beyond) if beyond > 0 else 0.0


def _refusal(
    series: Series,
    money: Sequence[str],
    simulated: Mapping[str, bool],
    period: int,
    longest: int,
) -> str:
    if any(simulated[name] for name in money):
        return "simulated"
    if period > longest and series.days_known < MIN_DAYS + period:
        return "too_little_data"
    if _has_stopped(series):
        return "stopped"
    # an ROI needs spend that goes on; an amount, that there ever was any
    days = dict.fromkeys(money, MAX_DAYS)
    if len(money) == 2:
        days = {"spend": SEASON, "revenue": RECENT}
    missing = [
        name for name in money if not series.values[MEASURES.index(name), -days[name] :].any()
    ]
    return f"no_{missing[0]}" if missing else ""


def _no_ratio(spend: Sums, revenue: Sums) -> str:
    """Why there is no ROI."""
    if spend.point <= 0:
        return "no_spend"
    if revenue.point <= 0:
        return "no_revenue"
    return "" if _usable(spend, revenue)[:EARLIER].mean() >= 0.8 else "too_little_data"


def _usable(spend: Sums, revenue: Sums) -> np.ndarray:
    return (spend.made > 0) & (spend.happened > 0) & (revenue.made > 0)


def _windows(
    sums: Sequence[Sums], period: int, longest: int, beyond: float
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The figures of the period from today, and of the earlier forecasts, one a week.

    One sum: an amount, with its misses. Two, of spend and revenue: ROI, with the misses of the
    ratio, since a day's misses of both belong together. beyond: see `_beyond`.
    """
    is_ratio = len(sums) == 2
    if is_ratio:
        usable = _usable(*sums)
        made, happened, last_week = (
            _divided(sums[1][field], sums[0][field]) for field in (1, 2, 3)
        )
        misses = np.where(usable, _divided(happened, made) - 1, np.nan)
        point = sums[1].point / sums[0].point
    else:
        [(point, made, happened, last_week, _)] = sums
        misses = happened - made
        usable = np.ones(len(made), dtype=bool)

    def limits(point: float, misses: np.ndarray, beyond: float = 0.0) -> dict[str, float]:
        around = _around(misses[~np.isnan(misses)], period, beyond)
        if is_ratio:
            ends = {name: point * (1 + end) for name, end in around.items()}
            return {name: _amount_of(max(end, 0.0) - 1, is_ratio) for name, end in ends.items()}
        ends = {name: point + end for name, end in around.items()}
        return {name: _amount_of(max(end, 0.0), is_ratio) for name, end in ends.items()}

    shift = 1 if is_ratio else 0
    now = {
        "expected": _amount_of(point - shift, is_ratio),
        **limits(point, misses[:EARLIER], beyond * (1 if is_ratio else period / SEASON)),
        "error_to_last_week": np.nan if is_ratio else round(sums[0].error_to_last_week, DIGITS),
        "earlier_forecasts": int(usable[:EARLIER].sum()),
    }
    earlier = []
    for back in range(0, min(len(made), EARLIER), SEASON):
        if not usable[back]:
            continue
        part = {"back": back, "is_inside": None, "is_inside_80": None} | {
            name: _amount_of(values[back] - shift, is_ratio)
            for name, values in (
                ("expected", made), ("happened", happened), ("last_week", last_week),
            )
        }  # fmt: skip
        # the windows that had ended by then; as many as a forecast of today needs
        then = misses[back + longest : back + longest + EARLIER]
        if (~np.isnan(then)).sum() >= MIN_DAYS - FIRST_FORECAST + 1:
            part |= limits(made[back], then)
            for name, side in (("is_inside", ""), ("is_inside_80", "_80")):
                low, high = part.pop(f"_low{side}"), part.pop(f"_high{side}")
                part[name] = bool(low <= part["happened"] <= high)
        earlier.append(part)
    limited = {f"expected{name}" if name in LIMITS else name: now[name] for name in now}
    return limited, earlier


def _around(misses: np.ndarray, period: int, beyond: float) -> dict[str, float]:
    """How far the limits are from the forecast. beyond: a further miss that they allow for.

    84 windows of 28 days overlap and say as much as 4 side by side: those are the degrees of
    freedom.
    """
    windows = 1 + (len(misses) - 1) / period
    miss = float(np.sqrt((misses**2).mean() + beyond**2))
    return {name: side * float(stdtrit(windows, p)) * miss for name, (side, p) in LIMITS.items()}


def _earlier_row(
    row: dict[str, Any], part: dict[str, Any], last: pd.Timestamp, longest: int
) -> dict[str, Any]:
    made_on = last - pd.Timedelta(days=longest + part["back"])
    dropped = ("recent", "days_known")
    kept = {name: value for name, value in row.items() if name not in dropped}
    return kept | part | {"part": "earlier", "last_known_day": f"{made_on:%Y-%m-%d}"}


def _days(
    row: dict[str, Any], made: Made, last: pd.Timestamp, beyond: float
) -> list[dict[str, Any]]:
    found = []
    kept = {name: row[name] for name in (*_KEY, "measure", "last_known_day", "method")}
    misses = (made.happened - made.made)[:EARLIER]
    for day, point in enumerate(made.point):
        ends = _around(misses[:, day], day + 1, beyond / SEASON)
        found.append(
            kept
            | {
                f"expected{name}": round(max(point + end, 0.0), DIGITS)
                for name, end in ends.items()
            }
            | {
                "part": "day",
                "days_ahead": day + 1,
                "forecast_day": f"{last + pd.Timedelta(days=day + 1):%Y-%m-%d}",
                "expected": float(point),
            }
        )
    return found


def _known_days(series: Series, last: pd.Timestamp) -> list[dict[str, Any]]:
    kept = dict(zip(_KEY, series.key, strict=True)) | {"part": "day", "method": "none"}
    kept["last_known_day"] = f"{last:%Y-%m-%d}"
    return [
        kept
        | {
            "measure": measure,
            "days_ahead": -back,
            "forecast_day": f"{last - pd.Timedelta(days=back):%Y-%m-%d}",
            "happened": round(float(values[-1 - back]), DIGITS),
        }
        for measure, values in zip(MEASURES, series.values, strict=True)
        for back in range(min(SHOWN_DAYS, series.days_known))
    ]


def _divided(amounts: np.ndarray, by: np.ndarray) -> np.ndarray:
    return np.divide(amounts, by, out=np.full_like(amounts, np.nan), where=by > 0)


def _amount(parts: Sequence[float]) -> float:
    """A sum; for spend and revenue the ROI, nan without spend."""
    if len(parts) == 1:
        return round(float(parts[0]), DIGITS)
    return round(float(parts[1] / parts[0]) - 1, ROI_DIGITS) if parts[0] > 0 else np.nan


def _amount_of(value: float, is_ratio: bool) -> float:
    return round(float(value), ROI_DIGITS if is_ratio else DIGITS)


def _typed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One table with fixed types, also when it is empty or all null."""
    types = {
        column: "str"
        if column in _TEXTS
        else "boolean"
        if column in _FLAGS
        else "Int64"
        if column in _WHOLE
        else "float64"
        for column in COLUMNS
    }
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)
    keys = ["part", *_KEY, "measure", "days_ahead", "last_known_day"]
    return table.sort_values(keys, ignore_index=True)
