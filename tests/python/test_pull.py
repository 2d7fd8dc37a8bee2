"""Reports from the interfaces of Meta and Google Ads, held against an invented one."""

import json
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from conftest import query
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ad_interfaces import (
    ACCESS_TOKEN,
    CAMPAIGNS,
    GOOGLE_ACCOUNT,
    META_ACCOUNT,
    SECRET_VALUES,
    SECRETS,
    Cell,
    Fault,
    Interfaces,
    google_error,
    meta_error,
    reported,
    serving,
    truth,
    write_exports,
)
from social_roi.cli import main
from social_roi.dbt_runner import PROJECT
from social_roi.errors import UserError
from social_roi.inputs import find_inputs
from social_roi.landing import explain_files, land_files
from social_roi.pull import http
from social_roi.pull.credentials import Credentials, credentials
from social_roi.pull.google import Google
from social_roi.pull.interfaces import interfaces
from social_roi.pull.meta import Meta
from social_roi.pull.run import Wanted, pull
from social_roi.pull.state import Account, Piece

FIRST, LAST = date(2026, 10, 20), date(2026, 11, 14)
FOLDERS = {"meta": f"meta/act_{META_ACCOUNT}", "google": f"google/{GOOGLE_ACCOUNT}"}


class Pulls:
    """A folder of pulls, the lines they told, and how long they would have waited."""

    def __init__(self, folder: Path, server: Interfaces) -> None:
        self.folder = folder
        self.server = server
        self.lines: list[str] = []
        self.waits: list[float] = []

    def __call__(self, platform: str, since: date | None = FIRST, **more: Any) -> int:
        self.lines.clear()
        self.waits.clear()
        # runs that begin at one time are one run
        self.server.now += timedelta(seconds=1)
        wanted = {name: more.pop(name) for name in list(more) if name in Wanted.__annotations__}
        return pull(
            Wanted(platform, since, **wanted), self.folder, report=self.lines.append, **more
        )

    def refused(self, platform: str, *words: str, **more: Any) -> str:
        with pytest.raises(UserError) as refused:
            self(platform, **more)
        line = str(refused.value)
        assert "\n" not in line
        for word in words:
            assert word in line, line
        return line

    def rows(self, platform: str, *, replaced: bool = False) -> dict[str, Counter[str]]:
        """By report: the rows that landing would see, each as text; those that count, or those that
        a later pull replaced."""
        found: dict[str, Counter[str]] = {}
        try:
            named = find_inputs([self.folder / FOLDERS[platform]], self.folder / "landed", print)
        except UserError:
            # nothing is whole yet
            return {}
        for path in named.values():
            decoder, text, position = json.JSONDecoder(), path.read_text("utf-8"), 0
            counted = found.setdefault(path.parent.name, Counter())
            while position < len(text):
                document, position = decoder.raw_decode(text, position)
                pages = document if isinstance(document, list) else [document]
                rows = [row for one in pages for row in one.get("data", one.get("results", []))]
                rows = rows or [one for one in pages if "replaced_at" in one]
                wanted = [row for row in rows if ("replaced_at" in row) == replaced]
                counted.update(json.dumps(row, sort_keys=True) for row in wanted)
                position += text[position : position + 1].startswith("\n")
        return {report: rows for report, rows in found.items() if rows}

    def landed(self) -> list[tuple]:
        """Sums of what landing makes of it."""
        folder = self.folder.parent / "landed_pulls"
        land_files([self.folder], folder, report=lambda line: None)
        return duckdb.sql(f"""
            select
                ad_platform, grain, count(*), sum(spend::decimal(18, 2)),
                sum(impressions::bigint), min(period_start), max(period_end)
            from read_parquet('{folder}/current/ad_reports/*.parquet')
            group by all order by all
        """).fetchall()

    def days(self, platform: str, report: str = "campaign") -> set[str]:
        rows = [json.loads(row) for row in self.rows(platform)[report]]
        return {row.get("date_start") or row["segments"]["date"] for row in rows}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Interfaces]:
    interfaces = Interfaces()
    interfaces.cells = truth(FIRST, LAST)
    with serving(interfaces) as address:
        environment(monkeypatch, address)
        yield interfaces


def environment(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    told = SECRETS | {
        "META_GRAPH_URL": address,
        "GOOGLE_ADS_URL": address,
        "GOOGLE_TOKEN_URL": f"{address}/token",
        "META_AD_ACCOUNT_ID": META_ACCOUNT,
        "GOOGLE_ADS_CUSTOMER_ID": "441-509-2287",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_ADS_LOGIN_CUSTOMER_ID", raising=False)
    monkeypatch.delenv("SOCIAL_ROI_SECRET", raising=False)


@pytest.fixture
def pulls(server: Interfaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulls:
    pulls = Pulls(tmp_path / "pulled", server)
    monkeypatch.setattr(http, "sleep", pulls.waits.append)
    return pulls


def expected(server: Interfaces, report: str, first: date = FIRST, last: date = LAST) -> int:
    return len(reported(server.cells, report, first, last))


def assert_exact(pulls: Pulls, platform: str, first: date = FIRST, last: date = LAST) -> None:
    """Every row of the truth is there once."""
    found = pulls.rows(platform)
    assert set(found) == set(interfaces()[platform]["reports"])
    for report, rows in found.items():
        assert set(rows.values()) == {1}, report
        assert len(rows) == expected(pulls.server, report, first, last), report


# --- what comes is what the ad managers export ---------------------------------------------------

COMPARED = (
    *("ad_platform", "grain", "period_start", "period_end", "account_id", "account_name"),
    *("campaign_id", "campaign_name", "ad_group_id", "ad_group_name", "ad_id", "ad_name"),
    *("publisher", "gender", "currency"),
)
NUMBERS = ("spend", "impressions", "clicks", "clicks_all", "reach")
RESULTS = ("reported_conversions", "reported_revenue")


def cells_of(folder: Path, landed: Path) -> list[tuple]:
    land_files([folder], landed, report=lambda line: None)
    numbers = [f"cast({name} as decimal(18, 4))" for name in NUMBERS]
    # a blank of an export is a list without purchases of the interface
    numbers += [f"coalesce(cast({name} as decimal(18, 4)), 0)" for name in RESULTS]
    # staging spells these, from the same seed
    spelt = [
        f"""coalesce((
            select name from read_csv('{PROJECT}/seeds/lookups/spellings.csv')
            where kind = '{kind}' and spelling = lower({column})
        ), {column})"""
        for kind, column in (("age", "age_band"), ("device", "device_type"))
    ]
    texts = [f"lower({name})" if name == "gender" else name for name in COMPARED]
    return duckdb.sql(f"""
        select {", ".join([*texts, *spelt, *numbers])}
        from read_parquet('{landed}/current/ad_reports/*.parquet') order by all
    """).fetchall()


def test_what_is_pulled_lands_as_the_exports_of_the_same_accounts(
    pulls: Pulls, tmp_path: Path
) -> None:
    for platform in FOLDERS:
        pulls(platform)
    write_exports(pulls.server, tmp_path / "exports", FIRST, LAST)
    pulled = cells_of(pulls.folder, tmp_path / "landed_pulled")
    exported = cells_of(tmp_path / "exports", tmp_path / "landed_exported")
    assert len(pulled) > 1000
    assert {row[0] for row in pulled} == {"Meta", "Google Ads"}
    assert pulled == exported


def test_paused_and_removed_campaigns_are_included(pulls: Pulls) -> None:
    for platform in FOLDERS:
        pulls(platform)
        assert any("120303" in row for row in pulls.rows(platform)["campaign"])


def test_several_accounts_and_those_of_before(pulls: Pulls) -> None:
    pulls("meta", accounts=[f"act_{META_ACCOUNT}", META_ACCOUNT])
    assert pulls.server.count(r"GET /v26.0/act_\d+\?") == 1
    pulls.refused("google", "no account number", accounts=["12-3"])
    pulls.refused("google", "GOOGLE_ADS_LOGIN_CUSTOMER_ID", accounts=["111-111-1111"])
    pulls.refused("meta", "check the number of the ad account", accounts=["7777777"])
    assert not pulls.rows("meta").keys() - set(interfaces()["meta"]["reports"])


def test_without_a_name_the_accounts_pulled_before_are_taken(
    pulls: Pulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for platform, option in (("meta", "META_AD_ACCOUNT_ID"), ("google", "GOOGLE_ADS_CUSTOMER_ID")):
        pulls(platform)
        monkeypatch.delenv(option)
        pulls(platform, None)
        assert any(platform[:4].lower() in line.lower() for line in pulls.lines)
    shutil.rmtree(pulls.folder)
    pulls.refused("meta", "which account?", "META_AD_ACCOUNT_ID")


def test_a_login_customer_stands_in_its_header(
    pulls: Pulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_ADS_LOGIN_CUSTOMER_ID", "999-888-7777")
    pulls("google")
    asked = [one for one in pulls.server.requests if "searchStream" in one.address]
    assert {one.headers["login-customer-id"] for one in asked} == {"9998887777"}


def test_an_account_without_ads(pulls: Pulls) -> None:
    pulls.server.cells = []
    for platform in FOLDERS:
        assert pulls(platform) == 0
        assert "no ads were shown" in pulls.lines[-1]
    landed = pulls.folder.parent / "landed"
    with pytest.raises(UserError, match="no records in any file"):
        land_files([pulls.folder], landed, report=lambda line: None)
    # beside other files it stands in nobody's way
    (pulls.folder / "users.csv").write_text("user_id,age\nu1,33\n")
    assert land_files([pulls.folder], landed, report=lambda line: None).rows == 1


# --- which days ----------------------------------------------------------------------------------


def days(first: date, last: date) -> set[str]:
    return {str(first + timedelta(days=number)) for number in range((last - first).days + 1)}


def test_the_last_28_days_are_pulled_again_and_replaced_as_a_whole(pulls: Pulls) -> None:
    for platform in FOLDERS:
        pulls.server.now = datetime(2026, 11, 11, 12, tzinfo=UTC)
        pulls.server.cells = truth(date(2026, 8, 1), date(2026, 11, 10))
        pulls(platform, date(2026, 8, 1))
        before = pulls.rows(platform)
        # restated, and nothing at all on one day
        later = truth(date(2026, 8, 1), date(2026, 11, 14), seed=2)
        pulls.server.cells = [cell for cell in later if cell.day != date(2026, 11, 3)]
        pulls.server.now = datetime(2026, 11, 15, 12, tzinfo=UTC)
        asked = len(pulls.server.requests)
        pulls(platform, None)
        after = pulls.rows(platform)
        # 10 Nov less 28 days is in October, so the former months stay as they were
        for report, rows in after.items():
            for month in ("2026-08", "2026-09"):
                of = [row for row in rows if f'"{month}' in row]
                assert of and of == [row for row in before[report] if f'"{month}' in row]
        fresh = {row for row in after["campaign"] if '"2026-10' in row or '"2026-11' in row}
        assert len(fresh) == expected(pulls.server, "campaign", date(2026, 10, 1))
        assert not fresh & set(before["campaign"])
        assert "2026-11-03" not in pulls.days(platform)
        assert len(pulls.server.requests) > asked
        shutil.rmtree(pulls.folder / FOLDERS[platform])


def replaced_days(pulls: Pulls, platform: str, report: str = "campaign") -> set[str]:
    kept = pulls.rows(platform, replaced=True).get(report, {})
    rows = [json.loads(row) for row in kept]
    return {row.get("date_start") or row["segments"]["date"] for row in rows}


def test_days_that_a_later_pull_changes_are_kept_as_they_were(pulls: Pulls) -> None:
    """Also a day of which nothing is left; as they were before they last changed."""
    first = pulls.server.cells
    changed, emptied = date(2026, 10, 30), date(2026, 11, 3)
    second = [
        cell._replace(cents=cell.cents + 1) if cell.day == changed else cell
        for cell in first
        if cell.day != emptied
    ]
    for platform in FOLDERS:
        pulls.server.cells = first
        pulls(platform)
        pulls(platform)
        assert not pulls.rows(platform, replaced=True)
        before = pulls.rows(platform)
        pulls.server.cells = second
        for _ in range(2):
            # the next pull, which finds no change, keeps them
            pulls(platform)
            assert_exact(pulls, platform)
            for report, rows in before.items():
                assert replaced_days(pulls, platform, report) == {str(changed), str(emptied)}
                kept = [json.loads(row) for row in pulls.rows(platform, replaced=True)[report]]
                assert all(row.pop("replaced_at") for row in kept)
                told = {in_texts(row) for row in rows}
                assert {json.dumps(row, sort_keys=True) for row in kept} <= told
        # once more: of that day only what stood there last
        pulls.server.cells = [cell._replace(clicks=cell.clicks + 1) for cell in second]
        pulls(platform)
        assert_exact(pulls, platform)
        assert replaced_days(pulls, platform) == days(FIRST, LAST)
        own = [json.loads(row) for row in pulls.rows(platform, replaced=True)["campaign"]]
        own = [row for row in own if str(changed) in json.dumps(row) and row.pop("replaced_at")]
        assert len(own) == len({cell.campaign for cell in second if cell.day == changed})
        was = {in_texts(row) for row in before["campaign"]}
        assert not {json.dumps(row, sort_keys=True) for row in own} & was
        pulls.server.cells = first


def in_texts(row: str) -> str:
    """As landing reads it: every number as text."""
    return json.dumps(json.loads(row, parse_float=str, parse_int=str), sort_keys=True)


def test_another_name_is_no_changed_day(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    for platform in FOLDERS:
        pulls(platform)
        with monkeypatch.context() as patch:
            patch.setitem(CAMPAIGNS, "120301", "Renamed")
            pulls(platform)
        assert any("Renamed" in row for row in pulls.rows(platform)["campaign"])
        assert not pulls.rows(platform, replaced=True)


def test_changed_days_beyond_what_landing_reads_are_kept_in_several_files(pulls: Pulls) -> None:
    pulls("google")
    pulls.server.cells = truth(FIRST, LAST, seed=2)
    pulls("google", most=30_000)
    kept = [*pulls.folder.rglob("*_replaced*.json")]
    assert len(kept) > 12 and max(path.stat().st_size for path in kept) <= 30_000
    assert replaced_days(pulls, "google", "ad") == days(FIRST, LAST)
    assert_exact(pulls, "google")


def test_a_crash_loses_no_changed_day(pulls: Pulls) -> None:
    pulls("google")
    pulls.server.cells = truth(FIRST, LAST, seed=2)
    with pytest.MonkeyPatch.context() as patch:
        seen: list[Account] = []

        def crash(self: Account) -> None:
            seen.append(self)
            if len(seen) == 2:
                raise RuntimeError

        patch.setattr(Account, "save", crash)
        with pytest.raises(RuntimeError):
            pulls("google")
    pulls("google")
    assert_exact(pulls, "google")
    for report in interfaces()["google"]["reports"]:
        assert replaced_days(pulls, "google", report) == days(FIRST, LAST), report


def test_a_gap_is_filled(pulls: Pulls) -> None:
    for platform in FOLDERS:
        pulls(platform, FIRST, until=date(2026, 10, 25))
        pulls(platform, date(2026, 11, 10))
        assert pulls.days(platform) == days(FIRST, LAST)
        assert_exact(pulls, platform)


def test_a_month_never_loses_days_it_had(pulls: Pulls) -> None:
    for platform in FOLDERS:
        pulls(platform, FIRST)
        pulls(platform, date(2026, 11, 5), until=date(2026, 11, 8), again=True)
        assert_exact(pulls, platform)


def test_earlier_days_can_be_added(pulls: Pulls) -> None:
    pulls("google", date(2026, 11, 5))
    pulls("google", FIRST)
    assert_exact(pulls, "google")


def test_what_is_no_longer_restated_is_pulled_again_only_on_demand(pulls: Pulls) -> None:
    pulls.server.cells = truth(date(2026, 7, 1), LAST)
    pulls("google", date(2026, 7, 1))
    asked = pulls.server.count("searchStream")
    pulls("google", date(2026, 7, 1), until=date(2026, 8, 31))
    assert pulls.server.count("searchStream") == asked + 1
    assert "nothing to pull" in pulls.lines[-1]
    pulls("google", date(2026, 7, 1), until=date(2026, 8, 31), again=True)
    assert pulls.server.count("searchStream") == asked + 2 + 12


def test_a_first_pull_takes_90_days_until_yesterday_where_the_account_is(pulls: Pulls) -> None:
    # 12:00 in Greenwich is tomorrow in Kiritimati
    pulls.server.zone = "Pacific/Kiritimati"
    pulls("google", None)
    queries = [one.body for one in pulls.server.requests if "segments.date" in one.body]
    assert "BETWEEN '2026-08-18' AND '2026-08-31'" in queries[0]
    assert "AND '2026-11-15'" in queries[-1]


def test_days_that_cannot_be_asked_for(pulls: Pulls) -> None:
    pulls.refused("meta", "--until 2026-11-15", "2026-11-14", until=date(2026, 11, 15))
    for platform in FOLDERS:
        pulls.refused(platform, "2023-10-16", since=date(2023, 10, 14))
    pulls.refused("meta", "is after the last day", since=date(2026, 11, 2), until=FIRST)


def test_a_month_that_is_partly_too_old_keeps_its_days(pulls: Pulls) -> None:
    first, last = date(2023, 10, 16), date(2023, 10, 31)
    pulls.server.cells = truth(first, last)
    pulls("google", first, until=last)
    pulls.server.now += timedelta(days=5)
    pulls.server.earliest = date(2023, 10, 21)
    pulls("google", date(2023, 10, 25), until=last, again=True)
    assert pulls.days("google") == days(first, last)


def test_a_clock_that_is_wrong_is_told_and_not_followed(pulls: Pulls) -> None:
    pulls.server.now = datetime.now(UTC) + timedelta(days=400, minutes=30)
    pulls.server.cells = []
    pulls("meta", None)
    assert "this machine's clock is 400 d behind" in pulls.lines[0]
    today = pulls.server.now.astimezone(ZoneInfo(pulls.server.zone)).date()
    assert f"to {today - timedelta(days=1)}" in pulls.lines[-1]
    pulls.server.now = datetime.now(UTC)
    shutil.rmtree(pulls.folder)
    pulls("meta", None)
    assert not any("clock" in line for line in pulls.lines)


# --- faults that a platform has ------------------------------------------------------------------

USED_UP = {
    "x-business-use-case-usage": json.dumps(
        {
            META_ACCOUNT: [
                {
                    "type": "ads_insights",
                    "call_count": 100,
                    "total_cputime": 3,
                    "total_time": 4,
                    "estimated_time_to_regain_access": 7,
                }
            ]
        }
    )
}
TOO_MANY = meta_error(80004, "(#80004) There have been too many calls to this ad-account.", 2446079)
USER_LIMIT = meta_error(17, "(#17) User request limit reached", is_transient=True)
EXHAUSTED = "quotaError.RESOURCE_EXHAUSTED"
QUOTA = google_error(429, "RESOURCE_EXHAUSTED", EXHAUSTED, "Too many requests.", "90s")
QUOTA_ONLY = google_error(429, "RESOURCE_EXHAUSTED")
AFTER = {"Retry-After": "45"}
META_PAGE, META_BEGIN = r"GET /v26.0/\d+/insights", "POST /v26.0/act_"
STREAM = "searchStream"


@pytest.mark.parametrize(
    ("platform", "fault", "waits"),
    [
        ("meta", Fault(META_PAGE, 2, 3, status=400, body=TOO_MANY, headers=USED_UP), [420, 420]),
        ("meta", Fault(META_BEGIN, 1, status=403, body=meta_error(4, "too many calls")), None),
        ("meta", Fault(META_PAGE, 1, status=400, body=USER_LIMIT), None),
        ("meta", Fault(META_PAGE, 2, 1, status=500, body=meta_error(2, "temporary")), None),
        ("meta", Fault(META_PAGE, 1, status=200, body=meta_error(1, "unknown")), None),
        ("meta", Fault(META_PAGE, 3, 2, status=502, body="<html>Bad Gateway</html>"), None),
        ("meta", Fault(META_PAGE, 3, 2, cut=700), None),
        ("meta", Fault(r"GET /v26.0/\d+$", 2, hang_up=True), None),
        ("meta", Fault(META_PAGE, 1, 1, status=200, body='{"data": [{"spend": "1'), None),
        ("google", Fault(STREAM, 2, 3, status=429, body=[QUOTA]), [90, 90]),
        ("google", Fault(STREAM, 1, 2, status=429, body="", headers={"Retry-After": "30"}), [30]),
        ("google", Fault(STREAM, 1, 2, status=429, body=[QUOTA_ONLY], headers=AFTER), [45]),
        ("meta", Fault(META_PAGE, 1, status=400, body=USER_LIMIT, headers=AFTER), [45]),
        ("google", Fault(STREAM, 2, 2, status=503, body=[google_error(503, "UNAVAILABLE")]), None),
        ("google", Fault(STREAM, 1, 2, status=500, body=google_error(500, "INTERNAL")), None),
        ("google", Fault(STREAM, 3, 2, cut=5000), None),
        ("google", Fault(STREAM, 1, 2, hang_up=True), None),
        ("google", Fault(STREAM, 1, 4, status=200, body='[{"results": [{"campaign": {}}]'), None),
        ("google", Fault("POST /token", 1, status=500, body={"error": "internal_failure"}), None),
    ],
)
def test_what_passes_is_waited_for(
    pulls: Pulls, platform: str, fault: Fault, waits: list[float] | None
) -> None:
    times = fault.times
    pulls.server.faults = [fault]
    pulls.server.looks = 0
    pulls(platform)
    assert fault.times == 0, "the fault never came"
    assert len(pulls.waits) == times and pulls.waits == (waits or pulls.waits)
    assert sum("waits" in line for line in pulls.lines) == times
    assert_exact(pulls, platform)


def test_an_error_behind_rows_of_a_stream_is_seen(pulls: Pulls) -> None:
    error = google_error(500, "INTERNAL", "internalError.INTERNAL_ERROR")
    fault = Fault(STREAM, 1, 3, change=lambda batches: [*batches, error])
    pulls.server.faults = [fault]
    pulls("google")
    assert len(pulls.waits) == 1
    assert_exact(pulls, "google")


def test_waits_grow_and_end(pulls: Pulls) -> None:
    pulls.server.faults = [Fault(STREAM, 99, status=503, body=[google_error(503, "UNAVAILABLE")])]
    pulls.refused("google", "after 6 attempts", "what was pulled is kept")
    assert pulls.waits == sorted(pulls.waits) and len(pulls.waits) == 6
    assert 2 <= pulls.waits[0] <= 2.5 and 64 <= pulls.waits[-1] <= 80


def test_a_limit_of_hours_is_not_waited_for(pulls: Pulls) -> None:
    error = google_error(429, "RESOURCE_EXHAUSTED", EXHAUSTED, "Too many.", "40591s")
    pulls.server.faults = [Fault(STREAM, 99, 5, status=429, body=[error])]
    pulls.refused("google", "11 h 16 min", "run the same command then")
    assert not pulls.waits


def test_a_pull_slows_down_before_the_limit(pulls: Pulls) -> None:
    headers = {"x-app-usage": '{"call_count": 95, "total_time": 10, "total_cputime": 10}'}
    pulls.server.faults = [Fault(META_PAGE, 2, 4, headers=headers)]
    pulls.server.looks = 0
    pulls("meta")
    assert pulls.waits == [60, 60]
    assert any("95 % of the rate limit" in line for line in pulls.lines)


def test_a_cursor_that_repeats_makes_the_report_anew(pulls: Pulls) -> None:
    def repeated(page: dict) -> dict:
        page["paging"]["cursors"]["after"] = "c0"
        page["paging"]["next"] = "https://interface.invalid/x?after=c0"
        return page

    pulls.server.page = lambda: 9
    pulls.server.faults = [Fault(META_PAGE + r".*after=c9\b", 1, change=repeated)]
    pulls("meta")
    assert any("a page leads back" in line for line in pulls.lines)
    assert_exact(pulls, "meta")
    # for ever: the days are asked for in parts, down to a single one
    pulls.server.faults = [Fault(META_PAGE, 999, change=repeated)]
    pulls.refused("meta", "leads back", since=date(2026, 11, 12))


def test_a_report_that_is_not_made(pulls: Pulls) -> None:
    failed = {"async_status": "Job Failed", "async_percent_completion": 0}
    fault = Fault(r"GET /v26.0/\d+$", 4, status=200, body=failed)
    pulls.server.faults = [fault]
    pulls("meta")
    # three times as a whole, then in two parts
    assert not fault.times and (pulls.folder / FOLDERS["meta"] / "campaign").exists()
    names = sorted(path.name for path in (pulls.folder / FOLDERS["meta"] / "campaign").iterdir())
    assert names == ["2026-10-20_2026-10-25.json", "2026-10-26_2026-10-31.json", "2026-11.json"]
    assert_exact(pulls, "meta")
    # as a whole again, in the place of its parts
    pulls("meta", FIRST, again=True)
    names = sorted(path.name for path in (pulls.folder / FOLDERS["meta"] / "campaign").iterdir())
    assert names == ["2026-10.json", "2026-11.json"]
    assert_exact(pulls, "meta")


@pytest.mark.parametrize("platform", FOLDERS)
def test_a_report_too_large_for_landing_is_kept_in_several_files(
    pulls: Pulls, platform: str
) -> None:
    pulls(platform, most=30_000)
    sizes = [path.stat().st_size for path in pulls.folder.rglob("*.json") if path.name[0] != "."]
    assert len(sizes) > 12 and max(sizes) <= 30_100
    assert_exact(pulls, platform)
    pulls.refused(platform, "of a single day", most=300, again=True)


def test_too_much_data_is_asked_for_in_parts(pulls: Pulls) -> None:
    said = "Please reduce the amount of data you're asking for, then retry your request"
    pulls.server.faults = [
        Fault(META_BEGIN, 1, status=500, body=meta_error(1, said)),
        Fault(META_BEGIN, 1, status=400, body=meta_error(100, "Invalid parameter", 1487534)),
    ]
    pulls("meta")
    assert not pulls.waits[99:]
    assert_exact(pulls, "meta")


# --- faults that a person has to mend ------------------------------------------------------------


def failure(code: str, status: int = 403, name: str = "PERMISSION_DENIED") -> list:
    return [google_error(status, name, code)]


@pytest.mark.parametrize(
    ("platform", "status", "body", "word"),
    [
        ("meta", 400, meta_error(190, "Session has expired.", 463), "make a new access token"),
        ("meta", 400, meta_error(190, "The session was changed.", 460), "make a new access token"),
        ("meta", 401, meta_error(190, "Malformed access token"), "META_ACCESS_TOKEN"),
        ("meta", 400, meta_error(10, "No permission"), "ads_read"),
        ("meta", 403, meta_error(200, "(#200) Ad account owner has NOT"), "ads_read"),
        ("meta", 400, meta_error(100, "Object does not exist", 33), "number of the ad account"),
        ("meta", 400, meta_error(2635, "deprecated version"), "update social-roi"),
        ("meta", 400, meta_error(3018, "beyond 37 months"), "--since"),
        ("meta", 400, meta_error(100, "(#100) x is not valid for fields"), "docs/pull.md"),
        ("meta", 302, "", "HTTP 302"),
        ("google", 401, failure("authenticationError.NOT_ADS_USER", 401), "give the user"),
        ("google", 403, failure("authorizationError.USER_PERMISSION_DENIED"), "LOGIN_CUSTOMER"),
        ("google", 403, failure("authorizationError.CUSTOMER_NOT_ENABLED"), "customer id"),
        ("google", 401, failure("authenticationError.CUSTOMER_NOT_FOUND", 401), "customer id"),
        (
            "google",
            403,
            failure("authorizationError.DEVELOPER_TOKEN_NOT_APPROVED"),
            "GOOGLE_ADS_DEVELOPER_TOKEN",
        ),
        ("google", 400, failure("requestError.UNSUPPORTED_VERSION", 400), "update social-roi"),
        ("google", 404, "<html>not found</html>", "update social-roi"),
        (
            "google",
            400,
            failure("queryError.REQUESTED_METRICS_FOR_MANAGER", 400, "INVALID_ARGUMENT"),
            "manager account",
        ),
        ("google", 400, failure("queryError.UNRECOGNIZED_FIELD", 400, "X"), "docs/pull.md"),
        (
            "google",
            400,
            failure("dateRangeError.REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED", 400, "X"),
            "--since",
        ),
        ("google", 403, {"error": ["strange"]}, "docs/pull.md"),
    ],
)
def test_what_a_person_has_to_mend_is_said_in_one_line(
    pulls: Pulls, platform: str, status: int, body: Any, word: str
) -> None:
    match = "GET /v26.0/act_" if platform == "meta" else "searchStream"
    pulls.server.looks, since = 0, date(2026, 11, 9)
    for skip in (0, 1):
        # of the first question, and in the middle
        where = META_BEGIN if platform == "meta" and skip else match
        pulls.server.faults = [Fault(where, 99, skip, status=status, body=body)]
        line = pulls.refused(platform, word, since=since)
        assert line.startswith(("Meta, ", "Google Ads, "))
        assert not pulls.waits
        pulls.server.faults = []
        # nothing is lost: the same command goes on
        pulls(platform, since)
        assert_exact(pulls, platform, since)
        shutil.rmtree(pulls.folder)


def test_a_manager_account_is_no_account_with_ads(pulls: Pulls) -> None:
    def manager(batches: list) -> list:
        batches[0]["results"][0]["customer"]["manager"] = True
        return batches

    pulls.server.faults = [Fault(STREAM, 1, change=manager)]
    pulls.refused("google", "the accounts below it")


def test_a_refresh_token_that_was_revoked(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_ADS_REFRESH_TOKEN", "1//0another-refresh-token")
    line = pulls.refused("google", "expired or revoked", "GOOGLE_ADS_REFRESH_TOKEN")
    assert "another" not in line
    monkeypatch.setenv("GOOGLE_ADS_CLIENT_SECRET", "another-client-secret")
    monkeypatch.setenv("GOOGLE_ADS_REFRESH_TOKEN", SECRETS["GOOGLE_ADS_REFRESH_TOKEN"])
    pulls.refused("google", "GOOGLE_ADS_CLIENT_SECRET")


def test_an_access_token_that_runs_out_is_renewed(pulls: Pulls) -> None:
    def expire() -> None:
        pulls.server.access_token = "ya29.theSecondAccessToken"

    pulls.server.faults = [Fault(STREAM, 1, 4, call=expire)]
    pulls("google")
    assert pulls.server.count("POST /token") == 2
    assert_exact(pulls, "google")


def test_a_token_that_is_missing_or_cut(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_ACCESS_TOKEN", "EAA with a blank")
    assert "blank" not in pulls.refused("meta", "META_ACCESS_TOKEN", "no whole token")
    monkeypatch.delenv("META_ACCESS_TOKEN")
    pulls.refused("meta", "META_ACCESS_TOKEN is not set")


# --- interrupts ----------------------------------------------------------------------------------


def test_an_interrupt_keeps_whole_pages_and_the_next_run_goes_on(pulls: Pulls) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    pulls.server.page = lambda: 7
    seen: list[str] = []

    def progress(line: str) -> None:
        seen.append(line)
        if len(seen) == 60:
            interrupt()

    with pytest.raises(KeyboardInterrupt):
        pulls("meta", progress=progress)
    # what landing sees is whole
    for rows in pulls.rows("meta").values():
        assert set(rows.values()) == {1}
    begun = pulls.server.count(META_BEGIN)
    before = pulls.server.count(META_PAGE)
    pulls("meta", None)
    assert_exact(pulls, "meta")
    # neither a whole report nor a page of one that was begun was asked for twice
    assert pulls.server.count(META_BEGIN) == 12 and begun < 12
    wanted = sum(
        max(-(-expected(pulls.server, report, *part) // 7), 1)
        for report in interfaces()["meta"]["reports"]
        for part in ((FIRST, date(2026, 10, 31)), (date(2026, 11, 1), LAST))
    )
    assert before < wanted and pulls.server.count(META_PAGE) == wanted
    assert not (pulls.folder / FOLDERS["meta"] / ".partial").exists()


def test_pages_of_yesterday_are_left(pulls: Pulls) -> None:
    pulls.server.page = lambda: 7
    pulls.server.faults = [Fault(META_PAGE, 99, 3, status=400, body=meta_error(10, "No"))]
    pulls.refused("meta", "ads_read")
    pulls.server.faults = []
    pulls.server.now += timedelta(hours=25)
    pulls("meta", until=LAST)
    assert pulls.server.count(META_BEGIN) == 13
    assert_exact(pulls, "meta")


def test_a_begun_report_that_is_gone_is_made_anew(pulls: Pulls) -> None:
    pulls.server.page = lambda: 7
    pulls.server.faults = [Fault(META_PAGE, 99, 3, status=400, body=meta_error(10, "No"))]
    pulls.refused("meta", "ads_read")
    pulls.server.faults = []
    pulls.server.jobs.clear()
    pulls("meta")
    assert any("no longer there" in line for line in pulls.lines)
    assert_exact(pulls, "meta")


def test_ctrl_c_ends_in_one_line(pulls: Pulls, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "social_roi", "pull", "meta", "--since", str(FIRST)]
    process: list[subprocess.Popen[str]] = []
    stop = Fault(META_PAGE, 1, 3, call=lambda: process[0].send_signal(signal.SIGINT), hang_up=True)
    pulls.server.faults = [stop]
    pulls.server.looks = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
        process.append(subprocess.Popen(command, stdout=-1, stderr=-1, text=True))
        _, said = process[0].communicate(timeout=60)
    assert process[0].returncode == 130, said
    assert "Traceback" not in said and "whole pages that were pulled" in said
    pulls.folder = tmp_path / "build" / "pulled"
    begun = pulls.server.count(META_BEGIN)
    pulls("meta")
    assert pulls.server.count(META_BEGIN) == 12 and begun < 12
    assert_exact(pulls, "meta")


def test_a_full_disk_is_one_line(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    pulls("google")
    before = pulls.rows("google")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        pulls.refused("google", "free disk space", again=True)
    assert pulls.rows("google") == before


def test_a_crash_between_a_file_and_its_state_has_the_days_pulled_again(pulls: Pulls) -> None:
    pulls("google", FIRST, until=date(2026, 11, 2))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError):

        def crash(self: Account) -> None:
            if self.state.run and "2026-11" in self.state.reports["campaign"]:
                covered = self.state.reports["campaign"]["2026-11"]
                if covered.last == str(LAST):
                    raise RuntimeError

        patch.setattr(Account, "save", crash)
        pulls("google")
    assert pulls.days("google") == days(FIRST, LAST)
    pulls("google")
    assert_exact(pulls, "google")


# --- never a row lost or doubled -----------------------------------------------------------------


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 1 << 32), platform=st.sampled_from(sorted(FOLDERS)))
def test_random_borders_cuts_and_interrupts_lose_and_double_no_row(
    server: Interfaces, seed: int, platform: str
) -> None:
    rng = Random(seed)
    first = date(2026, 10, 20) + timedelta(days=rng.randrange(12))
    server.cells = truth(first, LAST, seed=seed, campaigns=rng.randrange(1, 4))
    server.page = lambda: rng.choice((1, 2, 5, 13, 60, 500))
    server.looks = rng.randrange(2)
    match = META_PAGE if platform == "meta" else STREAM
    broken = (
        {"cut": rng.randrange(1, 3000)},
        {"hang_up": True},
        {"status": 503, "body": ""},
        {"status": 200, "body": "[{"},
    )
    server.faults = [
        Fault(match, rng.randrange(1, 3), rng.randrange(30), **rng.choice(broken)) for _ in range(3)
    ]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "sleep", lambda seconds: None)
        pulls = Pulls(Path(folder) / "pulled", server)
        left = [rng.randrange(1, 60)]

        def progress(line: str) -> None:
            left[0] -= 1
            if not left[0]:
                left[0] = rng.randrange(1, 60)
                raise KeyboardInterrupt

        most = rng.choice((1 << 16, 1 << 26))
        for _ in range(200):
            try:
                pulls(platform, first, progress=progress, most=most)
                break
            except KeyboardInterrupt:
                for rows in pulls.rows(platform).values():
                    assert set(rows.values()) == {1}
        assert_exact(pulls, platform, first)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 40))
def test_halves_are_the_whole(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    one, other = Piece("ad", first, last).halves()
    assert (one.first, other.last) == (first, last)
    assert other.first - one.last == timedelta(days=1) and one.first <= one.last


# --- secrets -------------------------------------------------------------------------------------


def texts_of(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        yield path.name
        if path.is_file():
            yield path.read_bytes().decode("utf-8", "replace")


def test_tokens_are_in_headers_only(
    pulls: Pulls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in addresses, files, messages or errors, also where a platform says them."""
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    token = SECRETS["META_ACCESS_TOKEN"]
    pulls.server.page = lambda: 11
    pulls.server.faults = [
        Fault(META_PAGE, 1, status=500, body=meta_error(2, f"broken for {token}")),
        Fault(STREAM, 1, 3, status=503, body=[google_error(503, "UNAVAILABLE")]),
    ]
    assert main(["pull", "meta", "google", "--since", str(FIRST)]) == 0
    own = " ".join(value for name, value in SECRETS.items() if name.startswith("GOOGLE"))
    said = f"{own} {ACCESS_TOKEN}"
    for match, body in (
        (META_BEGIN, meta_error(190, f"Error validating access token {token}: expired", 463)),
        (STREAM, failure("authorizationError.X", 403)[0] | {"message": said}),
        (STREAM, {"error": {"message": said}}),
        ("POST /token", {"error": "invalid_grant", "error_description": own}),
    ):
        pulls.server.faults = [Fault(match, 9, status=400, body=body)]
        platform = "meta" if match == META_BEGIN else "google"
        assert main(["pull", platform, "--since", str(FIRST)]) == 2
    shown = capfd.readouterr()
    found = [shown.out, shown.err, *texts_of(tmp_path / "build")]
    found += [one.address for one in pulls.server.requests]
    found += [one.body for one in pulls.server.requests if one.address != "/token"]
    assert "(removed)" in shown.err and len(found) > 60
    scrubbing = Credentials({str(number): value for number, value in enumerate(SECRET_VALUES)})
    for text in found:
        for value in SECRET_VALUES:
            assert value not in text
        assert scrubbing.without(text) == text, "a secret in the form of an address or of JSON"
    assert "next" in json.dumps([*texts_of(tmp_path / "build")])


def test_a_secret_is_taken_out_of_a_text_in_every_form() -> None:
    kept = Credentials({"TOKEN": 'a|b/c+d"e='})
    for form in ('a|b/c+d"e=', "a%7Cb%2Fc%2Bd%22e%3D", 'a|b\\/c+d\\"e=', 'a|b/c+d\\"e='):
        assert kept.without(f"x {form} y") == "x (removed) y"
    assert "a|b" not in repr(kept)


def test_secrets_manager_fills_what_the_environment_lacks(
    pulls: Pulls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Client:
        def get_secret_value(self, SecretId: str) -> dict[str, str]:
            asked.append(SecretId)
            return {"SecretString": kept[0]}

    kept = [json.dumps(SECRETS | {"GOOGLE_ADS_CUSTOMER_ID": 4415092287})]
    monkeypatch.setattr("boto3.client", lambda *_, **__: Client())
    monkeypatch.setenv("SOCIAL_ROI_SECRET", "ads/tokens")
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOOGLE_ADS_CLIENT_ID", "of-the-environment")
    found = credentials("Google Ads", [name for name in SECRETS if name.startswith("GOOGLE")])
    assert found["GOOGLE_ADS_REFRESH_TOKEN"] == SECRETS["GOOGLE_ADS_REFRESH_TOKEN"]
    assert found["GOOGLE_ADS_CLIENT_ID"] == "of-the-environment"
    assert asked == ["ads/tokens"]
    monkeypatch.delenv("GOOGLE_ADS_CUSTOMER_ID", raising=False)
    assert found.plain("GOOGLE_ADS_CUSTOMER_ID") == GOOGLE_ACCOUNT
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    assert main(["pull", "google", "--since", "2026-11-09"]) == 0
    for wrong, word in (("[1]", "JSON object"), ("no JSON", "JSON object"), ("{}", "is not set")):
        kept[0] = wrong
        with pytest.raises(UserError, match=word):
            credentials("Meta", ["META_ACCESS_TOKEN"])


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("https://proxy.invalid", "--any-address"),
        ("http://proxy.invalid", "has to begin with https"),
        ("http://10.0.0.1:80", "has to begin with https"),
        ("https://someone:secret@proxy.invalid", "nothing secret"),
        ("https://proxy.invalid/?access_token=x", "nothing secret"),
        ("https://127.0.0.1.proxy.invalid", "--any-address"),
        ("ftp://127.0.0.1", "has to begin with https"),
        ("localhost", "has to begin with https"),
    ],
)
def test_a_base_address_leads_to_this_machine_or_is_refused(
    pulls: Pulls, monkeypatch: pytest.MonkeyPatch, address: str, word: str
) -> None:
    monkeypatch.setenv("META_GRAPH_URL", address)
    pulls.refused("meta", word)
    assert not pulls.server.requests
    if "https" in word or "secret" in word:
        pulls.refused("meta", word, any_address=True)


def test_the_usual_addresses_have_tls() -> None:
    for platform in FOLDERS:
        assert all(
            address.startswith("https://")
            for address in interfaces()[platform]["addresses"].values()
        )


def test_a_server_that_nobody_vouches_for_is_sent_nothing(
    pulls: Pulls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not here, which makes the certificate")
    files = [str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", files[0], "-out", files[1]]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    other = Interfaces()
    with serving(other, context) as address:
        address = address.replace("127.0.0.1", "localhost")
        monkeypatch.setenv("META_GRAPH_URL", address)
        pulls.refused("meta", "no secure connection to localhost", "clock")
        assert not other.requests and not pulls.waits
        # the same server, once it is vouched for
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", files[1])
        pulls("meta", date(2026, 11, 9))
        assert other.requests


def test_another_host_is_not_followed_to(pulls: Pulls) -> None:
    elsewhere = {"Location": f"{pulls.server.address}/elsewhere"}
    pulls.server.faults = [Fault("act_", 1, status=307, body="", headers=elsewhere)]
    pulls.refused("meta", "HTTP 307")
    assert not pulls.server.count("elsewhere")


def test_a_netrc_does_not_take_the_place_of_the_token(
    pulls: Pulls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    pulls("meta")
    assert_exact(pulls, "meta")


# --- the command line ----------------------------------------------------------------------------


def test_what_is_pulled_is_landed_by_the_usual_command(
    pulls: Pulls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    assert main(["pull", "google", "--since", str(FIRST)]) == 0
    capfd.readouterr()
    assert main(["status"]) == 0
    wanted = sum(expected(pulls.server, name) for name in interfaces()["google"]["reports"])
    told = f"google/{GOOGLE_ACCOUNT}: {FIRST} to {LAST}, {wanted:,} rows\n"
    assert told in capfd.readouterr().out
    assert main(["land", str(tmp_path / "build" / "pulled")]) == 0
    files = tmp_path / "build" / "landed" / "current" / "ad_reports" / "*.parquet"
    assert duckdb.sql(f"select count(*) from '{files}'").fetchall() == [(wanted,)]
    # a folder above it does not land it by the way
    (tmp_path / "own.csv").write_text("user_id,age\nu1,33\n")
    named = find_inputs([tmp_path], tmp_path / "build" / "landed", lambda line: None)
    assert list(named) == ["own.csv"]
    assert main(["pull", "meta", "google", "--account", "1234567"]) == 2
    assert "one platform at a time" in capfd.readouterr().err


def test_a_build_lands_what_it_pulled_beside_the_data(
    pulls: Pulls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from social_roi import pipeline

    built: list[Any] = []

    def record(run: Any, data: Any, force: bool, mapping: Any) -> None:
        built.append((run.input, [*data]))

    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    monkeypatch.setattr(pipeline, "_build_what_is_new", record)
    monkeypatch.setattr(pipeline, "answers", lambda run: None)
    monkeypatch.setattr(pipeline, "print_outputs", lambda run: None)
    pulled = str(tmp_path / "build" / "pulled")
    assert main(["build", "--pull", "google", "meta"]) == 0
    assert main(["build", "--data", "a", "--pull", "google"]) == 0
    assert built == [("landed", [pulled]), ("landed", ["a", pulled])]
    pulls.server.faults = [Fault(STREAM, 99, status=403, body=failure("authorizationError.X"))]
    assert main(["build", "--pull", "google"]) == 2
    assert len(built) == 2
    pulls.server.faults, pulls.server.cells = [], []
    shutil.rmtree(tmp_path / "build")
    capfd.readouterr()
    assert main(["build", "--pull", "google"]) == 2
    assert "nothing to build" in capfd.readouterr().err
    assert len(built) == 2


def test_explain_says_of_changed_days_that_they_count_nowhere(pulls: Pulls, tmp_path: Path) -> None:
    pulls("google")
    land_files([pulls.folder], tmp_path / "landed", report=lambda line: None)
    pulls.server.cells = truth(FIRST, LAST, seed=2)
    pulls("google")
    for _ in range(2):
        lines: list[str] = []
        explain_files([pulls.folder], tmp_path / "landed", report=lines.append)
        kept = [line for line in lines if "by a later pull: they count nowhere" in line]
        assert len(kept) == 12
        assert not any("_replaced" in line for line in lines if "replaces" in line)
        land_files([pulls.folder], tmp_path / "landed", report=lambda line: None)


@pytest.mark.build
def test_what_a_build_pulls_has_the_sums_of_the_accounts(
    pulls: Pulls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every grain; what the second pull changes is told as it was and as it is."""
    changed, emptied = date(2026, 11, 5), date(2026, 11, 6)
    build = tmp_path / "build"
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(build))
    pulls.folder = build / "pulled"
    pulls.server.google_currency = "USD"
    first = pulls.server.cells
    for platform in FOLDERS:
        pulls(platform)
    pulls.server.cells = [
        cell._replace(cents=cell.cents + 7, conversions=cell.conversions + 1)
        if cell.day == changed
        else cell
        for cell in first
        if cell.day != emptied
    ]
    assert main(["build", "--pull", "meta", "google"]) == 0
    database = build / "landed.duckdb"

    def sums(cells: list[Cell], platform: str) -> tuple:
        share = {"Meta": Decimal(1), "Google Ads": Decimal("0.75")}[platform]
        return (
            Decimal(sum(cell.cents for cell in cells)) / 100,
            sum(cell.impressions for cell in cells),
            sum(cell.clicks for cell in cells),
            share * sum(cell.conversions for cell in cells),
            Decimal(sum(cell.value for cell in cells)) / 100,
        )

    found = query(
        database,
        "select ad_platform, grain, sum(spend), sum(impressions), sum(clicks),"
        " sum(reported_conversions), sum(reported_revenue) from fct_ad_reports group by all",
    )
    assert len(found) == 12
    for platform, grain, *told in found:
        assert tuple(told) == sums(pulls.server.cells, platform), (platform, grain)
    totals = query(database, "select ad_platform, sum(spend) from fct_ad_spend group by all")
    assert dict(totals) == {name: sums(pulls.server.cells, name)[0] for name in dict(totals)}
    assert len(totals) == 2
    restated = query(
        database,
        "select ad_platform, grain, period_start, period_end, spend_before, spend_after,"
        " reported_conversions_before, reported_conversions_after,"
        " replaced_file like '%replaced.json', counted_file from rpt_restated_days",
    )
    assert len(restated) == 24
    for platform, _, day, end, *told, is_kept, counted in restated:
        before = sums([cell for cell in first if cell.day == day], platform)
        after = sums([cell for cell in pulls.server.cells if cell.day == day], platform)
        wanted = [before[0], after[0], before[3], after[3]]
        if day == emptied:
            wanted[1] = wanted[3] = counted = None
        assert day == end and day in (changed, emptied) and is_kept
        assert told == wanted and (counted is None) == (day == emptied)


def test_two_pulls_at_once_are_refused(pulls: Pulls, tmp_path: Path) -> None:
    from social_roi.lock import locked

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
        with locked(tmp_path / "build" / "pulled", "pull"):
            assert main(["pull", "google"]) == 2


def test_a_builds_own_tables_are_no_data_but_what_was_pulled_is(
    pulls: Pulls, tmp_path: Path
) -> None:
    build = tmp_path / "build"
    pulls.folder = build / "pulled"
    pulls("google", date(2026, 11, 9))
    (build / "landed" / "x").mkdir(parents=True)
    (build / "landed" / "x" / "part.parquet").write_bytes(b"PAR1")

    def found(*folder: str) -> int:
        return len(find_inputs([build.joinpath(*folder)], build / "landed", lambda line: None))

    assert found("pulled") == 6
    assert found("pulled", "google", GOOGLE_ACCOUNT, "campaign") == 1
    for folder in ("landed", ""):
        with pytest.raises(UserError, match="no files to land"):
            found(folder)


# --- answers in no known form --------------------------------------------------------------------

WORDS = (
    *("error", "code", "error_subcode", "message", "is_transient", "details", "errors"),
    *("errorCode", "status", "reason", "quotaErrorDetails", "retryDelay", "paging", "next"),
    *("cursors", "after", "results", "call_count", "error_description"),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**6) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON_VALUES, st.sampled_from([200, 302, 400, 401, 404, 429, 500]), JSON_VALUES)
def test_no_answer_is_too_strange_to_be_judged(body: Any, status: int, told: Any) -> None:
    headers = {"x-app-usage": json.dumps(told), "Retry-After": str(told)}
    answer = http.Answer(status, headers, json.dumps(body), body)
    where = dict.fromkeys(("META_GRAPH_URL", "GOOGLE_ADS_URL", "GOOGLE_TOKEN_URL"), "")
    known: dict[str, Any] = interfaces()
    kept, client = Credentials(SECRETS), None
    sources = (
        Meta(known["meta"], where, kept, client, "1", print)._judge,
        Google(known["google"], where, kept, client, "1", print)._judge,
        Google(known["google"], where, kept, client, "1", print)._judge_token,
    )
    for judge in sources:
        fault = judge(answer)
        assert fault is None or (fault.said and "\n" not in fault.said)
        assert fault or status == 200


def test_a_time_zone_that_is_not_known_here_is_one_line(pulls: Pulls) -> None:
    for zone in ("Nowhere/City", "../../etc/passwd"):
        pulls.server.zone = zone
        for platform in FOLDERS:
            pulls.refused(platform, "time zone", "tzdata")
