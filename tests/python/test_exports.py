"""Exports of ad managers and connectors land as ad_reports with the figures they show."""

import contextlib
import textwrap
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from openpyxl import Workbook

from social_roi.dbt_runner import PROJECT
from social_roi.errors import UserError
from social_roi.landing import explain_files, land_files
from social_roi.landing.layouts import layouts
from social_roi.landing.mappings import draft

EXPORTS = PROJECT / "tests" / "exports"
EXPECTED = yaml.safe_load((EXPORTS / "expected.yml").read_text("utf-8"))
MEASURES = {
    "spend": "spend",
    "impressions": "impressions",
    "clicks": "clicks",
    "clicks_all": "clicks_all",
    "conversions": "reported_conversions",
    "revenue": "reported_revenue",
    "leads": "reported_leads",
}


def table(landed_dir: Path, name: str) -> str:
    return f"read_parquet('{landed_dir}/current/{name}/*.parquet')"


def figures(landed_dir: Path, file: str | None = None) -> dict[str, Any]:
    """What expected.yml tells of a file, or of all that is landed, without figures it has not."""
    where = f"where _source_file = '{file}'" if file else ""
    sums = ", ".join(
        f"sum(cast({column} as decimal(18, 4))) as {name}" for name, column in MEASURES.items()
    )
    [row] = (
        duckdb.sql(f"""
        select
            min(layout) as layout, min(grain) as grain, count(*) as rows, {sums},
            case when count(distinct currency) = 1 then min(currency) end as currency,
            min(period_start) as first, max(period_end) as last
        from {table(landed_dir, "ad_reports")} {where}
    """)
        .df()
        .to_dict("records")
    )
    found = {name: value for name, value in row.items() if value is not None and value == value}
    rejects = duckdb.sql(f"""
        select _source_line, reason from {table(landed_dir, "landing_rejects")} {where}
        order by _source_line
    """).fetchall()
    names = {"totals": "total row", "footers": "footer row", "later_sync": "later sync"}
    for name, reason in names.items():
        if lines := [line for line, found_reason in rejects if reason in found_reason]:
            found[name] = lines
    return found


def expected(file: str) -> dict[str, Any]:
    row = {name: str(value) for name, value in EXPECTED[file].items() if name in ("first", "last")}
    return EXPECTED[file] | row


def same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    def plain(row: dict[str, Any]) -> dict[str, Any]:
        numbers = {name: Decimal(str(row[name])) for name in MEASURES if name in row}
        return row | {name: value for name, value in numbers.items() if value}

    found, wanted = plain(found), plain(wanted)
    zeros = {name for name in MEASURES if not found.get(name, 1)} - wanted.keys()
    return {name: value for name, value in found.items() if name not in zeros} == wanted


@pytest.fixture
def landed_dir(tmp_path: Path) -> Path:
    return tmp_path / "landed"


@pytest.fixture(scope="module")
def landed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All exports in one folder, landed together."""
    folder = tmp_path_factory.mktemp("exports")
    files = [path for path in EXPORTS.iterdir() if path.name != "expected.yml"]
    land_files(files, folder / "landed", report=lambda line: None)
    yield folder / "landed"


def land_one(landed_dir: Path, path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    lines: list[str] = []
    land_files([path], landed_dir, report=lines.append)
    return "\n".join(lines)


@pytest.mark.parametrize("file", EXPECTED)
def test_an_export_lands_with_the_figures_it_shows(landed_once: Path, file: str) -> None:
    found = figures(landed_once, file)
    assert same(found, expected(file)), found


def test_every_layout_and_language_has_a_file_here() -> None:
    files = {path.name for path in EXPORTS.iterdir()} - {"expected.yml"}
    assert files == EXPECTED.keys()
    read = {facts["layout"] for facts in EXPECTED.values()}
    known = {layout.name for layout in layouts() if layout.table == "ad_reports"}
    assert read == known - {"fivetran_facebook_ads"}


def test_a_log_of_pages_is_no_table_of_users(landed_dir: Path, tmp_path: Path) -> None:
    pages = "id,anonymous_id,user_id,received_at,context_page_url,context_campaign_source\n"
    users = "user_id,device_type,page_url,timestamp\n"
    with pytest.raises(UserError, match="a log of what users did"):
        land_one(landed_dir, tmp_path / "visits.csv", users + "u-1,phone,,2026-03-01\n")
    told = land_one(landed_dir, tmp_path / "pages.csv", pages + "m-0,a1,u-1,2026-03-01,,\n")
    assert "pages.csv: web_events (segment_events), 1 rows" in told
    for header in ("user_id,name,plan\n", "user_id,interests\n"):
        with pytest.raises(UserError, match="expected also"):
            land_one(landed_dir, tmp_path / "users.csv", header + "u-1,x\n")


# Own sheets

SHEET = """Week day,Date,Channel,Campaign,Spend,Impr,Clicks,CPC,Orders,Sales
Sun,01/03/2026,Meta Ads,Spring,€ 4.20,"1,564",8,€ 0.52,0,€ 0.00
Sun,01/03/2026,Meta Ads,Spring,€ 19.30,436,32,€ 0.60,2,€ 52.70
"""
SHEET_FIGURES = {
    "layout": "own_sheet", "grain": "day x campaign", "rows": 2, "spend": "23.50",
    "impressions": "2000", "clicks": "40", "conversions": "2", "revenue": "52.70",
    "currency": "EUR", "first": "2026-03-01", "last": "2026-03-01",
}  # fmt: skip


def explained(path: Path, landed_dir: Path) -> str:
    lines: list[str] = []
    with contextlib.suppress(UserError):
        explain_files([path], landed_dir, report=lines.append)
    return "\n".join(lines)


def test_a_sheet_of_ones_own_lands_by_the_mapping_that_its_refusal_drafts(
    landed_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with pytest.raises(UserError) as refused:
        land_one(landed_dir, folder / "tracker.csv", SHEET)
    assert "Channel looks like ad_platform" in str(refused.value)
    assert "mapping.yml" in str(refused.value)
    told = explained(folder / "tracker.csv", landed_dir)
    draft = textwrap.dedent(told.split("beside the file:\n", 1)[1])
    assert "spend: Spend" in draft and "CPC" in draft.split("not used")[1]
    (folder / "mapping.yml").write_text(draft.replace("currency: ...", "date_order: d-m-y"))
    land_files([folder], landed_dir, report=lambda line: None)
    assert same(figures(landed_dir), SHEET_FIGURES), figures(landed_dir)
    before = figures(landed_dir)
    (folder / "mapping.yml").write_text(draft.replace("currency: ...", "date_order: m-d-y"))
    assert land_files([folder], landed_dir, report=lambda line: None).changed
    assert figures(landed_dir) == before | {"first": "2026-01-03", "last": "2026-01-03"}


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("columns: {day: Date, spend: Spend}", "ad_platform is not told"),
        ("columns: {spend: Spend}\nad_platform: Meta", "does not tell the day"),
        ("columns: {day: Date, clicks: CPC}\nad_platform: Meta", "looks like a rate"),
        ("columns: {day: Date, cost: Spend}\nad_platform: Meta", "ad_reports has not"),
        ("columns: {day: Date, spend: Kosten}\nad_platform: Meta", "names Kosten"),
        ("colums: {day: Date}", "'colums' is no key"),
        ("columns: {day: Date\n", "no valid YAML"),
        ("date_order: y-d-m", "expected m-d-y or d-m-y"),
    ],
)
def test_a_wrong_mapping_is_refused_in_one_line(
    landed_dir: Path, tmp_path: Path, mapping: str, words: str
) -> None:
    (tmp_path / "mapping.yml").write_text(mapping)
    with pytest.raises(UserError, match=words) as refused:
        land_one(landed_dir, tmp_path / "tracker.csv", SHEET)
    assert "\n" not in str(refused.value) and "mapping.yml" in str(refused.value)


def test_a_list_of_persons_in_other_words_gets_a_draft_of_users(
    landed_dir: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="id looks like user_id, sex looks like gender"):
        land_one(landed_dir, tmp_path / "people.csv", "id,age,sex\n1,30,F\n")
    text = draft("people.csv", ["id", "age", "sex"])
    assert yaml.safe_load(text) == {
        "table": "users",
        "columns": {"user_id": "id", "age": "age", "gender": "sex"},
    }
    # a report with ages is none
    assert "users" not in draft("x.csv", ["id", "age", "sex", "clicks"])


@pytest.mark.parametrize("is_list", [False, True])
def test_a_mapping_makes_a_table_of_the_contract_and_tells_a_currency(
    landed_dir: Path, tmp_path: Path, is_list: bool
) -> None:
    documents = (
        "files: '*events.csv'\ntable: ad_events\nad_platform: Meta\ncolumns:\n  event_id: Id\n"
        "  user_id: Client\n  occurred_at: When\n  event_type: Action\n---\n"
        "files: pin*.csv\ncurrency: CHF\n"
    )
    a_list = yaml.safe_dump([*yaml.safe_load_all(documents)])
    (tmp_path / "mapping.yml").write_text(a_list if is_list else documents)
    land_one(
        landed_dir, tmp_path / "my events.csv", "Id,Client,When,Action\n1,u1,2026-03-01,click\n"
    )
    found = duckdb.sql(f"select user_id, ad_platform from {table(landed_dir, 'ad_events')}")
    assert found.fetchall() == [("u1", "Meta")]
    lines = land_one(landed_dir, tmp_path / "pin.csv", (EXPORTS / "pinterest.csv").read_bytes())
    assert figures(landed_dir)["currency"] == "CHF" and "currency" not in lines


# Refusals


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("meta_ads_en.csv", "Impressions", "Impressionen", "column Impressionen is 'de'"),
        ("meta_ads_en.csv", "Amount spent (USD)", "Ausgegebener Betrag (USD)", "is 'de'"),
        ("meta_ads_en.csv", "Link clicks", "Impressions", "Impressions is there 2 times"),
        ("google_en.csv", ",Cost,", ",Price,", "google_ads needs also Cost"),
        ("meta_ads_en.csv", "conversion value", "conversion value (EUR)", "in two currencies"),
        ("x.csv", "Time period,", "Time period,Swipe Ups,Start Time,End Time,", "fit the layouts"),
        ("meta_insights.json", '"paging"', "paging", "this is no whole JSON"),
    ],
)
def test_what_does_not_fit_one_layout_is_refused_in_one_line(
    landed_dir: Path, tmp_path: Path, file: str, old: str, new: str, words: str
) -> None:
    text = (EXPORTS / file).read_text("utf-8")
    with pytest.raises(UserError, match=words) as refused:
        land_one(landed_dir, tmp_path / file, text.replace(old, new, 1))
    assert "\n" not in str(refused.value) and str(refused.value).startswith(file)


def test_results_of_several_kinds_are_not_read_and_said(landed_dir: Path, tmp_path: Path) -> None:
    text = (EXPORTS / "meta_results_pt.csv").read_text("utf-8")
    text = text.replace('"21,07",100,,', '"21,07",100,4,actions:link_click')
    assert "Results are not read" in land_one(landed_dir, tmp_path / "x.csv", text)
    assert "conversions" not in figures(landed_dir)


def test_masks_and_columns_of_zeros_are_said(landed_dir: Path, tmp_path: Path) -> None:
    told = land_one(landed_dir, tmp_path / "x.csv", (EXPORTS / "meta_ja.csv").read_bytes())
    assert "masked values such as <5 are unknown: clicks 1" in told
    text = (EXPORTS / "x.csv").read_text("utf-8").replace(",30.82,2", ",30.82,0")
    assert "only zeros in reported_leads" in land_one(landed_dir, tmp_path / "x.csv", text)


def test_explain_tells_sums_and_what_would_be_replaced_and_changes_nothing(
    landed_dir: Path, tmp_path: Path
) -> None:
    text = (EXPORTS / "google_en.csv").read_text("utf-8")
    land_one(landed_dir, tmp_path / "old.csv", text)
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    new = tmp_path.parent / "new.csv"
    new.write_text(text)
    told = explained(new, landed_dir)
    for words in (
        "layout google_ads (en)", "2026-03-01 to 2026-03-02", "spend       1,030", "EUR",
        "37 (Clicks)", "1.86 (Conversions)", "line 6, total row", "2 days of old.csv",
        "Avg. cost",
    ):  # fmt: skip
        assert words in told, told
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
    assert "2 rows landed from a file of this name" in explained(tmp_path / "old.csv", landed_dir)


def test_explain_names_platforms_whose_spend_and_events_never_meet(
    landed_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "bill.csv").write_text(
        "spend_date,ad_platform,spend,currency\n2026-03-01,FB,5,EUR\n2026-03-01,Pinterst,77.5,EUR\n"
        "2026-03-02,Pinterst,1,\n2026-03-01,Ta\u200bboola ,3,EUR\n2026-03-01,Reddit,0,EUR\n",
        "utf-8",
    )
    events = tmp_path / "events.csv"
    head = "event_id,user_id,occurred_at,event_type,ad_platform\n"
    seen = ("Instagram", "Pinterest", "Pinterest", "TABOOLA")
    rows = [f"{n},u,2026-03-01 10:00:00,click,{name}\n" for n, name in enumerate(seen)]
    events.write_text(head + "".join(rows))
    told = [line for line in explained(tmp_path, landed_dir).splitlines() if "check: " in line]
    assert told == [
        "check: spend of platforms without any event: Pinterst (1.00, 77.50 EUR)",
        "check: events of platforms without spend: Pinterest (2)",
    ]
    events.write_text(head + "".join(rows).replace("Pinterest", "Pinterst"))
    assert "check: " not in explained(tmp_path, landed_dir)
    events.unlink()
    assert "check: " not in explained(tmp_path, landed_dir)


def test_the_sheets_of_a_workbook_are_landed_and_the_others_named(
    landed_dir: Path, tmp_path: Path
) -> None:
    book = Workbook()
    for name, currency in (("DE", "EUR"), ("US", "USD")):
        sheet = book.create_sheet(name)
        sheet.append(["Day", "Campaign name", "Ad ID", f"Amount spent ({currency})"])
        sheet.append([datetime(2026, 3, 1), "Spring", 1203, 1.5])
    book.active["A1"] = "written by hand"
    book.save(tmp_path / "two.xlsx")
    lines: list[str] = []
    land_files([tmp_path / "two.xlsx"], landed_dir, report=lines.append)
    assert any("passed over the sheet two.xlsx [Sheet]" in line for line in lines)
    found = duckdb.sql(f"""
        select _source_file, _source_line, period_start, ad_id, spend, currency
        from {table(landed_dir, "ad_reports")} order by 1
    """).fetchall()
    assert found == [
        ("two.xlsx [DE]", 2, "2026-03-01", "1203", "1.5", "EUR"),
        ("two.xlsx [US]", 2, "2026-03-01", "1203", "1.5", "USD"),
    ]
    assert not land_files([tmp_path / "two.xlsx"], landed_dir, report=lines.append).changed


def test_a_page_without_records_is_passed_over_and_a_row_without_a_day_rejected(
    landed_dir: Path, tmp_path: Path
) -> None:
    empty = '{"data": [], "paging": {}}'
    (tmp_path / "former.csv").write_text("user_id,age\nu1,30\n", "utf-8")
    land_files([tmp_path / "former.csv"], landed_dir)
    with pytest.raises(UserError, match=r"monday\.json: there are no records in any file"):
        land_one(landed_dir, tmp_path / "monday.json", empty)
    assert duckdb.sql(f"select user_id from {table(landed_dir, 'users')}").fetchall() == [("u1",)]
    told: list[str] = []
    land_files([tmp_path / "monday.json"], landed_dir, add=True, report=told.append)
    assert told[0] == "monday.json: passed over, there are no records in it"
    all_totals = "Day,Campaign name,Age,Amount spent (USD)\n2026-03-01,Spring,All,5\n"
    assert "no line of the file is left" in land_one(landed_dir, tmp_path / "x.csv", all_totals)
    text = "Day,Campaign name,Amount spent (USD),Impressions\n,Spring,5,10\n2026-03-01,Spring,1,2\n"
    with pytest.raises(UserError, match="period_start is missing"):
        land_one(landed_dir, tmp_path / "x.csv", text)


def test_other_words_for_events_are_ours(landed_dir: Path, tmp_path: Path) -> None:
    header = "event_id,user_id,occurred_at,event_type,ad_platform\n"
    events = "1,u1,2026-03-01,Purchase,Meta\n2,u1,2026-03-01,clicked,Meta\n"
    land_one(landed_dir, tmp_path / "events.csv", header + events)
    found = duckdb.sql(f"select event_type from {table(landed_dir, 'ad_events')} order by event_id")
    assert found.fetchall() == [("conversion",), ("click",)]


def test_lists_of_actions_in_parquet_are_read_as_in_json(landed_dir: Path, tmp_path: Path) -> None:
    duckdb.sql(f"""
        copy (
            select
                date '2026-03-01' as date_start, date '2026-03-01' as date_stop,
                'Spring' as campaign_name, 1.5 as spend, 100 as impressions,
                [
                    {{'action_type': 'omni_purchase', 'value': 2}},
                    {{'action_type': 'purchase', 'value': 2}}
                ] as actions
        ) to '{tmp_path / "insights.parquet"}' (format parquet)
    """)
    land_files([tmp_path / "insights.parquet"], landed_dir, report=lambda line: None)
    found = figures(landed_dir)
    assert (found["spend"], found["conversions"], found["first"]) == (
        Decimal("1.5"), Decimal(2), "2026-03-01",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        (
            "Día;Nombre de la campaña;Importe gastado (EUR);Impresiones",
            "2026-09-01",
            "2026-09-02",
        ),
        (
            "Tag;Name der Kampagne;Ausgegebener Betrag (EUR);Impressionen",
            "2026-09-01",
            "2026-09-02",
        ),
        ("Day;Campaign name;Amount spent (EUR);Impressions", "2026-01-09", "2026-02-09"),
    ],
)
def test_the_language_tells_which_comes_first_day_or_month(
    landed_dir: Path, tmp_path: Path, header: str, first: str, last: str
) -> None:
    text = f"{header}\n01/09/2026;A;10.50;100\n02/09/2026;A;1.50;100\n"
    told = land_one(landed_dir, tmp_path / "x.csv", text)
    assert (figures(landed_dir)["first"], figures(landed_dir)["last"]) == (first, last)
    assert ("two ways" in told) == header.startswith("Day")


def test_rows_of_a_part_that_is_not_kept_are_a_finer_report(
    landed_dir: Path, tmp_path: Path
) -> None:
    header = "Day,Campaign,Conversion action,Currency code,Cost,Impr.,Conversions\n"
    text = f"{header}2026-09-01,A,Purchase,EUR, --, --,3.00\n2026-09-01,A,News,EUR, --, --,5.00\n"
    told = land_one(landed_dir, tmp_path / "x.csv", text)
    assert figures(landed_dir)["grain"] == "day x campaign x segment"
    assert "rows are divided by Conversion action, which is not kept" in told


def test_a_connectors_rows_of_several_parts_of_a_report_are_no_repeated_sync(
    landed_dir: Path, tmp_path: Path
) -> None:
    header = "_airbyte_extracted_at,campaign_name,region,date_start,date_stop,impressions,spend\n"
    text = header + "".join(
        f"2026-03-{day:02}T03:00:00.{n}Z,Spring,{region},2026-03-01,2026-03-01,100,{spend}\n"
        for n, (day, region, spend) in enumerate(
            [(2, "Texas", 3), (2, "Ohio", 2), (3, "Ohio", 2.5)], 1
        )
    )
    land_one(landed_dir, tmp_path / "ads_insights_region.csv", text)
    found = figures(landed_dir)
    assert (found["rows"], found["spend"], found["later_sync"]) == (2, Decimal("5.5"), [3])
    assert found["grain"] == "day x campaign x segment"


def test_a_raw_table_of_airbyte_is_read_as_what_is_in_it(landed_dir: Path, tmp_path: Path) -> None:
    inside = '{"campaign_name": "Spring", "date_start": "2026-03-01", "date_stop": "2026-03-01",'
    inside += ' "spend": 10.5, "impressions": 3, "actions": [{"action_type": "purchase",'
    inside += ' "value": 2}]}'
    text = f'{{"_airbyte_emitted_at": 1772352000000, "_airbyte_data": {inside}}}\n'
    land_one(landed_dir, tmp_path / "ads_insights.jsonl", text)
    found = figures(landed_dir)
    assert (found["rows"], found["spend"], found["conversions"]) == (1, Decimal("10.5"), 2)


def test_the_header_again_among_the_rows_is_no_row(landed_dir: Path, tmp_path: Path) -> None:
    header = "Day,Campaign name,Amount spent (EUR),Impressions\n"
    text = f"{header}2026-03-01,Spring,1,10\n{header}2026-03-02,Spring,2,20\n"
    told = land_one(landed_dir, tmp_path / "two months.csv", text)
    assert "1 the header again (line 3" in told
    assert (figures(landed_dir)["rows"], figures(landed_dir)["spend"]) == (2, 3)


def test_an_export_in_another_language_is_told_of_the_mapping_file(
    landed_dir: Path, tmp_path: Path
) -> None:
    header = "Date de début (UTC),Nom de la campagne,Total dépensé,Impressions,Clics\n"
    with pytest.raises(UserError, match="in another language, say which column is which"):
        land_one(landed_dir, tmp_path / "x.csv", header + "2026-03-01,A,5,100,1\n")


@pytest.mark.parametrize(
    "total", ["Results from 2 campaigns", "Resultados de 2 campañas", "总计 2 条结果"]
)
def test_a_total_in_the_words_of_the_ads_manager_is_one(
    landed_dir: Path, tmp_path: Path, total: str
) -> None:
    text = (
        f"Day,Campaign name,Amount spent (MXN),Impressions\n2026-09-01,A,10,100\n,{total},10,100\n"
    )
    land_one(landed_dir, tmp_path / "x.csv", text)
    assert figures(landed_dir)["totals"] == [3]


def test_explain_adds_no_money_of_two_currencies(landed_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(
        "Day,Campaign name,Currency,Amount spent,Impressions\n"
        "2026-09-01,A,USD,10,100\n2026-09-01,B,EUR,5,50\n"
    )
    told = explained(file, landed_dir)
    assert "5.00 EUR; 10.00 USD" in told


# --- what people make of exports, and sheets that look like one ----------------------------------

META = "Campaign name,Day,Amount spent (USD),Impressions,Link clicks"


@pytest.mark.parametrize(
    "header",
    [
        "Date,Campaign,Cost,Impressions,Clicks",
        "Date,Platform,Campaign,Cost,Impressions,Clicks,Conversions",
        "Day,Channel,Campaign,Cost,Impressions,Clicks",
        "Datum,Plattform,Kampagne,Kosten,Impressionen,Klicks",
        "Date,Canal,Campagne,Coût,Impressions,Clics",
        "Start Date,Campaign Name,Total Spent,Impressions,Clicks,Channel",
        "Month,Campaign name,Spend,Impressions,Clicks",
        "Day,Campaign name,Channel,Amount spent,Impressions,Link clicks",
    ],
)
def test_a_sheet_with_the_words_of_a_platform_is_not_taken_for_its_export(
    landed_dir: Path, tmp_path: Path, header: str
) -> None:
    row = ",".join(["2026-01-05", *"ABCDEFG"])
    with pytest.raises(UserError, match=r"mapping\.yml"):
        land_one(landed_dir, tmp_path / "x.csv", f"{header}\n{row}\n")
    # whoever says what it is has it read
    layout = {"Cost": "google_ads", "Kosten": "google_ads", "Coût": "google_ads"}
    stated = next((name for word, name in layout.items() if word in header.split(",")), "")
    if stated:
        (tmp_path / "mapping.yml").write_text(f"layout: {stated}\n")
        row = ",".join(["2026-01-05", *"1234567"][: header.count(",") + 1])
        assert f"({stated})" in land_one(landed_dir, tmp_path / "x.csv", f"{header}\n{row}\n")


@pytest.mark.parametrize(
    ("unit", "cell", "first", "last"),
    [
        ("Day", "05-Jan-26", "2026-01-05", "2026-01-05"),
        ("Day", "5-Jan-2026", "2026-01-05", "2026-01-05"),
        ("Day", "5. Jan 26", "2026-01-05", "2026-01-05"),
        ("Month", "Jan-26", "2026-01-01", "2026-01-31"),
        ("Month", "April 26", "2026-04-01", "2026-04-30"),
        ("Month", "02/2026", "2026-02-01", "2026-02-28"),
        ("Week", "2026-W03", "2026-01-12", "2026-01-18"),
        ("Week", "KW 3/2026", "2026-01-12", "2026-01-18"),
        ("Week", "2026 week 3", "2026-01-12", "2026-01-18"),
    ],
)
def test_days_weeks_and_months_as_spreadsheets_write_them(
    landed_dir: Path, tmp_path: Path, unit: str, cell: str, first: str, last: str
) -> None:
    header = META.replace("Day", unit)
    land_one(landed_dir, tmp_path / "x.csv", f"{header}\nA,{cell},1,2,1\nB,{cell},1,2,1\n")
    found = figures(landed_dir)
    assert (found["first"], found["last"]) == (first, last)


def test_a_day_without_its_year_is_no_day(landed_dir: Path, tmp_path: Path) -> None:
    for cell in ("Jan-26", "April 26", "5 Jan 10:00"):
        with pytest.raises(UserError, match="is not a date"):
            land_one(landed_dir, tmp_path / "x.csv", f"{META}\nA,{cell},1,2,1\n")


def test_shift_jis_is_read_and_western_text_is_not_taken_for_it(
    landed_dir: Path, tmp_path: Path
) -> None:
    text = "日,キャンペーン名,消化金額 (JPY),インプレッション\n2026/1/5,春の動画,1,2\n"
    land_one(landed_dir, tmp_path / "x.csv", text.encode("cp932"))
    name = f"select campaign_name from {table(landed_dir, 'ad_reports')}"
    assert duckdb.sql(name).fetchall() == [("春の動画",)]
    # mostly kanji, in its dates
    text += "2026年1月6日,春,1,2\n" * 200
    assert "201 rows" in land_one(landed_dir, tmp_path / "x.csv", text.encode("cp932"))
    for campaign in ("Été à Nîmes", "Über\u201a Größe \u0192", "é" * 50):
        text = f"Nom de la campagne;Jour;Montant dépensé (EUR)\n{campaign};05/01/2026;1\n"
        land_one(landed_dir, tmp_path / "x.csv", text.encode("cp1252"))
        assert duckdb.sql(name).fetchall() == [(campaign,)]


def test_cells_left_out_below_columns_without_a_name_are_blank(
    landed_dir: Path, tmp_path: Path
) -> None:
    rows = "A,2026-01-05,1.5,2,1,,\nB,2026-01-05,2,2,1\nC,2026-01-05,4,2,1,\n"
    said = land_one(landed_dir, tmp_path / "x.csv", f"{META},,\n{rows}")
    assert "3 rows, 0 rejected" in said and figures(landed_dir)["spend"] == Decimal("7.5")
    # a cell that has a name is missed
    with pytest.raises(UserError, match="expected 7 fields, found 4"):
        land_one(landed_dir, tmp_path / "x.csv", f"{META},,\nB,2026-01-05,2,2\n")


def test_other_names_of_columns_and_periods(landed_dir: Path, tmp_path: Path) -> None:
    def landed(text: str) -> dict[str, Any]:
        land_one(landed_dir, tmp_path / "x.csv", text)
        return figures(landed_dir)

    found = landed(
        "By Day,Campaign name,Primary status,Cost,Impressions,Purchases (website),"
        "Purchase value (website)\n2026-01-05,A,Active,1,2,3,4.5\n"
    )
    assert (found["conversions"], found["revenue"]) == (3, Decimal("4.5"))
    found = landed(
        "Date,Campaign name,Spend in account currency,Impressions,Total conversions (Checkout),"
        "Total order value (Checkout)\n2026-01-05,A,1,2,3,4.5\n"
    )
    assert (found["conversions"], found["revenue"]) == (3, Decimal("4.5"))
    found = landed(
        "TimePeriod,AccountName,CampaignName,CurrencyCode,Impressions,Clicks,Spend\n"
        "2026-01-05,N,A,EUR,2,1,1\n"
    )
    assert (found["layout"], found["first"]) == ("microsoft_ads", "2026-01-05")
    found = landed(
        "Start Date (in UTC),End Date (in UTC),Campaign Name,Total Spent,Impressions,Clicks\n"
        "1/1/2026,1/31/2026,A,1,2,1\n2/1/2026,2/28/2026,A,1,2,1\n"
    )
    assert (found["grain"], found["last"]) == ("month x ad group", "2026-02-28")
    found = landed(
        '"Report Name: Daily"\n\nDate,Campaign,Currency code,Impr.,Clicks,Spend,Conv.\n'
        "1/5/2026,A,EUR,2,1,1.5,3\nOverall total,-,EUR,2,1,1.5,3\n"
    )
    assert (found["layout"], found["conversions"], found["totals"]) == ("microsoft_ads", 3, [5])
    found = landed("Day,Campaign name,Amount spent,Impressions,eCPM\n2026-01-05,A,1,2,3\n")
    assert found["layout"] == "reddit_ads"
    twice = f"{META},Reporting starts,Reporting starts\nA,2026-01-05,1,2,1,2026-01-01,2026-01-01\n"
    assert landed(twice)["first"] == "2026-01-05"


@pytest.mark.parametrize(
    "header",
    [
        "Nom de la campagne,Jour,Montant dépensé (EUR),Achats sur le site web,"
        "Valeur de conversion des achats sur le site web",
        "Nombre de la campaña,Día,Importe gastado (EUR),Compras en el sitio web,"
        "Valor de conversión de compras en el sitio web",
        "Nome da campanha,Dia,Montante gasto (EUR),Compras no site,"
        "Valor de conversão de compras no site",
        "Nome della campagna,Giorno,Importo speso (EUR),Acquisti sul sito web,"
        "Valore di conversione degli acquisti sul sito web",
        "キャンペーン名,日,消化金額 (EUR),ウェブサイトでの購入,"
        "ウェブサイトでの購入のコンバージョン値",
    ],
)
def test_purchases_on_the_website_have_their_value(
    landed_dir: Path, tmp_path: Path, header: str
) -> None:
    land_one(landed_dir, tmp_path / "x.csv", f'{header}\nA,2026-01-05,"1,5",3,"150,25"\n')
    found = figures(landed_dir)
    assert (found["spend"], found["conversions"]) == (Decimal("1.5"), 3)
    assert found["revenue"] == Decimal("150.25")


def test_a_title_may_be_a_single_day_in_the_order_of_its_language(
    landed_dir: Path, tmp_path: Path
) -> None:
    report = "Campaign,Currency code,Cost,Impr.\nA,EUR,1,2\n"
    german = "Kampagne,Währungscode,Kosten,Impr.\nA,EUR,1,2\n"
    for title, text in (
        ('"January 5, 2026"', report),
        ("5 January 2026", report),
        ("05.01.2026,,,", german),
        ("05.01.2026 - 05.01.2026", german),
    ):
        land_one(landed_dir, tmp_path / "x.csv", f"Campaign report\n{title}\n{text}")
        found = figures(landed_dir)
        told = (found["grain"], found["first"], found["last"])
        assert told == ("day x campaign", "2026-01-05", "2026-01-05")
    land_one(landed_dir, tmp_path / "x.csv", f"Downloaded on January 5, 2026\n{report}")
    assert figures(landed_dir)["grain"] == "unknown period x campaign"


def test_money_with_signs_of_two_currencies_is_not_added(landed_dir: Path, tmp_path: Path) -> None:
    header = META.replace(" (USD)", "")
    rows = "A,2026-01-05,$1.50,2,1\nB,2026-01-05,€2.50,2,1\nC,2026-01-05,4,2,1\n"
    said = land_one(landed_dir, tmp_path / "x.csv", f"{header}\n{rows}")
    assert "EUR and USD stand in cells: each row has the currency of its spend" in said
    told = f"select campaign_name, currency from {table(landed_dir, 'ad_reports')} order by 1"
    assert duckdb.sql(told).fetchall() == [("A", "USD"), ("B", "EUR"), ("C", None)]
    rates = PROJECT / "seeds" / "lookups" / "exchange_rates.csv"
    with pytest.raises(UserError, match="exchange rate"):
        land_files([tmp_path / "x.csv"], tmp_path / "other", rates=rates)
    # where the file tells its currency, signs do not
    land_one(landed_dir, tmp_path / "x.csv", f"{META}\n{rows}")
    assert {currency for _, currency in duckdb.sql(told).fetchall()} == {"USD"}


def test_a_total_over_a_breakdown_is_no_row(landed_dir: Path, tmp_path: Path) -> None:
    header = "Day,Campaign,Device,Currency code,Cost,Impr.,Clicks"
    rows = "2026-01-05,A,Computers,USD,1.5,2,1\n2026-01-05,A,Total,USD,1.5,2,1\n"
    assert "subtotal row" in land_one(landed_dir, tmp_path / "x.csv", f"{header}\n{rows}")
    assert figures(landed_dir)["spend"] == Decimal("1.5")


@pytest.mark.parametrize(
    ("cell", "spend", "currency"),
    [
        ("1,20,500.50", "120500.5", "INR"),
        ("₹1,20,500.50", "120500.5", "INR"),
        ("12,500.50", "12500.5", "INR"),
        ("Rs. 1,20,500", "120500", "INR"),
        ("Rp 1,500", "1500", "IDR"),
        ("1,120.50 kr", "1120.5", None),
        ("kr 50", "50", None),
        ("RM50.00", "50", "MYR"),
    ],
)
def test_amounts_as_other_countries_write_them(
    landed_dir: Path, tmp_path: Path, cell: str, spend: str, currency: str | None
) -> None:
    header = META if cell[0] == "1" and currency else META.replace(" (USD)", "")
    header = header.replace("USD", "INR")
    land_one(landed_dir, tmp_path / "x.csv", f'{header}\nA,2026-01-05,"{cell}",2,1\n')
    found = figures(landed_dir)
    assert (found["spend"], found.get("currency")) == (Decimal(spend), currency)


def test_groups_that_no_country_has_are_no_number(landed_dir: Path, tmp_path: Path) -> None:
    for cell in ("1,2,500", "1,20,50", "120,50,500", "0,20,500"):
        with pytest.raises(UserError, match="is not a number"):
            land_one(landed_dir, tmp_path / "x.csv", f'{META}\nA,2026-01-05,"{cell}",2,1\n')


def test_spend_in_two_currencies_side_by_side_is_refused(landed_dir: Path, tmp_path: Path) -> None:
    header = META.replace(",Impressions", ",Amount spent (EUR),Impressions")
    with pytest.raises(UserError, match=r"Amount spent \(USD\) and Amount spent \(EUR\)"):
        land_one(landed_dir, tmp_path / "x.csv", f"{header}\nA,2026-01-05,1,2,3,1\n")


def test_with_a_decimal_comma_the_day_comes_first(landed_dir: Path, tmp_path: Path) -> None:
    header = META.replace("Day", "Reporting starts,Reporting ends").replace(",", ";")
    for spend, last in (("1,5", "2026-02-07"), ("1.5", "2026-07-02")):
        row = f"A;01/02/2026;07/02/2026;{spend};2;1"
        land_one(landed_dir, tmp_path / "x.csv", f"{header}\n{row}\n")
        assert figures(landed_dir)["last"] == last
