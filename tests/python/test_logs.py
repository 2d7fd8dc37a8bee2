"""Logs and orders land as web_events and orders, with their figures and without their persons."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from social_roi.dbt_runner import PROJECT
from social_roi.errors import UserError
from social_roi.landing import explain_files, land_files
from social_roi.landing.layouts import layouts
from social_roi.landing.persons import VARIABLE
from social_roi.landing.raw_tables import LOG_TABLES, RAW_TABLES
from social_roi.landing.visits import CLICK_IDS, Visit, visit_of

JOURNEYS = PROJECT / "tests" / "journeys"
CONTENT = yaml.safe_load((JOURNEYS / "expected.yml").read_text("utf-8"))
EXPECTED, PERSONAL = CONTENT["files"], CONTENT["personal"]
SALT = "a salt for tests, long enough"


@pytest.fixture(autouse=True)
def salt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, SALT)


@pytest.fixture
def landed_dir(tmp_path: Path) -> Path:
    return tmp_path / "landed"


def table(landed_dir: Path, name: str) -> str:
    return f"read_parquet('{landed_dir}/current/{name}/*.parquet')"


def land(landed_dir: Path, *paths: Path, **options: Any) -> str:
    lines: list[str] = []
    land_files(paths, landed_dir, report=lines.append, **options)
    return "\n".join(lines)


def land_text(landed_dir: Path, path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return land(landed_dir, path)


def rows(landed_dir: Path, name: str, columns: str = "*") -> list[tuple]:
    return duckdb.sql(
        f"select {columns} from {table(landed_dir, name)} order by _source_file, _source_line"
    ).fetchall()


def figures(landed_dir: Path) -> dict[str, Any]:
    """What expected.yml tells of a file, of all that is landed."""
    [name] = [one for one in LOG_TABLES if rows(landed_dir, one)]
    is_log = name == "web_events"
    time, person = ("occurred_at", "user_key") if is_log else ("ordered_at", "account_key")
    rows_of = table(landed_dir, name)
    [row] = (
        duckdb.sql(f"""
        select
            min(layout) as layout, count(*) as rows, count(distinct {person}) as persons,
            count(distinct account_key) as accounts, min({time}) as first, max({time}) as last,
            case when count(distinct currency) = 1 then min(currency) end as currency,
        from {rows_of}
    """)
        .df()
        .to_dict("records")
    )
    gross, refunded = (
        (
            "case event_name when 'purchase' then revenue end",
            "case event_name when 'refund' then revenue end",
        )
        if is_log
        else ("revenue", "refunded")
    )
    [money] = (
        duckdb.sql(f"""
        select count(*) as orders, sum(gross) as gross, sum(refunded) as refunded
        from (
            select
                max(cast({gross} as decimal(18, 2))) as gross,
                coalesce(sum(cast({refunded} as decimal(18, 2))), 0) as refunded
            from {rows_of} where order_id is not null group by order_id
        )
    """)
        .df()
        .to_dict("records")
    )
    sources = duckdb.sql(f"""
        select coalesce(utm_source, '-') || ' ' || coalesce(click_id_kind, '-'), count(*)
        from {rows_of} where coalesce(utm_source, click_id_kind) is not null group by 1
    """).fetchall()
    found = row | money | {"sources": dict(sources)}
    if not is_log:
        del found["accounts"]
        statuses = duckdb.sql(f"select distinct status from {rows_of} where status is not null")
        found["statuses"] = sorted(word for (word,) in statuses.fetchall())
        first = duckdb.sql(
            f"select distinct first_utm_source from {rows_of} where first_utm_source is not null"
        )
        found["first_sources"] = [word for (word,) in first.fetchall()] or None
    return {name: value for name, value in found.items() if value is not None and value == value}


def same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    def plain(facts: dict[str, Any]) -> dict[str, Any]:
        numbers = {
            name: Decimal(str(facts[name])).quantize(Decimal("0.01"))
            for name in ("gross", "refunded")
            if name in facts
        }
        return {name: value for name, value in (facts | numbers).items() if name != "warning"}

    return plain(found) == plain(wanted)


@pytest.mark.parametrize("file", EXPECTED)
def test_a_log_or_order_list_lands_with_its_figures(landed_dir: Path, file: str) -> None:
    told = land(landed_dir, JOURNEYS / file)
    found = figures(landed_dir)
    assert same(found, EXPECTED[file]), found
    assert EXPECTED[file].get("warning", "") in told
    assert ("warning" in EXPECTED[file]) == ("warning" in told)


def test_every_layout_of_logs_has_a_file_here() -> None:
    assert {path.name for path in JOURNEYS.iterdir()} - {"expected.yml"} == EXPECTED.keys()
    known = {one.name for one in layouts() if one.table in LOG_TABLES}
    assert {facts["layout"] for facts in EXPECTED.values()} == known


def test_no_layout_knows_a_role_that_nothing_reads() -> None:
    for layout in layouts():
        if layout.table in LOG_TABLES:
            for names in layout.languages.values():
                assert names.keys() <= known_roles(layout.table), layout.name


def known_roles(name: str) -> set[str]:
    from social_roi.landing.layouts import LOG_HELPERS

    return {column.name for column in RAW_TABLES[name]} | {*LOG_HELPERS}


# The same rows, otherwise written


@pytest.mark.parametrize("file", [one for one in EXPECTED if one.endswith(".csv")])
def test_order_of_columns_and_file_format_change_nothing(tmp_path: Path, file: str) -> None:
    text = (JOURNEYS / file).read_text("utf-8")
    delimiter = ";" if ";" in text.splitlines()[0] else ","
    header, *records = csv.reader(io.StringIO(text), delimiter=delimiter)
    order = [*range(len(header))]
    Random(5).shuffle(order)
    shuffled = io.StringIO()
    csv.writer(shuffled, delimiter=delimiter).writerows(
        [row[number] for number in order] for row in [header, *records]
    )
    (tmp_path / "a.csv").write_text(shuffled.getvalue(), "utf-8")
    frame = pd.DataFrame(records, columns=header).replace({"": None})
    frame.to_parquet(tmp_path / "b.parquet")
    lines = [json.dumps(row) for row in frame.to_dict("records")]
    (tmp_path / "c.jsonl").write_text("\n".join(lines), "utf-8")
    name = "web_events" if "accounts" in EXPECTED[file] else "orders"
    columns = ", ".join(column.name for column in RAW_TABLES[name])
    land(tmp_path / "landed", JOURNEYS / file)
    wanted = rows(tmp_path / "landed", name, columns)
    for other in ("a.csv", "b.parquet", "c.jsonl"):
        land(tmp_path / other[0], tmp_path / other)
        assert rows(tmp_path / other[0], name, columns) == wanted, other


def nested_ga4() -> list[dict[str, Any]]:
    def parameters(**values: Any) -> list[dict[str, Any]]:
        return [
            {
                "key": key,
                "value": {
                    "string_value": value if isinstance(value, str) else None,
                    "int_value": value if isinstance(value, int) else None,
                    "double_value": value if isinstance(value, float) else None,
                },
            }
            for key, value in values.items()
        ]

    page = "https://shop.example/?gclid=SecretClick9"
    return [
        {
            "event_date": "20260301", "event_timestamp": 1772352000000000,
            "event_name": "page_view", "user_pseudo_id": "77.1", "user_id": None,
            "event_params": parameters(page_location=page, ga_session_id=17, source="google"),
            "collected_traffic_source": {"manual_source": None, "manual_medium": "organic"},
            "device": {"category": "mobile", "browser": "SampleBrowser/5.0"},
            "geo": {"country": "Germany", "city": "Samplestadt"},
            "ecommerce": {"transaction_id": None, "purchase_revenue": None},
        },
        {
            "event_date": "20260301", "event_timestamp": 1772352060000000,
            "event_name": "purchase", "user_pseudo_id": "77.1",
            "user_id": "ann.sample@example.org",
            "event_params": parameters(ga_session_id=17, currency="EUR", value=12.5),
            "collected_traffic_source": {"manual_source": None, "manual_medium": None},
            "device": {"category": "mobile", "browser": "SampleBrowser/5.0"},
            "geo": {"country": "Germany", "city": "Samplestadt"},
            "ecommerce": {"transaction_id": "T-9", "purchase_revenue": 12.5},
        },
    ]  # fmt: skip


def test_nested_events_of_ga4_are_the_same_from_json_lines_and_parquet(tmp_path: Path) -> None:
    events = nested_ga4()
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, events)), "utf-8")
    pd.DataFrame(events).to_parquet(tmp_path / "b.parquet")
    found = []
    for file in ("a.jsonl", "b.parquet"):
        told = land(tmp_path / file[0], tmp_path / file)
        assert "2 rows, 0 rejected" in told
        assert "geo.city" in told
        columns = (
            "occurred_at, event_name, session_id, utm_source, utm_medium, click_id_kind,"
            " device_type, country, order_id, revenue, currency, user_key, account_key"
        )
        found.append(rows(tmp_path / file[0], "web_events", columns))
    assert found[0] == found[1]
    assert [row[:-2] for row in found[0]] == [
        ("2026-03-01 08:00:00", "page_view", "17", "google", "organic", "gclid", "mobile",
         "Germany", None, None, None),
        ("2026-03-01 08:01:00", "purchase", "17", None, None, None, "mobile", "Germany", "T-9",
         "12.5", "EUR"),
    ]  # fmt: skip


def test_a_row_that_is_landed_twice_has_one_id(landed_dir: Path, tmp_path: Path) -> None:
    text = (JOURNEYS / "ga4_dots.csv").read_text("utf-8")
    (tmp_path / "again.csv").write_text(text, "utf-8")
    land(landed_dir, JOURNEYS / "ga4_dots.csv", tmp_path / "again.csv")
    ids = [row[0] for row in rows(landed_dir, "web_events", "event_id")]
    assert len(ids) == 14
    assert len({*ids}) == 7


# Persons


def everything(landed_dir: Path) -> str:
    """All that landing wrote, as text."""
    texts = []
    for path in (landed_dir / "current").rglob("*"):
        if path.suffix == ".parquet":
            texts.append(duckdb.sql(f"from read_parquet('{path}')").df().to_csv())
        elif path.is_file():
            texts.append(path.read_text("utf-8"))
    return "\n".join(texts)


def test_no_person_of_any_file_is_found_anywhere(landed_dir: Path, tmp_path: Path) -> None:
    files = [*(JOURNEYS / file for file in EXPECTED), tmp_path / "broken.csv"]
    files.append(tmp_path / "nested.jsonl")
    files[-1].write_text("\n".join(map(json.dumps, nested_ga4())), "utf-8")
    header = "Name,Email,Financial Status,Currency,Total,Created at,Note Attributes\n"
    files[-2].write_text(
        header
        + "".join(f"#{n},ann.sample@example.org,paid,EUR,5,2026-03-01,\n" for n in range(99))
        # columns moved, too many, too few, a broken quote, an address in each place
        + "#1,paid,ann.sample@example.org,Ann Sample <ann.sample@example.org>,+49 30 1,x,\n"
        + "ann.sample@example.org,,ann.sample@example.org,,1 Sample Street,Ann Sample,"
        + "utm_source: ann.sample@example.org\n"
        + "#2,ann.sample@example.org,paid,EUR,5,2026-03-01,,Ann Sample,1 Sample Street\n"
        + '#3,"ann.sample@example.org" Ann Sample,paid\n',
        "utf-8",
    )
    lines: list[str] = []
    land_files(files, landed_dir, report=lines.append, max_rejected_share=0.5)
    explain_files(files, landed_dir, report=lines.append)
    said = "\n".join(lines)
    landed = everything(landed_dir)
    assert "broken quotes" in landed
    assert landed.count("(unreadable)") >= 2
    for value in PERSONAL:
        # the advice names nothing of the file
        assert value not in landed.lower(), value
        assert value not in said.lower(), value
    assert SALT not in landed + said


def test_equal_ids_meet_across_files_and_ids_of_orders_meet_nobody(landed_dir: Path) -> None:
    land(landed_dir, JOURNEYS / "ga4_dots.csv", JOURNEYS / "shopify_plain.csv")
    customers = {row[0]: row[1] for row in rows(landed_dir, "orders", "order_id, account_key")}
    users = {row[0] for row in rows(landed_dir, "web_events", "account_key")} - {None}
    # Ann.Sample@Example.org in one file, ann.sample@example.org in the other
    assert users == {customers["#2001"]}
    assert len({customers["#2005"], *users, customers["#2002"]}) == 3


@pytest.mark.parametrize(
    ("currency", "amount", "paid"),
    [("eur", "9950", "99.5"), ("jpy", "9950", "9950"), ("kwd", "9950", "9.95")],
)
def test_charges_of_stripes_interface_are_in_cents(
    landed_dir: Path, tmp_path: Path, currency: str, amount: str, paid: str
) -> None:
    charge = {"id": "ch_1", "object": "charge", "amount": int(amount), "amount_refunded": 950,
              "currency": currency, "created": 1772352000, "status": "succeeded"}  # fmt: skip
    (tmp_path / "charges.json").write_text(json.dumps({"object": "list", "data": [charge]}))
    land(landed_dir, tmp_path / "charges.json")
    [(revenue, refunded)] = rows(landed_dir, "orders", "revenue, refunded")
    assert Decimal(revenue) == Decimal(paid)
    assert Decimal(refunded) == Decimal(paid) * 950 / 9950


def test_guests_are_persons_of_their_own(landed_dir: Path, tmp_path: Path) -> None:
    header = "order_id,date_created_gmt,status,customer_id,billing_email,order_total\n"
    text = header + "".join(
        f"{n},2026-03-0{n} 10:00:00,completed,{who},{mail},5\n"
        for n, who, mail in (
            (1, 0, "a@example.org"),
            (2, 0, "b@example.org"),
            (3, 0, ""),
            (4, 0, ""),
        )
    )
    told = land_text(landed_dir, tmp_path / "orders.csv", text)
    assert "zone" not in told
    assert len({row[0] for row in rows(landed_dir, "orders", "account_key")}) == 4


def test_the_salt_is_made_once_and_kept_secret(
    landed_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    file = JOURNEYS / "own_orders.csv"
    (tmp_path / "users.csv").write_text("user_id,age\nu1,30\n", "utf-8")
    land(landed_dir, tmp_path / "users.csv")
    explain_files([file], landed_dir, report=lambda line: None)
    assert not (landed_dir / "salt").exists()
    land(landed_dir, file)
    made = (landed_dir / "salt").read_text()
    assert (landed_dir / "salt").stat().st_mode & 0o777 == 0o600
    first = rows(landed_dir, "orders", "account_key")
    assert "nothing changed" in land(landed_dir, file)
    monkeypatch.setenv(VARIABLE, SALT)
    land(landed_dir, file)
    assert rows(landed_dir, "orders", "account_key") != first
    assert (landed_dir / "salt").read_text() == made


def test_files_of_two_salts_are_not_landed_together(
    landed_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(landed_dir, JOURNEYS / "own_orders.csv")
    monkeypatch.setenv(VARIABLE, SALT + " another")
    with pytest.raises(UserError, match=r"own_orders\.csv was landed with another salt"):
        land(landed_dir, JOURNEYS / "own_events.csv", add=True)


def test_a_salt_has_to_be_long_and_told_where_nothing_is_kept(
    landed_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(UserError, match="SOCIAL_ROI_SALT has 5 characters"):
        land(landed_dir, JOURNEYS / "own_orders.csv")
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(UserError, match="SOCIAL_ROI_SALT is not set"):
        land(landed_dir, JOURNEYS / "own_orders.csv", keeps_salt=False)


# Times and zones


def test_times_without_a_zone_are_the_shops(landed_dir: Path, tmp_path: Path) -> None:
    text = (JOURNEYS / "woocommerce_meta.csv").read_text("utf-8")
    (tmp_path / "mapping.yml").write_text("time_zone: Europe/Berlin\n", "utf-8")
    told = land_text(landed_dir, tmp_path / "orders.csv", text)
    assert "zone" not in told
    # winter: an hour before the clocks of Berlin
    assert rows(landed_dir, "orders", "ordered_at, visited_at")[0] == (
        "2026-03-01 09:15:00", "2026-03-01 06:00:00",
    )  # fmt: skip


def test_orders_with_a_date_only_end_their_day(landed_dir: Path, tmp_path: Path) -> None:
    mapping = (
        "table: orders\ntime_zone: Europe/Berlin\n"
        "columns: {order_id: Nr, ordered_at: Day, revenue: Total, visited_at: Visit}\n"
    )
    (tmp_path / "mapping.yml").write_text(mapping, "utf-8")
    text = (
        "Nr,Day,Total,Visit\n1,2026-07-01,5,2026-07-01\n2,2026-07-01 00:00:00,5,\n"
        "3,2026-07-01 09:30:00,5,\n4,2026-01-01,5,\n"
    )
    told = land_text(landed_dir, tmp_path / "orders.csv", text)
    assert "3 orders have no time of day: counted at the end of their day" in told
    # before midnight in Berlin, in summer and in winter; a visit is no order
    assert rows(landed_dir, "orders", "ordered_at, visited_at") == [
        ("2026-07-01 21:59:59", "2026-06-30 22:00:00"),
        ("2026-07-01 21:59:59", None),
        ("2026-07-01 07:30:00", None),
        ("2026-01-01 22:59:59", None),
    ]


def test_a_zone_that_is_none_is_one_clear_line(landed_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "mapping.yml").write_text("time_zone: Berlin time\n", "utf-8")
    with pytest.raises(UserError, match=r"mapping\.yml: time_zone 'Berlin time'; expected"):
        land_text(landed_dir, tmp_path / "o.csv", "order_id,ordered_at,revenue\n1,2026-03-01,5\n")


# Own logs and lists


def test_a_mapping_file_makes_orders_of_any_list(landed_dir: Path, tmp_path: Path) -> None:
    mapping = (
        "table: orders\ntime_zone: Europe/Berlin\ndate_order: d-m-y\ncurrency: EUR\n"
        "columns: {order_id: Nr, ordered_at: Tag, revenue: Betrag, account_key: Kunde,"
        " page_url: Seite}\n"
    )
    (tmp_path / "mapping.yml").write_text(mapping, "utf-8")
    text = (
        "Nr;Tag;Betrag;Kunde;Seite\n"
        "1;01.07.2026 00:30;1.234,50;ann.sample@example.org;https://a.example/?utm_source=fb\n"
        "2;02.07.2026 00:30;10,00;;\n"
    )
    land_text(landed_dir, tmp_path / "orders.csv", text)
    columns = "order_id, ordered_at, revenue, currency, utm_source"
    assert rows(landed_dir, "orders", columns) == [
        ("1", "2026-06-30 22:30:00", "1234.50", "EUR", "fb"),
        ("2", "2026-07-01 22:30:00", "10.00", "EUR", None),
    ]


def test_a_mapping_file_makes_web_events_of_any_log(landed_dir: Path, tmp_path: Path) -> None:
    mapping = "table: web_events\ncolumns: {user_key: Visitor, occurred_at: When, page_url: URL}\n"
    (tmp_path / "mapping.yml").write_text(mapping, "utf-8")
    text = "Visitor,When,URL\nv1,2026-03-01 10:00:00Z,https://a.example/?utm_source=x&fbclid=1\n"
    land_text(landed_dir, tmp_path / "log.csv", text)
    [row] = rows(landed_dir, "web_events", "event_name, utm_source, click_id_kind, occurred_at")
    assert row == ("page_view", "x", "fbclid", "2026-03-01 10:00:00")


def test_purchases_in_the_words_of_a_log_of_ones_own_keep_their_money(
    landed_dir: Path, tmp_path: Path
) -> None:
    mapping = (
        "table: web_events\ncolumns: {user_key: Wer, occurred_at: Wann, event_name: Was, "
        "order_id: Auftrag, revenue: Wert}\n"
    )
    (tmp_path / "mapping.yml").write_text(mapping, "utf-8")
    events = (("Kauf", "1", "5,50"), ("PURCHASE", "2", "6,50"), ("Erstattung", "1", "2,50"))
    lines = [f"v1;2026-03-01 10:00:00Z;{';'.join(event)}" for event in events]
    basket = "v1;2026-03-01 09:00:00Z;Warenkorb;;9,50"
    text = "\n".join(["Wer;Wann;Was;Auftrag;Wert", *lines, basket, ""])
    told = land_text(landed_dir, tmp_path / "log.csv", text)
    assert rows(landed_dir, "web_events", "event_name, order_id, revenue") == [
        ("purchase", "1", "5.50"),
        ("purchase", "2", "6.50"),
        ("refund", "1", "2.50"),
        ("Warenkorb", None, None),
    ]
    assert "do not count" not in told
    # an order under a name that nothing tells is named
    other = "v1;2026-03-01 10:00:00Z;Danke-Seite;1;5,50\n"
    told = land_text(landed_dir, tmp_path / "log.csv", f"Wer;Wann;Was;Auftrag;Wert\n{other}")
    assert "events called Danke-Seite have an order id and revenue, which do not count" in told


@pytest.mark.parametrize(
    ("mapping", "line"),
    [
        ("table: orders\ncolumns: {order_id: Nr}", "ordered_at is not told"),
        ("table: web_events\ncolumns: {user_key: V, occurred_at: T, url: U}", "columns has 'url'"),
        ("table: sales\ncolumns: {order_id: Nr}", "table 'sales'; expected one of"),
    ],
)
def test_a_wrong_mapping_of_a_log_is_one_clear_line(
    landed_dir: Path, tmp_path: Path, mapping: str, line: str
) -> None:
    (tmp_path / "mapping.yml").write_text(mapping, "utf-8")
    with pytest.raises(UserError, match=line):
        land_text(landed_dir, tmp_path / "o.csv", "Nr,Tag\n1,2026-03-01\n")


# What is no log


def test_a_log_with_all_user_ids_is_no_table_of_users(landed_dir: Path, tmp_path: Path) -> None:
    text = (
        "anonymous_id,user_id,age,gender,device_type,location,context_page_url,sent_at\n"
        + "".join(f"a{n},u{n},30,F,Mobile,Berlin,,2026-03-01T10:00:00Z\n" for n in range(40))
    )
    told = land_text(landed_dir, tmp_path / "pages.csv", text)
    assert "web_events (segment_events), 40 rows" in told
    assert not rows(landed_dir, "users")


def test_the_table_of_identifies_holds_no_visits(landed_dir: Path, tmp_path: Path) -> None:
    text = (
        "id,anonymous_id,user_id,email,received_at\ni-1,a1,u1,x@example.org,2026-03-01T10:00:00Z\n"
    )
    land_text(landed_dir, tmp_path / "identifies.csv", text)
    assert rows(landed_dir, "web_events", "event_name") == [("identify",)]


def test_utm_by_their_own_names_are_read_in_any_layout(landed_dir: Path, tmp_path: Path) -> None:
    text = (
        "order_id,order_date,status,total,email,UTM Source,utm_campaign,gclid\n"
        "1,2026-03-01 10:00:00Z,completed,5.00,,google,Brand,SecretClick\n"
    )
    land_text(landed_dir, tmp_path / "orders.csv", text)
    columns = "utm_source, utm_campaign, click_id_kind"
    assert rows(landed_dir, "orders", columns) == [("google", "Brand", "gclid")]


def test_two_layouts_that_fit_are_an_error_with_both_names(
    landed_dir: Path, tmp_path: Path
) -> None:
    header = "user_pseudo_id,event_timestamp,event_name,anonymous_id,timestamp\n"
    with pytest.raises(UserError, match="fit the layouts ga4_events and segment_events alike"):
        land_text(landed_dir, tmp_path / "log.csv", header + "1,2,page_view,3,4\n")


def test_a_report_of_ga4s_screens_is_refused_with_what_to_take(
    landed_dir: Path, tmp_path: Path
) -> None:
    text = (
        "# ----\n# Traffic acquisition\n# Start date: 20260301\n# End date: 20260331\n\n"
        "Session source / medium,Sessions,Key events,Total revenue\nfacebook / cpc,10,1,5\n"
    )
    with pytest.raises(UserError, match=r"report of GA4's own screens.*BigQuery"):
        land_text(landed_dir, tmp_path / "report.csv", text)


def test_deals_that_are_not_won_are_no_orders_and_no_fault(landed_dir: Path) -> None:
    told = land(landed_dir, JOURNEYS / "hubspot_deals.csv", max_rejected_share=0)
    assert "2 no order" in told
    found = rows(landed_dir, "landing_rejects", "_source_line, reason, record")
    assert found == [(4, "no order", ""), (5, "no order", "")]


def test_lines_of_items_that_repeat_the_id_alone_are_no_orders_and_no_fault(
    landed_dir: Path, tmp_path: Path
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "Name,Email,Financial Status,Total,Created at,Lineitem name\n"
        "#1,a@example.org,paid,30.00,2026-03-01 10:00:00 +0100,Shoe\n"
        "#1,a@example.org,,,,Sock\n"
        "#2,b@example.org,paid,20.00,,Shoe\n"
        "#3,b@example.org,paid,20.00,2026-03-01 11:00:00 +0100,Shoe\n"
    )
    told = land(landed_dir, orders, max_rejected_share=0.5)
    assert "1 line of an item" in told
    assert rows(landed_dir, "landing_rejects", "_source_line, reason") == [(3, "line of an item")]
    # an order without a time has money: it is not passed over
    assert "1 ordered_at is not a time (line 4)" in told
    assert len(rows(landed_dir, "orders")) == 3


def test_explain_says_the_money_and_what_never_lands(landed_dir: Path) -> None:
    lines: list[str] = []
    explain_files([JOURNEYS / "shopify_plain.csv"], landed_dir, report=lines.append)
    said = "\n".join(lines)
    assert "taken for   orders, layout shopify_orders" in said
    assert "never lands Email (a salted hash does)" in said
    assert "Billing Street" in said
    assert "paid: 2 orders, gross 1,039.90, refunded 0.00, net 1,039.90" in said
    assert "partially_refunded: 1 orders, gross 80.50, refunded 30.50, net 50.00" in said
    assert "period      2026-03-01 to 2026-03-05 (UTC)" in said
    assert not landed_dir.exists() or not [*landed_dir.rglob("*.parquet")]


# URLs


@pytest.mark.parametrize(
    ("url", "visit"),
    [
        ("?utm_source=fb&utm_campaign=Spring%20Sale+2", Visit("fb", None, "Spring Sale 2")),
        ("/p?UTM_Source=fb&amp;utm_medium=cpc", Visit("fb", "cpc")),
        ("https://a.example/#utm_source=fb", Visit("fb")),
        ("?utm_source=&utm_source=second", Visit("second")),
        ("?utm_source=%E2%82&gclid=x", Visit("\ufffd", click_id_kind="gclid")),
        ("?gclid={gclid}&ScCid=1", Visit(click_id_kind="ScCid")),
        ("?fbclid=1&gclid=2", Visit(click_id_kind="fbclid")),
        ("?next=https%3A%2F%2Fb.example%3Futm_source%3Dx", Visit()),
        ("::::%%%?&&=", Visit()),
        ("?myutm_source=x&utm_source_platform=y", Visit()),
    ],
)  # fmt: skip
def test_what_a_url_tells(url: str, visit: Visit) -> None:
    assert visit_of(url) == visit


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_url_stops_anything_and_values_are_one_printable_line(url: str) -> None:
    for prefix in ("", "https://a.example/?utm_source=", "?gclid="):
        found = visit_of(prefix + url)
        assert found.click_id_kind in (None, *CLICK_IDS)
        assert all(text is None or text.isprintable() for text in found)


@pytest.fixture(scope="module")
def hostile() -> Iterator[list[str]]:
    yield [
        "", "null", "(not set)", "0", "-1", "1e400", "NaN", "99999999999999999999", "\u0663",
        "1788336000000000", "1788336000000000.0", "-5", "2026-13-01", "infinity", "0000-01-01",
        "ann.sample@example.org", "=1+1", "'; drop table x; --", "\U0001f600", "x" * 3000,
        "[{", '{"a": 1}', "[]", "[1, 2]", '[{"key": 1}]', "%zz%", "https://[", "//", "a: b",
    ]  # fmt: skip


@pytest.mark.parametrize("file", [one for one in EXPECTED if one.endswith(".csv")])
def test_hostile_cells_land_or_are_rejected_and_stop_nothing(
    tmp_path: Path, file: str, hostile: list[str]
) -> None:
    text = (JOURNEYS / file).read_text("utf-8")
    delimiter = ";" if ";" in text.splitlines()[0] else ","
    header, *records = csv.reader(io.StringIO(text), delimiter=delimiter)
    changed = [
        [*record[:place], cell, *record[place + 1 :]]
        for number, cell in enumerate(hostile)
        for place in range(number % 3, len(header), 3)
        for record in [records[(number + place) % len(records)]]
    ]
    with (tmp_path / "hostile.csv").open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, delimiter=delimiter).writerows([header, *records, *changed])
    told = land(tmp_path / "landed", tmp_path / "hostile.csv", max_rejected_share=1)
    landed = everything(tmp_path / "landed").lower()
    assert "sample@example.org" not in landed + told.lower()
    name = "web_events" if "accounts" in EXPECTED[file] else "orders"
    key = "user_key" if name == "web_events" else "account_key"
    found = [row[0] for row in rows(tmp_path / "landed", name, key) if row[0]]
    # an order without a customer says so
    keys = [one.removeprefix("order:") for one in found]
    assert [one for one in keys if len(one) != 32] == []
