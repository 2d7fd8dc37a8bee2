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
