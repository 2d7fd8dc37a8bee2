"""Reports of ad platforms: what is told twice counts once, and what is split counts whole."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pytest
from conftest import query
from scipy import stats

from report_files import FIRST_DAY, GRAINS, Row, told, truth, write
from social_roi.dbt_runner import run_dbt
from social_roi.landing import land_files

pytestmark = pytest.mark.build

DATED = [grain for grain in GRAINS if grain.startswith("day")]
TABLES_ONLY = ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
# The same truth under many platform names, one a way of telling it.
SUBSETS = {
    f"Told {account or 'without account'} by {' and '.join(grains)}": (account, grains)
    for account in ("Acme", "")
    for size in range(1, len(DATED) + 1)
    for grains in combinations(DATED, size)
}
SPLIT = [f"{how} {account}" for how in ("days", "campaigns", "twice") for account in ("Acme", "-")]
RESTATED = ["restated in one folder", "restated later"]


def old(rows: list[Row]) -> list[Row]:
    """The first three days as they were before the platform restated them."""
    return [
        row | {"spend": int(row["spend"]) // 2, "reported_conversions": 0}
        for row in rows
        if row["period_start"] <= "2026-09-03"
    ]


SERIES = {"13 days": (13, False), "14 days": (14, False), "70 days": (70, False)}
SERIES |= {"50 sticky days": (50, True), "70 sticky days": (70, True)}


def series(days: int, *, is_sticky: bool) -> list[Row]:
    """Days of one campaign; sticky ones return much for two weeks, then little for two."""
    rng = random.Random(days)
    rows = []
    for number in range(days):
        day = (FIRST_DAY + timedelta(days=number)).isoformat()
        spend = rng.randrange(5_000, 15_000)
        level = (4 if number // 14 % 2 else 1) if is_sticky else rng.choice([1, 2, 4])
        row = {"period_start": day, "period_end": day, "campaign_id": "c1"}
        row |= {"grain": "day x campaign", "spend": f"{spend / 100:.2f}"}
        revenue = spend * level // 2
        rows.append(row | {"reported_conversions": 3, "reported_revenue": f"{revenue / 100:.2f}"})
    return rows


def halves(rows: list[Row], is_in_second: Callable[[Row], bool]) -> tuple[list[Row], list[Row]]:
    first = [row for row in rows if not is_in_second(row)]
    return first, [row for row in rows if is_in_second(row)]


def account_of(name: str) -> dict[str, str]:
    return {"ad_platform": name} | ({"account_name": "Acme"} if name.endswith("Acme") else {})


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build of all ways, landed in two steps."""
    folder = tmp_path_factory.mktemp("reports")
    first, later = folder / "first", folder / "later"
    first.mkdir()
    later.mkdir()
    rows = truth()
    recent = [row for row in rows if row["period_start"] >= "2026-09-02"]

    for number, grain in enumerate(DATED):
        report = [
            row | {"account_name": account}
            for name, (account, grains) in SUBSETS.items()
            if grain in grains
            for row in told(rows, grain, ad_platform=name)
        ]
        # the coarsest lands last
        write((later if number == 0 else first) / f"{number}.csv", report, number)

    parts: dict[Path, list[Row]] = {}
    for name in SPLIT:
        way = name.split()[0]
        for number, part in enumerate(
            {
                "days": [
                    [r for r in rows if (r["period_start"] > "2026-09-02") == b] for b in (0, 1)
                ],
                "campaigns": [[r for r in rows if (r["campaign_id"] == "c1") == b] for b in (0, 1)],
                "twice": [rows, rows],
            }[way]
        ):
            for place in (first, later) if number else (first,):
                report = told(part, "day x ad", **account_of(name))
                parts.setdefault(place / f"part {number} {place.name}.csv", []).extend(report)
    for path, report in parts.items():
        write(path, report)

    for name, place in zip(RESTATED, (first, later), strict=True):
        # in one folder the export that reaches further is the later one, whatever its name
        write(first / f"z {name}.csv", told(old(rows), "day x campaign", ad_platform=name))
        write(place / f"a {name}.csv", told(recent, "day x campaign", ad_platform=name))

    write(first / "period.csv", told(rows, "period x campaign", ad_platform="period"))
    both = told(rows, "period x campaign", ad_platform="period and days")
    write(first / "period too.csv", both)
    write(first / "days.csv", told(rows, "day x campaign", ad_platform="period and days"))

    write(first / "meta.csv", told(rows, "day x campaign", ad_platform="Meta"))
    bill = "spend_date,ad_platform,spend\n2026-09-01,Facebook,5\n2026-09-02,TikTok,7\n"
    (first / "bill.csv").write_text(bill)

    for name, (days, is_sticky) in SERIES.items():
        report = [row | {"ad_platform": name} for row in series(days, is_sticky=is_sticky)]
        write(first / f"{name}.csv", report)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_ROI_BUILD", str(folder))
        for place in (first, later):
            land_files([place], folder / "landed", add=True, report=lambda line: None)
        run_dbt(TABLES_ONLY, "duckdb", {"input": "landed"})
    return folder / "landed.duckdb"


def totals(rows: list[Row]) -> Counter:
    """Cents, impressions and conversions by day and campaign."""
    sums: Counter = Counter()
    for row in rows:
        for measure in ("spend", "impressions", "reported_conversions"):
            sums[row["period_start"], row["campaign_id"], measure] += int(row[measure])
    return sums


@pytest.fixture(scope="module")
def found(database: Path) -> dict[str, Counter]:
    sums: dict[str, Counter] = {}
    for platform, day, campaign, *amounts in query(
        database,
        """
        select
            ad_platform, cast(period_start as varchar), campaign_id,
            cast(sum(spend) * 100 as bigint), sum(impressions),
            cast(sum(reported_conversions) as bigint)
        from fct_ad_reports
        where is_in_totals
        group by all
        """,
    ):
        for measure, amount in zip(
            ("spend", "impressions", "reported_conversions"), amounts, strict=True
        ):
            sums.setdefault(platform, Counter())[day, campaign, measure] += int(amount or 0)
    return sums


def test_any_subset_of_grains_in_any_order_gives_the_totals_of_the_truth(
    found: dict[str, Counter],
) -> None:
    expected = totals(truth())
    assert [name for name in SUBSETS if found.get(name) != expected] == []


def test_a_report_split_by_days_or_campaigns_or_landed_twice_is_the_whole(
    found: dict[str, Counter],
) -> None:
    expected = totals(truth())
    assert [name for name in SPLIT if found.get(name) != expected] == []


def test_a_later_export_replaces_the_days_that_it_tells_again(
    found: dict[str, Counter], database: Path
) -> None:
    rows = truth()
    expected = totals(
        [row for row in old(rows) if row["period_start"] == "2026-09-01"]
        + [row for row in rows if row["period_start"] >= "2026-09-02"]
    )
    for name in RESTATED:
        assert found[name] == expected
        days = query(
            database,
            f"""
            select cast(period_start as varchar), replaced_rows,
                cast(spend_before * 100 as bigint), cast(spend_after * 100 as bigint)
            from rpt_restated_days where ad_platform = '{name}' order by 1
            """,
        )
        assert days == [
            (
                day,
                3,
                sum(int(row["spend"]) for row in old(rows) if row["period_start"] == day),
                sum(int(row["spend"]) for row in rows if row["period_start"] == day),
            )
            for day in ("2026-09-02", "2026-09-03")
        ]


def test_a_report_without_days_gives_totals_unless_days_tell_them(
    found: dict[str, Counter],
) -> None:
    rows = truth()
    assert found["period and days"] == totals(rows)
    assert found["period"] == totals([row | {"period_start": "2026-09-01"} for row in rows])


def test_reports_tell_the_spend_of_days_that_no_bill_of_their_seller_has(database: Path) -> None:
    days = query(
        database,
        "select cast(spend_date as varchar), cast(sum(spend) * 100 as bigint)"
        " from int_spend_reported where ad_platform = 'Meta' and not is_billed"
        " group by 1 order by 1",
    )
    spent = Counter()
    for row in truth():
        spent[row["period_start"]] += int(row["spend"])
    assert days == sorted(spent.items())[1:]


def test_the_interval_is_that_of_a_ratio_over_days_or_over_weeks_where_days_hang_together(
    database: Path,
) -> None:
    found = {
        platform: limits
        for platform, *limits in query(
            database,
            "select ad_platform, revenue_low, revenue_high, revenue_high_90, is_by_week"
            " from int_reported_performance where level = 'platform'",
        )
    }
    for name, (days, is_sticky) in SERIES.items():
        rows = series(days, is_sticky=is_sticky)
        spend, revenue = (
            np.array([float(row[column]) for row in rows])
            for column in ("spend", "reported_revenue")
        )
        residuals = revenue - revenue.sum() / spend.sum() * spend
        low, high, high_90, is_by_week = found[name]
        # weeks begin on Mondays
        weeks = (FIRST_DAY.weekday() + np.arange(days)) // 7
        by_week = np.array([residuals[weeks == week].sum() for week in sorted(set(weeks))])
        hang_together = (residuals[1:] * residuals[:-1]).sum() / (residuals**2).sum() > 0.3
        assert hang_together == is_sticky
        differ_more = len(by_week) >= 8 and (
            len(by_week) * by_week.var(ddof=1) > len(residuals) * residuals.var(ddof=1)
        )
        assert is_by_week == (is_sticky or differ_more)
        if is_by_week:
            residuals = by_week
        if days < 14 or (is_by_week and len(residuals) < 8):
            assert low is high is high_90 is None
            continue
        error = np.sqrt(len(residuals) * residuals.var(ddof=1))
        assert abs(residuals.mean()) < 1e-6
        at = stats.t(len(residuals) - 1).ppf
        assert low == pytest.approx(max(revenue.sum() + at(0.025) * error, 0), abs=5e-5 * error)
        assert high == pytest.approx(revenue.sum() + at(0.975) * error, abs=5e-5 * error)
        assert high_90 == pytest.approx(revenue.sum() + at(0.95) * error, abs=5e-5 * error)


def test_rows_outside_the_totals_stay_for_shares(database: Path) -> None:
    [(by_device,)] = query(
        database,
        "select sum(spend) from fct_ad_reports where grain = 'day x ad x device'"
        " and ad_platform like 'Told Acme%day x campaign and%'"
        " and ad_platform like '%device%'",
    )
    assert by_device > 0


def test_all_rows_of_one_database_are_read(database: Path) -> None:
    with duckdb.connect(str(database), read_only=True) as con:
        [(staged, used)] = con.execute(
            "select sum(report_lines), sum(report_lines) filter (not is_replaced)"
            " from marts.int_ad_reports_restated"
        ).fetchall()
        [(rows,)] = con.execute("select count(*) from marts.fct_ad_reports").fetchall()
    assert staged > used == rows
