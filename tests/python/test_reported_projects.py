"""Projects of reports alone, and of reports beside events and bills: nothing counts twice."""

import csv
import random
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import built, query

from event_files import days
from report_files import FIRST_DAY, Row, write
from social_roi.landing import land_files
from social_roi.report.build import build_report
from social_roi.report.facts import first_against_last
from social_roi.report.figures import write_figures
from social_roi.report.formatting import plain
from social_roi.report.questions import all_answers
from social_roi.report.spec import report_colours
from social_roi.report.types import Tables
from social_roi.warehouse import REPORT_TABLES, read_tables

pytestmark = pytest.mark.build

JOURNEYS = Path(__file__).parents[1] / "journeys"
DAYS = 60
# platform, value of a conversion in cents, attribution setting
PLATFORMS = (
    ("Meta", 9_000, "7-day click or 1-day view"),
    ("TikTok", 500, "7-day click"),
    ("Google Ads", 2_000, "30-day click"),
)


def report(platform: str, value: int, setting: str, seed: int) -> list[Row]:
    """Days of two campaigns; 20 to 40 of spend for 1 to 3 conversions a day."""
    rng = random.Random(seed)
    rows = []
    for number in range(DAYS):
        day = (FIRST_DAY + timedelta(days=number)).isoformat()
        for campaign in ("Spring", "Autumn"):
            conversions = rng.randrange(1, 4)
            rows.append(
                {
                    "period_start": day,
                    "period_end": day,
                    "ad_platform": platform,
                    "campaign_name": campaign,
                    "grain": "day x campaign",
                    "spend": f"{rng.randrange(2_000, 4_000) / 100:.2f}",
                    "currency": "EUR",
                    "impressions": rng.randrange(900, 1_100),
                    "clicks": rng.randrange(10, 20),
                    "reported_conversions": conversions,
                    "reported_revenue": f"{conversions * value / 100:.2f}",
                    "attribution_setting": setting,
                }
            )
    return rows


def broken_down(rows: list[Row], **cells: tuple[str, ...]) -> list[Row]:
    """The same rows once more for each cell, as a finer export tells them."""
    [(name, values)] = cells.items()
    grain = {"device_type": "device", "age_band": "age"}[name]
    return [
        row | {name: value, "grain": f"day x campaign x {grain}", "spend": float(row["spend"]) / 2}
        for row in rows
        for value in values
    ]


@pytest.fixture(scope="module")
def tables(
    tmp_path_factory: pytest.TempPathFactory, session_environment: pytest.MonkeyPatch
) -> Tables:
    """One build with all its tests."""
    folder = tmp_path_factory.mktemp("reports_only")
    files = folder / "files"
    files.mkdir()
    reports = {name: report(name, *of, seed=n) for n, (name, *of) in enumerate(PLATFORMS)}
    for name, rows in reports.items():
        write(files / f"{name}.csv", rows)
    write(files / "devices.csv", broken_down(reports["Google Ads"], device_type=("Mobile", "TV")))
    write(files / "ages.csv", broken_down(reports["Meta"], age_band=("18-24", "65+")))
    month = {"ad_platform": "LinkedIn", "grain": "period x campaign", "campaign_name": "Launch"}
    month |= {"period_start": "2026-09-01", "period_end": "2026-09-30", "currency": "EUR"}
    month |= {"spend": "250.00", "impressions": 9_000, "clicks": 80}
    write(files / "month.csv", [month | {"reported_conversions": 40, "reported_revenue": "900"}])
    land_files([files], folder / "landed", report=lambda line: None)
    built(folder, session_environment, "landed")
    with session_environment.context() as patch:
        patch.setenv("SOCIAL_ROI_BUILD", str(folder))
        found = read_tables("duckdb", "landed", REPORT_TABLES)
    return found | {"folder": [{"path": str(folder)}]}


def test_verdicts_are_the_platforms_own_and_a_period_without_days_has_none(tables: Tables) -> None:
    verdicts = {
        row["ad_platform"]: (row["verdict"], row["roi_low"] is None, row["attribution_setting"])
        for row in tables["rpt_platform_roi"]
        if row["attribution_model"] == "platform_reported"
    }
    assert verdicts == {
        "Meta": ("claims_to_pay_back", False, "7-day click or 1-day view"),
        "TikTok": ("loses_by_own_count", False, "7-day click"),
        "Google Ads": ("claims_to_pay_back", False, "30-day click"),
        "LinkedIn": ("cannot_tell", True, None),
    }


def test_what_is_reported_is_never_credited(tables: Tables) -> None:
    credited = [
        row for row in tables["rpt_platform_roi"] if row["attribution_model"] == "last_touch"
    ]
    assert {row["ad_platform"] for row in credited} == {"Meta", "TikTok", "Google Ads", "LinkedIn"}
    for row in credited:
        # spend is known; a return without any source of revenue is not
        assert row["spend"] > 0
        assert row["conversions"] == 0
        assert row["revenue"] is row["roi"] is row["roi_low"] is row["cpa"] is None
        assert row["verdict"] == "cannot_tell"


def test_spend_is_that_of_the_totals(tables: Tables) -> None:
    folder = Path(tables["folder"][0]["path"])
    spent = query(
        folder / "landed.duckdb",
        "select ad_platform, is_order_approximate, sum(spend) from fct_ad_spend group by all",
    )
    for platform, is_period, spend in spent:
        [[told]] = query(
            folder / "landed.duckdb",
            f"select sum(spend) from fct_ad_reports where ad_platform = '{platform}'"
            " and grain in ('day x campaign', 'period x campaign')",
        )
        assert told == spend
        assert is_period == (platform == "LinkedIn")


def test_every_answer_says_something_true(tables: Tables) -> None:
    returns, funnel, journeys, audience, users, _, _ = (
        plain(answer.marked_sentence) for answer in all_answers(tables)
    )
    assert "claims to pay back: Meta, ROI" in returns
    assert "Loses even by its own count: TikTok, ROI" in returns
    assert "Cannot tell: LinkedIn, ROI +260%, no interval" in returns
    assert "export by day" in returns
    assert "lead to no click" in funnel
    assert "Mobile" in funnel
    assert "reports hold sums" in journeys
    # one platform only: its name says nothing
    assert "on Meta" not in audience
    assert "reports hold no users" in users


def test_the_page_shows_what_is_reported(tables: Tables, tmp_path: Path) -> None:
    shown = {name: rows for name, rows in tables.items() if name != "folder"}
    build_report(shown, tmp_path / "report" / "index.html", is_demo=False)
    page = (tmp_path / "report" / "index.html").read_text("utf-8")
    assert "tab-reported" not in page
    assert '"claimed"' in page
    assert "reported-clicks-audience" in page
    assert "loses even by its own count" in page
    assert "reported impressions" in page
    assert "nothing is credited here" in page
    assert "simulated</span>" not in page


@pytest.fixture(scope="module")
def mixed(
    tmp_path_factory: pytest.TempPathFactory, session_environment: pytest.MonkeyPatch
) -> Path:
    """Events on Facebook, Instagram, TikTok and X, reports of Meta and TikTok, a bill of TikTok;
    logs and orders of persons."""
    folder = tmp_path_factory.mktemp("mixed")
    files = folder / "files"
    files.mkdir()
    (files / "events.csv").write_text(days(random.Random(3), 0, 30, "a"))
    for number, platform in enumerate(("Meta", "TikTok")):
        rows = report(platform, 3_000, "7-day click", seed=number)
        for row in rows:
            day = f"2026-01-{int(row['period_start'][-2:]):02}"
            row |= {"period_start": day, "period_end": day, "campaign_id": "k1"}
        january = [row for row in rows[:40] if row["campaign_name"] == "Spring"]
        write(files / f"{platform}.csv", january)
    (files / "bill.csv").write_text(
        "spend_date,ad_platform,campaign_id,spend\n2026-01-05,TikTok,k1,100\n"
    )
    for name in ("ga4_dots.csv", "shopify_plain.csv", "snowplow.csv", "stripe_metadata.csv"):
        shutil.copy(JOURNEYS / name, files)
    # an event twice, and an order without a time
    log = (files / "snowplow.csv").read_text("utf-8")
    (files / "snowplow.csv").write_text(log + log.splitlines()[-1] + "\n", "utf-8")
    orders = (files / "shopify_plain.csv").read_text("utf-8")
    header, first, *_ = csv.reader(orders.splitlines())
    cells = dict(zip(header, first, strict=True)) | {"Name": "#77", "Created at": "soon"}
    with (files / "shopify_plain.csv").open("a", newline="") as file:
        csv.writer(file).writerow(cells.values())
    # receipts that begin again at 1, and one without a number
    (files / "receipts.csv").write_text(
        "Name,Email,Financial Status,Currency,Total,Created at\n"
        "#1,a@example.org,paid,EUR,70,2026-03-01\n"
        "#1,b@example.org,paid,EUR,40,2026-03-02\n"
        ",c@example.org,paid,EUR,9,2026-03-02\n"
    )
    land_files([files], folder / "landed", max_rejected_share=0.9, report=lambda line: None)
    return built(folder, session_environment, "landed", max_rejected_share=0.9)


def test_spend_of_the_seller_meets_the_credits_of_its_platforms(mixed: Path) -> None:
    roi = {
        platform: (spend, conversions)
        for platform, spend, conversions in query(
            mixed,
            "select ad_platform, spend, conversions from rpt_platform_roi"
            " where attribution_model = 'last_touch'",
        )
    }
    [[told]] = query(mixed, "select sum(spend) from fct_ad_reports where ad_platform = 'Meta'")
    [[credited]] = query(
        mixed,
        "select sum(credit) from fct_attribution_credits"
        " where attribution_model = 'last_touch' and ad_platform in ('Facebook', 'Instagram')",
    )
    assert roi["Meta"] == (told, credited)
    assert credited > 0
    assert not {"Facebook", "Instagram"} & roi.keys()
    seen = query(mixed, "select distinct ad_platform from rpt_platform_attribution")
    assert {("Facebook",), ("Instagram",)} <= set(seen)


def test_forecast_and_advice_hold_the_sellers_spend_against_the_credits_of_its_platforms(
    mixed: Path,
) -> None:
    returns = {
        platform: (spend, revenue)
        for platform, spend, revenue in query(
            mixed,
            "select ad_platform, sum(spend), sum(revenue) from int_daily_returns"
            " where level = 'platform' group by 1",
        )
    }
    [[spent]] = query(
        mixed,
        "select cast(sum(spend) as double) from fct_ad_spend where ad_platform = 'Meta'"
        " and spend_date <= (select max(last_known_date) from int_daily_returns)",
    )
    [[credited]] = query(
        mixed,
        "select cast(sum(credited_revenue) as double) from fct_attribution_credits"
        " inner join fct_conversions using (conversion_id)"
        " where attribution_model = 'last_touch'"
        " and fct_attribution_credits.ad_platform in ('Facebook', 'Instagram')"
        " and cast(converted_at as date) <= (select max(last_known_date) from int_daily_returns)",
    )
    assert returns["Meta"] == (pytest.approx(spent), pytest.approx(credited, abs=0.1))
    assert credited > 0
    assert not {"Facebook", "Instagram", "Organic", "Direct"} & returns.keys()
    compared = query(mixed, "select distinct ad_platform from rpt_budget_moves")
    assert ("Meta",) in compared and ("Facebook",) not in compared


def test_rows_of_logs_and_orders_that_cannot_be_used_are_listed(mixed: Path) -> None:
    listed = query(mixed, "select raw_table, reason from rejected_rows")
    assert ("web_events", "event_id repeats") in listed
    assert ("orders", "ordered_at is not a time") in listed


def test_figures_know_the_platforms_that_only_journeys_name(mixed: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_ROI_BUILD", str(mixed.parent))
        shown = read_tables("duckdb", "landed", REPORT_TABLES)
    assert {"Meta", "Facebook", "Instagram"} <= report_colours(shown).keys()
    openers = {row["ad_platform"] for row in first_against_last(shown)}
    assert "Facebook" in openers and "Meta" not in openers
    assert len(write_figures(shown, tmp_path)) == 16


def test_a_billed_day_counts_once(mixed: Path) -> None:
    [[spent]] = query(mixed, "select sum(spend) from fct_ad_spend where ad_platform = 'TikTok'")
    [[told]] = query(
        mixed,
        "select sum(spend) from fct_ad_reports"
        " where ad_platform = 'TikTok' and period_start <> date '2026-01-05'",
    )
    assert spent == told + 100


def test_what_platforms_report_stands_beside_what_is_credited(mixed: Path) -> None:
    claims = dict(query(mixed, "select ad_platform, reported_conversions from rpt_platform_claims"))
    reported = dict(
        query(
            mixed,
            "select ad_platform, cast(sum(reported_conversions) as double)"
            " from fct_ad_reports group by 1",
        )
    )
    assert reported == {name: claims[name] for name in ("Meta", "TikTok")}
    [[conversions]] = query(mixed, "select conversions from rpt_totals")
    [[found]] = query(mixed, "select count(*) from fct_conversions")
    assert conversions == found


def test_reported_spend_of_a_billed_day_is_named_with_its_sum(mixed: Path) -> None:
    [[reported]] = query(
        mixed,
        "select sum(spend) from fct_ad_reports"
        " where ad_platform = 'TikTok' and period_start = date '2026-01-05'",
    )
    told = query(
        mixed,
        "select _source_file, warning, amount, examples from rpt_money_warnings"
        " where warning like '%tells otherwise%'",
    )
    warning = "spend of days that a bill tells otherwise: only the bill counts"
    assert told == [("TikTok.csv", warning, reported, "TikTok / k1")]


def test_orders_that_do_not_count_are_named_with_their_sum(mixed: Path) -> None:
    told = query(
        mixed,
        "select warning, warned_rows, amount, examples from rpt_money_warnings"
        " where _source_file = 'receipts.csv' and warning like '%repeats%'",
    )
    warning = "order_id repeats with another customer, day or amount: only one counts"
    assert told == [(warning, 1, 40, "#1")]
    assert ("order_id is missing",) in query(
        mixed, "select reason from rejected_rows where _source_file = 'receipts.csv'"
    )


def test_no_person_stands_in_a_table_a_log_or_on_the_page(mixed: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIAL_ROI_BUILD", str(mixed.parent))
        shown = read_tables("duckdb", "landed", REPORT_TABLES)
    build_report(shown, tmp_path / "report" / "index.html", is_demo=False)
    with duckdb.connect(str(mixed), read_only=True) as con:
        names = con.execute(
            "select distinct schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        texts = {name: con.sql(f"from {name}").df().to_csv().lower() for (name,) in names}
    written = [*(tmp_path / "report").rglob("*"), *(mixed.parent / "logs").rglob("*")]
    written += (mixed.parent / "dbt").rglob("*")
    texts |= {str(path): path.read_text("utf-8", "replace").lower()
              for path in written if path.is_file()}  # fmt: skip
    assert {"stg_web_events", "stg_orders"} <= {name.split(".")[-1] for name in texts}
    assert any(name.endswith("index.html") for name in texts)
    personal = yaml.safe_load((JOURNEYS / "expected.yml").read_text("utf-8"))["personal"]
    # addresses and numbers that are others' too
    found = [
        (value, name)
        for value in {*personal} - {"https://", "77.1"}
        for name, text in texts.items()
        if value in text
    ]
    assert not found
