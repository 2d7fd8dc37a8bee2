"""What landing counts as unusable is what staging rejects, by raw table, file and reason."""

import csv
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from social_roi import dbt_runner
from social_roi.dbt_runner import PROJECT
from social_roi.errors import UserError
from social_roi.landing import land, land_files
from social_roi.landing.formats import NULL_SIGN, WORDS_FOR_NOTHING
from social_roi.landing.generations import part_of
from social_roi.landing.raw_tables import RAW_TABLES
from social_roi.landing.unusable import RULES, TOTAL_ROW, Unusable

pytestmark = pytest.mark.build

# No currency: one without an exchange rate stops the build, whatever is rejected.
GOOD = {
    "ad_interactions": {
        "user_id": "u1", "age": "30", "ad_id": "a1", "ad_platform": "Facebook",
        "impressions": "3", "clicks": "1", "conversion": "1", "time_spent_on_ad": "1.5",
        "day_of_week": "Friday", "engagement_score": "0.5", "interaction_at": "2026-01-05 10:00:00",
        "campaign_id": "c1", "ad_spend": "0.5", "revenue": "9.99",
    },
    "ad_events": {
        "event_id": "e1", "user_id": "u1", "occurred_at": "2026-01-05 10:00:00",
        "event_type": "click", "ad_platform": "Facebook", "revenue": "9.99",
    },
    "ad_spend": {
        "spend_date": "2026-01-05", "ad_platform": "Facebook", "campaign_id": "c1",
        "spend": "9.99", "impressions": "100", "clicks": "10",
    },
    "ad_reports": {
        "period_start": "2026-01-05", "period_end": "2026-01-05", "ad_platform": "Meta",
        "grain": "day x campaign", "campaign_name": "Sale", "spend": "9.99", "impressions": "100",
        "clicks": "10", "clicks_all": "12", "reach": "90", "reported_conversions": "1.5",
        "reported_revenue": "20", "reported_leads": "1",
    },
    "users": {"user_id": "u1", "age": "30", "gender": "F", "device_type": "Mobile"},
    "web_events": {
        "event_id": "e1", "user_key": "u1", "occurred_at": "2026-01-05 10:00:00Z",
        "event_name": "purchase", "order_id": "o1", "revenue": "9.99",
    },
    "orders": {
        "order_id": "o1", "ordered_at": "2026-01-05 10:00:00Z", "revenue": "9.99",
        "refunded": "1.50", "refunded_at": "2026-01-06 10:00:00Z",
        "visited_at": "2026-01-05 09:00:00Z", "first_visited_at": "2026-01-04 09:00:00Z",
        "status": "paid",
    },
}  # fmt: skip
HOSTILE = [
    "", "--", "-", "NULL", "nan", "unknown", "high", "0", "00", "1", "2", "-1", "-0", "+7", "1.5",
    "3.0", "3.", ".5", "-.5", "-0.001", "-0.00001", "1,5", "1,234", "1.234,5", "1e3", "-1.5E-3",
    "1e40", "5-", "--5", "1-2", "1.2.3", "9223372036854775807", "9223372036854775808",
    "99999999999999.9999", "99999999999999.99999", "100000000000000", "9999999999999999.99",
    "9999999999999999.999", "10000000000000000", "123456789012345678901234567890", "٣", "$5", "5 %",
    "2026-01-05", "2026-02-30", "2026-01-05 24:00:00", "2026-01-05 10:11:12.345Z", "2026-1-5 9:05",
    "1/2/2026", "13/1/2026", "1/13/2026", "1-2-2026", "20260105", "0000-01-01", "0001-01-01",
    "9999-12-31", "10000-01-01", "12026-01-05 10:00:00", "infinity", "never", "fri", "Funday",
    "conversion", "VIEW", "refund", "jump", *WORDS_FOR_NOTHING, "None", "(Not set)", NULL_SIGN,
]  # fmt: skip

cells = (
    st.sampled_from(HOSTILE)
    | st.text("0123456789-+.,eE:/ TZx", max_size=12)
    | st.decimals(-(10**20), 10**20, allow_nan=False).map(str)
    | st.datetimes().map(str)
)


def rows(table: str) -> st.SearchStrategy[list[str]]:
    """A good row with up to three other cells, or a record of another width."""
    changed = st.dictionaries(st.sampled_from([*GOOD[table]]), cells, max_size=3)
    whole = changed.map(lambda others: [*(GOOD[table] | others).values()])
    broken = st.lists(cells, min_size=2, max_size=30) | st.just(["Total"])
    return st.one_of(whole, whole, whole, whole, broken)


files = st.sampled_from([*GOOD]).flatmap(
    lambda table: st.tuples(
        st.just(table),
        st.lists(rows(table), min_size=1, max_size=20),
        st.sets(st.sampled_from([c.name for c in RAW_TABLES[table] if not c.is_key]), max_size=3),
    )
)


def write(path: Path, table: str, rows: list[list[str]], left_out: set[str]) -> None:
    """A file of a raw table without some of its optional columns."""
    kept = [number for number, name in enumerate(GOOD[table]) if name not in left_out]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in ([*GOOD[table]], *rows):
            is_whole = len(row) == len(GOOD[table])
            writer.writerow([row[number] for number in kept] if is_whole else row)


@pytest.fixture
def staging_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project without the models downstream of staging, whose tests expect fewer rows."""
    folder = tmp_path / "project"
    for name in ("models/staging", "macros", "seeds/lookups"):
        shutil.copytree(dbt_runner.PROJECT / name, folder / name)
    models = ("models/groups.yml", "models/sources.yml", "models/docs.md")
    for name in ("dbt_project.yml", "profiles.yml", *models):
        shutil.copy2(dbt_runner.PROJECT / name, folder / name)
    monkeypatch.setattr(dbt_runner, "PROJECT", folder)
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    return folder


def test_landing_counts_as_unusable_what_staging_rejects(
    staging_only: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many files, one build: every hostile cell in every column, then generated files."""
    folder = tmp_path / "files"
    folder.mkdir()
    for table, good in GOOD.items():
        each = [[*(good | {name: cell}).values()] for name in good for cell in HOSTILE]
        write(folder / f"{table}.csv", table, each, set())
        write(folder / f"{table} by weekday.csv", table, each, {"interaction_at"})

    @settings(
        max_examples=80,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(files)
    def draw(file: tuple[str, list[list[str]], set[str]]) -> None:
        number = len(list(folder.iterdir()))
        write(folder / f"{number:03}.csv", *file)

    draw()

    names = {part_of(folder, "", path.name).name: path.name for path in folder.iterdir()}
    counted: Counter[tuple[str, str, str]] = Counter()
    unusable_records = land.unusable_records

    def counting(
        con: duckdb.DuckDBPyConnection, table: str, part: Path, *more: Any
    ) -> list[Unusable]:
        found = unusable_records(con, table, part, *more)
        name = names[part.name]
        counted.update({(table, name, one.reason): one.records for one in found})
        return found

    monkeypatch.setattr(land, "unusable_records", counting)
    landed = land_files(
        [folder], tmp_path / "build" / "landed", max_rejected_share=1, report=lambda line: None
    )
    command = ["build", "--exclude-resource-type", "test"]
    dbt_runner.run_dbt(command, "duckdb", {"input": "landed", "max_rejected_share": 1})

    rejected: Counter[tuple[Any, ...]] = Counter()
    with duckdb.connect(str(tmp_path / "build" / "landed.duckdb"), read_only=True) as con:
        for table in GOOD:
            rejected.update(
                con.execute(f"""
                select '{table}', _source_file, reject_reason from marts.stg_{table}
                where reject_reason is not null
            """).fetchall()
            )
        rejected.update(
            con.execute(
                "select raw_table, _source_file, reason from marts.stg_landing_rejects"
            ).fetchall()
        )
    assert counted - rejected == rejected - counted == Counter()
    for file in landed.files:
        of_file = {key: count for key, count in rejected.items() if key[1] == file.name}
        total_rows = of_file.get((file.raw_table, file.name, TOTAL_ROW), 0)
        assert file.total_rows == total_rows
        assert file.unusable == sum(of_file.values()) - total_rows
    for table, rules in RULES.items():
        # a negative conversion is no 0 or 1 first; landing makes ids of events and of guests
        never = {"conversion is negative", "event_id is missing", "account_key is missing"}
        expected = {rule.reason for rule in rules} - (never if table != "ad_events" else set())
        assert expected <= {reason for of, name, reason in rejected if of == table}


def overlapping(kind: str) -> dict[str, list[dict[str, str]]]:
    """Two exports that share a third of their rows: equal, or with a kind of difference."""
    days = [f"2026-01-{day:02}" for day in range(1, 22)]
    first, second = days[:14], days[7:]
    changed = {"revenue": "7"} if kind == "other revenue" else {}
    clock = "" if kind == "weekday only" else " 10:00:00"
    events = {"event_type": "conversion"}
    return {
        "ad_events.csv": [events | {"event_id": day, "occurred_at": day} for day in first],
        "ad_events (1).csv": [
            events | {"event_id": day, "occurred_at": day} | (changed if day in first else {})
            for day in second
        ],
        "interactions 1.csv": [
            {"user_id": day, "interaction_at": clock and day + clock} for day in first
        ],
        "interactions 2.csv": [
            {"user_id": day, "interaction_at": clock and day + clock} for day in second
        ],
    }


def add_core(project: Path) -> None:
    """The models up to int_simulation_flags, whose hooks judge sums, without their tests."""
    core = project / "models" / "intermediate" / "core"
    core.mkdir(parents=True)
    for name in ("int_duplicate_rows", "int_events_deduplicated", "int_interactions_deduplicated",
                 "int_conversions_unioned", "int_conversions_deduplicated", "int_shop_conversions",
                 "int_orders", "int_order_users", "int_account_aliases", "int_web_events",
                 "int_web_purchases", "int_web_duplicates", "int_simulation_flags"):  # fmt: skip
        shutil.copy2(PROJECT / core.relative_to(project) / f"{name}.sql", core)


BUILD_ONLY = ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]


@pytest.mark.parametrize("kind", ["equal", "other revenue", "weekday only"])
def test_exports_that_overlap_stop_a_build_only_where_their_rows_differ(
    staging_only: Path, tmp_path: Path, kind: str
) -> None:
    add_core(staging_only)
    (tmp_path / "files").mkdir()
    for name, changes in overlapping(kind).items():
        table = "ad_events" if "events" in name else "ad_interactions"
        rows = [[*(GOOD[table] | changed).values()] for changed in changes]
        write(tmp_path / "files" / name, table, rows, set())
    land_files([tmp_path / "files"], tmp_path / "build" / "landed", report=lambda line: None)
    if kind == "equal":
        dbt_runner.run_dbt(BUILD_ONLY, "duckdb", {"input": "landed"})
        with duckdb.connect(str(tmp_path / "build" / "landed.duckdb"), read_only=True) as con:
            repeated = con.execute("""
                select raw_table, _source_file, count(*)
                from marts.int_duplicate_rows group by all order by all
            """).fetchall()
        assert repeated == [
            ("ad_events", "ad_events (1).csv", 7),
            ("ad_interactions", "interactions 2.csv", 7),
        ]
    else:
        table = "ad_events" if kind == "other revenue" else "ad_interactions"
        with pytest.raises(UserError, match=f"7 of 28 rows of {table} cannot be used"):
            dbt_runner.run_dbt(BUILD_ONLY, "duckdb", {"input": "landed"})


def test_a_sum_with_more_digits_than_money_has_stops_the_build(
    staging_only: Path, tmp_path: Path
) -> None:
    add_core(staging_only)
    bill = GOOD["ad_spend"] | {"spend": "50000000000000"}
    bills = [[*(bill | {"campaign_id": name}).values()] for name in ("c1", "c2")]
    write(tmp_path / "bills.csv", "ad_spend", bills, set())
    land_files([tmp_path / "bills.csv"], tmp_path / "build" / "landed", report=lambda line: None)
    words = "the spend of all rows adds up to 100,000,000,000,000, and sums must have at most 14"
    with pytest.raises(UserError, match=words):
        dbt_runner.run_dbt(BUILD_ONLY, "duckdb", {"input": "landed"})


def test_a_column_is_read_as_a_number_or_time_where_staging_does_so() -> None:
    # others must not decide a file's formats, and land unchanged
    for table, columns in RAW_TABLES.items():
        read = {rule.column for rule in RULES[table] if " is not a " in rule.reason}
        assert read == {column.name for column in columns if column.kind != "text"}
