"""The totals on the first screen: spend, revenue, ROI, conversions and cost per conversion."""

from datetime import date, timedelta
from statistics import NormalDist
from typing import NamedTuple

from social_roi.report.facts import (
    is_reports_only,
    known,
    own_counts,
    roi_summary,
    simulated_money,
)
from social_roi.report.types import Row, Rows, Tables

# Days that the change against the period before looks at; fewer in shorter data, from LEAST_DAYS.
RECENT_DAYS = 28
LEAST_DAYS = 7
SUMS = ("spend", "revenue", "conversions")
OF_MONEY = ("roi", "cpa")


class Total(NamedTuple):
    """One figure of the first screen.

    key: `spend`, `revenue`, `conversions`, `roi` or `cpa`; kind: as in `formatting`; low, high:
    95 % limits or None; change: of the latest days against as many before, as a part of these;
    rests_on: the money behind it; better: 1 where more is better, -1 where less is, else 0; goal:
    the team's target or None.
    """

    key: str
    label: str
    kind: str
    value: float | None
    low: float | None = None
    high: float | None = None
    change: float | None = None
    rests_on: str = ""
    better: int = 0
    goal: float | None = None


class Period(NamedTuple):
    """The latest days and as many before them; days: how many each."""

    days: int
    first: str
    middle: str
    last: str


def totals(tables: Tables) -> list[Total]:
    """The totals of all platforms and days; no ROI and CPA where money is simulated."""
    simulated = simulated_money(tables)
    of_all = sums_of_all(tables)
    limits = _limits(tables, of_all)
    period = recent_period(tables)
    changes = _changes(tables, period) if period else {}
    goals = tables["rpt_totals"][0]
    roi_goal = _as_roi(goals["target_roas"], goals["gross_margin"])
    claimed = " claimed" if is_reports_only(tables) else ""
    roi, cpa = (
        ("Return on investment (ROI)", "Cost per conversion (CPA)")
        if claimed
        else ("Blended ROI", "Blended CPA")
    )
    net = " after refunds" if goals["refunded"] and not claimed else ""
    return [
        Total(
            key,
            label,
            kind,
            None if key in OF_MONEY and simulated[rests_on] else of_all[key],
            *limits.get(key, (None, None)),
            None if key in OF_MONEY and simulated[rests_on] else changes.get(key),
            rests_on,
            better,
            goal,
        )
        for key, label, kind, rests_on, better, goal in (
            ("spend", "Spend", "money", "spend", 0, None),
            ("revenue", f"Revenue{claimed}{net}", "money", "revenue", 1, None),
            ("roi", roi, "roi", "roi", 1, roi_goal),
            ("conversions", f"Conversions{claimed}", "credit", "", 1, None),
            ("cpa", cpa, "money", "spend", -1, goals["target_cpa"]),
        )
    ]


def revenue_without_ad(tables: Tables) -> float | None:
    """The share of revenue that no ad is credited with; None where reports are all there is."""
    if is_reports_only(tables):
        return None
    *without, total = roi_summary(tables, "rpt_platform_roi") or [{"revenue": None}]
    if not total["revenue"]:
        return None
    return sum(row["revenue"] or 0 for row in without) / total["revenue"]


def _as_roi(roas: float | None, margin: float) -> float | None:
    return None if roas is None else roas * margin - 1


def sums_of_all(tables: Tables) -> Row:
    """Spend, revenue, conversions, ROI, ROAS and CPA of everything, null where unknown."""
    if is_reports_only(tables):
        rows = own_counts(tables, "rpt_platform_roi")
    else:
        rows = roi_summary(tables, "rpt_platform_roi")[-1:]
    sums = {
        name: sum(amounts) if (amounts := [row[name] for row in known(rows, name)]) else None
        for name in SUMS
    }
    if not is_reports_only(tables):
        sums["conversions"] = tables["rpt_totals"][0]["conversions"]
        sums["revenue"] = tables["rpt_totals"][0]["revenue"]
    return with_ratios(sums, tables["rpt_totals"][0]["gross_margin"])


def with_ratios(sums: Row, margin: float) -> Row:
    """Adds ROI, ROAS and CPA, null where spend, revenue or conversions are unknown or 0."""
    spend, revenue, conversions = (sums[name] for name in SUMS)
    has_return = bool(spend) and revenue is not None
    return sums | {
        "roi": (revenue * margin - spend) / spend if has_return else None,
        "roas": revenue / spend if has_return else None,
        "cpa": spend / conversions if spend and conversions else None,
    }


def _limits(tables: Tables, sums: Row) -> dict[str, tuple[float | None, float | None]]:
    """95 % limits of what depends on who happened to buy; none where money is simulated."""
    row = tables["rpt_totals"][0]
    simulated = simulated_money(tables)
    limits: dict[str, tuple[float | None, float | None]] = {}
    if is_reports_only(tables):
        return limits
    spend, margin = sums["spend"], row["gross_margin"]
    if known([row], "conversions_low"):
        conversions = row["conversions_low"], row["conversions_high"]
        limits["conversions"] = tuple(map(round, conversions))
        if spend and not simulated["spend"] and conversions[0]:
            limits["cpa"] = spend / conversions[1], spend / conversions[0]
    if known([row], "revenue_low") and not simulated["revenue"]:
        revenue = row["revenue_low"], row["revenue_high"]
        limits["revenue"] = revenue
        if spend and not simulated["spend"]:
            low, high = ((limit * margin - spend) / spend for limit in revenue)
            limits["roi"] = low, high
    return limits


def recent_period(tables: Tables) -> Period | None:
    """The latest days and as many before; None without dates or with too few days."""
    days = sorted({row["activity_date"] for row in tables["rpt_daily"]})
    if not days:
        return None
    first, last = map(date.fromisoformat, (days[0], days[-1]))
    length = min(RECENT_DAYS, ((last - first).days + 1) // 2)
    if length < LEAST_DAYS:
        return None
    back = [last - timedelta(days=days) for days in (2 * length - 1, length - 1)]
    return Period(length, *(day.isoformat() for day in (*back, last)))


def _changes(tables: Tables, period: Period) -> dict[str, float | None]:
    margin = tables["rpt_totals"][0]["gross_margin"]
    before, latest = (
        with_ratios(_sums(tables["rpt_daily"], *days), margin)
        for days in ((period.first, period.middle), (period.middle, "9999"))
    )
    changes = {name: _change(latest[name], before[name]) for name in (*SUMS, "cpa")}
    return changes | {"roi": _difference(latest["roi"], before["roi"])}


def _sums(daily: Rows, first: str, until: str) -> Row:
    """The sums of the days from `first` to before `until`."""
    days = [row for row in daily if first <= row["activity_date"] < until]
    return {
        name: sum(amounts) if (amounts := [row[name] for row in known(days, name)]) else None
        for name in SUMS
    }


def _change(now: float | None, before: float | None) -> float | None:
    return now / before - 1 if before and now is not None else None


def _difference(now: float | None, before: float | None) -> float | None:
    """ROI is a ratio that may be negative: its change is in percentage points."""
    return None if now is None or before is None else now - before


def changes_by_platform(tables: Tables) -> Rows:
    """One row per platform: sums of the latest days and of as many before, most changed first.

    is_clear: whether the conversions differ by more than chance would explain, at 5 % for all
    platforms together (Bonferroni), as counts: |a - b| against the square root of a + b.
    """
    period = recent_period(tables)
    if period is None:
        return []
    names = sorted({row["ad_platform"] for row in tables["rpt_daily"]})
    limit = NormalDist().inv_cdf(1 - 0.025 / max(len(names), 1))
    rows = []
    for name in names:
        daily = [row for row in tables["rpt_daily"] if row["ad_platform"] == name]
        before = _sums(daily, period.first, period.middle)
        latest = _sums(daily, period.middle, "9999")
        one, other = latest["conversions"] or 0, before["conversions"] or 0
        is_clear = abs(one - other) > limit * (one + other) ** 0.5
        rows.append(
            {"ad_platform": name, "is_clear": "yes" if is_clear else "no"}
            | latest
            | {f"{field}_before": before[field] for field in SUMS}
        )
    return sorted(rows, key=lambda row: -abs((row["revenue"] or 0) - (row["revenue_before"] or 0)))
