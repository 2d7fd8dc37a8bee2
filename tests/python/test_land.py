"""Landing: each problem of real files, with a file that has it."""

import fcntl
import gzip
import os
import random
import subprocess
import sys
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from social_roi.errors import UserError
from social_roi.landing import land_files
from social_roi.landing import records as reading
from social_roi.landing.generations import part_of
from social_roi.landing.raw_tables import LANDED_FILES, LANDING_REJECTS, RAW_TABLES, SOURCE_COLUMNS

PUBLIC_FILE = Path(__file__).parents[3] / "shared" / "data" / "social_media_ad_optimization.csv"
KNOWN_EVENTS = "impression, click, view, conversion, refund"
NO_EVENT = f"event_type is unknown (line {{}}: 'jump'; known are {KNOWN_EVENTS})"
EVENTS = "event_id,user_id,occurred_at,event_type,ad_platform,revenue\n"
SPEND = "spend_date,ad_platform,campaign_id,spend,impressions\n"


@pytest.fixture
def landed_dir(tmp_path: Path) -> Path:
    return tmp_path / "landed"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def rows(landed_dir: Path, table: str, columns: str = "*") -> list[tuple]:
    files = sorted(map(str, (landed_dir.resolve() / "current" / table).glob("*.parquet")))
    con = duckdb.connect()
    con.execute(f"create view landed as from read_parquet({files})")
    order = "_source_file" if table == "landed_files" else "_source_file, _source_line"
    return con.execute(f"select {columns} from landed order by {order}").fetchall()


def land_one(landed_dir: Path, path: Path, content: bytes | str, **options: float) -> str:
    """Land one file; the line reported for it."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    lines: list[str] = []
    options.setdefault("max_rejected_share", 1)
    land_files([path], landed_dir, report=lines.append, **options)
    return lines[-1]


def events(*records: str) -> str:
    return EVENTS + "".join(record + "\n" for record in records)


def event(number: int, at: str = "2026-01-05 10:00:00", revenue: str = "") -> str:
    return f"e{number},u1,{at},click,Facebook,{revenue}"


# What a file is


def test_the_public_file_is_ad_interactions(landed_dir: Path) -> None:
    if not PUBLIC_FILE.exists():
        pytest.skip("the public file is not part of the repository (no licence stated)")
    lines: list[str] = []
    summary = land_files([PUBLIC_FILE], landed_dir, report=lines.append)
    assert lines == [f"{PUBLIC_FILE.name}: ad_interactions, 500 rows, 0 rejected"]
    assert (summary.rows, summary.rejected, summary.unusable) == (500, 0, 0)
    assert rows(landed_dir, "ad_interactions", "user_id, _source_line")[-1] == ("U0500", 501)


def test_all_nine_tables_are_there_and_typed_even_when_empty(landed_dir: Path, data: Path) -> None:
    land_one(landed_dir, data / "users.csv", "user_id,age\nu1,30\n")
    expected = {table: [c.name for c in columns] for table, columns in RAW_TABLES.items()}
    expected = {table: [*names, *SOURCE_COLUMNS] for table, names in expected.items()}
    expected |= {"landing_rejects": [*LANDING_REJECTS], "landed_files": [*LANDED_FILES]}
    counts = {"_source_line", "records", "landed_rows", "rejected_records"}
    for table, names in expected.items():
        files = str(landed_dir / "current" / table / "*.parquet")
        described = duckdb.sql(f"describe from '{files}'").fetchall()
        types = {name: "BIGINT" if name in counts else "VARCHAR" for name in names}
        assert {row[0]: row[1] for row in described} == types
    assert rows(landed_dir, "users")[0][:6] == ("u1", "30", None, None, None, "users.csv")


@pytest.mark.parametrize(
    ("header", "table"),
    [
        ("User ID,AGE,Device-Type", "users"),
        ("revenue,AD PLATFORM,Event_Type,occurred at,USER-ID,EventId", "ad_events"),
        ("Spend,Ad-Platform,Spend Date,Clicks,Impressions", "ad_spend"),
        ("clicks,impressions,conversion,ad_platform,ad_id,user_id", "ad_interactions"),
        ("\ufeffuser_id,age", "users"),
        ('"user_id","age"', "users"),
    ],
)
def test_a_table_is_recognised_in_any_order_case_and_spelling(
    landed_dir: Path, data: Path, header: str, table: str
) -> None:
    assert f": {table}, 0 rows" in land_one(landed_dir, data / "x.csv", header + "\n")
    assert "0 rows" in land_one(landed_dir, data / "x.csv", header)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "x.csv: the file is empty"),
        ("a,b\n1,2\n", "x.csv, line 1: found the columns a, b, expected those of one raw table"),
        (
            "event_id,user_id,event_type,ad_platform\n1,2,click,X\n",
            "x.csv, line 1: found the columns event_id, user_id, event_type, ad_platform; "
            "expected also occurred_at for ad_events",
        ),
        ("Report\n\nuser_id,age,AGE\n1,2,3\n", "x.csv, line 3: column age is there 2 times"),
        (b"PK\x03\x04zip", "x.csv: cannot be read as a workbook"),
        (b"PAR1 broken", "x.csv: cannot be read"),
        (gzip.compress(b"user_id,age\n1,2\n" * 99, mtime=0)[:-20], "x.csv: cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_stops_before_anything_is_replaced(
    landed_dir: Path, data: Path, content: str | bytes, message: str
) -> None:
    land_one(landed_dir, data / "good.csv", "user_id,age\nu1,30\n")
    before = rows(landed_dir, "users")
    with pytest.raises(UserError) as error:
        land_one(landed_dir, data / "x.csv", content)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
    assert rows(landed_dir, "users") == before
    assert len(list((landed_dir / "generations").iterdir())) == 1


def test_columns_of_two_tables_alike_are_refused(landed_dir: Path, data: Path) -> None:
    both = "event_id,user_id,occurred_at,event_type,ad_platform,spend_date,spend,impressions,clicks"
    with pytest.raises(UserError, match="fit ad_events and ad_spend alike"):
        land_one(landed_dir, data / "x.csv", both + "\n")


def test_unknown_columns_are_kept_out_and_named(landed_dir: Path, data: Path) -> None:
    line = land_one(landed_dir, data / "x.csv", "foo,user_id,bar baz,age\n1,u1,2,\n")
    assert line == "x.csv: users, 1 rows, 0 rejected; kept out: foo, bar baz"
    assert rows(landed_dir, "landed_files", "unknown_columns") == [("foo, bar baz",)]
    assert rows(landed_dir, "users", "user_id, age") == [("u1", None)]


def test_a_column_kept_out_that_looks_like_one_of_ours_is_named_with_it(
    landed_dir: Path, data: Path
) -> None:
    header = "event_id,user_id,occurred_at,event_type,ad_platform,device_type,device,value,extra"
    line = land_one(landed_dir, data / "x.csv", header + "\ne,u,2026-01-05,click,X,tv,pc,9,1\n")
    assert line.endswith(
        "; kept out: device, value, extra (value looks like revenue: rename, or say so in a"
        " mapping.yml)"
    )


def test_of_many_unknown_columns_a_line_names_some(landed_dir: Path, data: Path) -> None:
    header = ",".join(["user_id", "age", "x" * 300, *(f"c{number}" for number in range(5000))])
    line = land_one(landed_dir, data / "x.csv", header + "\n" + "u1,30" + ",1" * 5001 + "\n")
    assert line.endswith(", c37, c38 and 4,961 more") and len(line) < 500
    assert rows(landed_dir, "users", "user_id, age") == [("u1", "30")]


def test_text_without_latin_letters_is_read_in_utf_16_without_a_mark(
    landed_dir: Path, data: Path
) -> None:
    table = "user_id,age,location\n" + "u1,30,日本の東京の渋谷の交差点\n" * 40
    for encoding in ("utf-16-le", "utf-16-be"):
        land_one(landed_dir, data / "x.csv", table.encode(encoding))
        assert set(rows(landed_dir, "users", "age, location")) == {
            ("30", "日本の東京の渋谷の交差点")
        }


# How a file is written

TABLE = [("u1", "30", "Zürich"), ("u2", "31", "Ålesund")]
LINES = ["user_id,age,location", "u1,30,Zürich", "u2,31,Ålesund", ""]


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(LINES).encode("utf-8-sig"),
        "\r\n".join(LINES).encode(),
        "\r".join(LINES).encode(),
        "\n".join(LINES).encode("latin-1"),
        "\n".join(LINES).replace(",", ";").encode("cp1252"),
        "\r\n".join(LINES).replace(",", "\t").encode("utf-16"),
        b"\xfe\xff" + "\n".join(LINES).replace(",", "\t").encode("utf-16-be"),
        "\n".join(LINES).encode("utf-32"),
        "\n".join(LINES).replace(",", "|").encode(),
        ("sep=,\n" + "\n".join(LINES)).encode(),
        ('Users of "March\r\n\r\n' + "\r\n".join(LINES)).encode(),
        ("\n".join(LINES) + "\n\n\n").encode(),
        "\n\n".join(LINES).encode(),
        (LINES[0] + "\r\n" + "\n".join(LINES[1:])).encode(),
        gzip.compress("\n".join(LINES).encode(), mtime=0),
        gzip.compress("\r\n".join(LINES).replace(",", "\t").encode("utf-16"), mtime=0),
        ("\n".join(LINES[:3]) + "\n,,\n , ,\n").encode(),
        ("\n".join(LINES[:3]) + "\n  \n").encode(),
        ("\n".join(LINES[:3]) + "\nTotal,61,\n").encode(),
        ("\n".join(LINES[:3]) + '\n"Grand Total"\n').encode(),
    ],
)
def test_one_table_however_it_is_written(landed_dir: Path, data: Path, content: bytes) -> None:
    land_one(landed_dir, data / "x.csv", content, max_rejected_share=0)
    assert sorted(rows(landed_dir, "users", "user_id, age, location")) == TABLE


def test_source_line_is_the_row_a_spreadsheet_shows(landed_dir: Path, data: Path) -> None:
    head = "Report\n\n" + EVENTS
    ragged = head + event(1) + "\ne2,u1\n" + event(3) + "\ne4\n5,6\n" + event(6) + "\n"
    for content in (
        ragged,
        ragged.replace("e1", '"e\n1"'),
        ragged.replace("\n", "\r"),
        ragged.replace("e6", '"e"x').replace("\n5", '\n"e"5') + event(6) + "\n",
    ):
        land_one(landed_dir, data / "x.csv", content)
        lines = [line for (line,) in rows(landed_dir, "ad_events", "_source_line")]
        bad = [line for (line,) in rows(landed_dir, "landing_rejects", "_source_line")]
        assert sorted(lines) == ([4, 6, 10] if '"e"' in content else [4, 6, 9])
        assert sorted(bad) == ([5, 7, 8, 9] if '"e"' in content else [5, 7, 8])
    land_one(landed_dir, data / "x.csv", events(event(1), "", event(3), "e4", event(5)))
    assert [r[0] for r in rows(landed_dir, "ad_events", "_source_line")] == [2, 4, 6]
    assert rows(landed_dir, "landing_rejects", "_source_line") == [(5,)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("e2,u1,2026-01-05", "expected 6 fields, found 3"),
        ("e2,u1,2026-01-05,click,Facebook,1,2,3", "expected 6 fields, found more"),
        ('"e2"x,u1,2026-01-05,click,Facebook,1', "broken quotes"),
        ('"e2,u1,2026-01-05,click,Facebook,1', "broken quotes"),
        (b"e2\xff,u1\xc3\xa9,2026-01-05,click,Facebook\xc3\xa9,1", "invalid bytes"),
        ("Total,,,,,5", "total row"),
        ("Grand total,5", "total row"),
        (',,"Summary",,,', "total row"),
    ],
)
def test_a_record_that_is_no_row_is_kept_with_its_reason(
    landed_dir: Path, data: Path, record: str | bytes, reason: str
) -> None:
    raw = record if isinstance(record, bytes) else record.encode()
    content = events(event(1)).encode() + raw + b"\n" + event(3).encode() + b"\n"
    land_one(landed_dir, data / "x.csv", content)
    assert rows(landed_dir, "ad_events", "event_id, _source_line") == [("e1", 2), ("e3", 4)]
    columns = "raw_table, reason, _source_file, _source_line"
    assert rows(landed_dir, "landing_rejects", columns) == [("ad_events", reason, "x.csv", 3)]
    ((text,),) = rows(landed_dir, "landing_rejects", "record")
    if reason != "invalid bytes":
        assert text.strip(",") == raw.decode().strip(",").replace('"Summary"', "Summary")
    counts = "records, landed_rows, rejected_records"
    assert rows(landed_dir, "landed_files", counts) == [(3, 2, 1)]


def test_a_long_unreadable_record_is_cut_to_500_characters(landed_dir: Path, data: Path) -> None:
    land_one(landed_dir, data / "x.csv", events("é" * 3000))
    assert rows(landed_dir, "landing_rejects", "record") == [("é" * 500,)]


def test_a_user_named_total_with_other_keys_stays(landed_dir: Path, data: Path) -> None:
    land_one(landed_dir, data / "x.csv", events("Total,u1,2026-01-05,click,Facebook,"))
    assert rows(landed_dir, "ad_events", "event_id") == [("Total",)]


def test_text_is_kept_exactly(landed_dir: Path, data: Path) -> None:
    hostile = [
        "01820", "50e00", "9007199254740993", "=1+1", "+4", "-x", "@a", "null", "NaN", "1,5",
        'quo"te', "two\nlines", "two\r\nlines", "2026-01-05", "1.0", "日本", "#x", "a;b", "\\n",
    ]  # fmt: skip
    quoted = ['"' + text.replace('"', '""') + '"' for text in hostile]
    lines = "".join(f"{text},{text}\n" for text in quoted)
    land_one(landed_dir, data / "x.csv", "user_id,location\n" + lines)
    found = rows(landed_dir, "users", "user_id, location, _source_line")
    assert sorted(found, key=lambda row: row[2]) == [
        (text, text, line) for line, text in enumerate(hostile, 2)
    ]


def test_blanks_around_and_dashes_are_null(landed_dir: Path, data: Path) -> None:
    content = 'user_id,age,location\n" u1 "," --"," -- "\n\u00a0u2 ,N/A,null\nu3,NaN,\nu4,NULL,\t\n'
    land_one(landed_dir, data / "x.csv", content, max_rejected_share=0)
    assert sorted(rows(landed_dir, "users", "user_id, age, location")) == [
        ("u1", None, None),
        ("u2", None, "null"),
        ("u3", None, None),
        ("u4", None, None),
    ]


# Dates and numbers


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("2026-01-05", "2026-01-05 00:00:00"),
        ("2026-01-05T10:11:12Z", "2026-01-05 10:11:12"),
        ("2026-01-05T10:11:12+02:00", "2026-01-05 08:11:12"),
        ("2026-01-05 10:11:12 +0200", "2026-01-05 08:11:12"),
        ("2026-01-05 23:30:00-0700", "2026-01-06 06:30:00"),
        ("2026-01-05 10:11:12 UTC", "2026-01-05 10:11:12"),
        ("2026-01-05 10:11:12.5", "2026-01-05 10:11:12.500"),
        ("2026-01-05 10:11:12.000", "2026-01-05 10:11:12"),
        ("2026-01-05T10:11:12.123456789Z", "2026-01-05 10:11:12.123"),
        ("2026-01-05 10:11:12.000345", "2026-01-05 10:11:12"),
        ("1969-07-20 20:17:40.25", "1969-07-20 20:17:40.250"),
        ("1969-07-20 20:17:40.000001", "1969-07-20 20:17:40"),
        ("2026/1/5 9:05", "2026-01-05 09:05:00"),
        ("2026.01.05", "2026-01-05 00:00:00"),
        ("20260105", "2026-01-05 00:00:00"),
        ("1/25/2026 3:04 PM", "2026-01-25 15:04:00"),
        ("1/25/2026 12:04:05 am", "2026-01-25 00:04:05"),
        ("25.01.2026 03:04", "2026-01-25 03:04:00"),
        ("25/01/2026T03:04:05Z", "2026-01-25 03:04:05"),
        ("2026-02-30", "2026-02-30"),
        ("yesterday", "yesterday"),
        ("infinity", "infinity"),
        ("1-2-3", "1-2-3"),
        ("0000-00-00 00:00:00", "0000-00-00 00:00:00"),
        ("0000-01-01", "0000-01-01"),
        ("1/13/0000", "1/13/0000"),
        ("00000101", "00000101"),
        ("2026-01-05 24:00:00", "2026-01-05 24:00:00"),
        ("2026-01-05T24:00:00Z", "2026-01-05T24:00:00Z"),
        ("1/25/2026 24:00", "1/25/2026 24:00"),
        ("0001-01-01", "0001-01-01 00:00:00"),
    ],
)
def test_times_become_utc_text(landed_dir: Path, data: Path, written: str, canonical: str) -> None:
    # Also beside others, since formats are learned from all cells of a file.
    (data / "alone.csv").write_text(events(event(1, written)))
    (data / "plain.csv").write_text(events(event(1, written), event(2)))
    (data / "mixed.csv").write_text(events(event(1, written), event(2), event(3, "never")))
    land_files([data], landed_dir, max_rejected_share=1, report=lambda line: None)
    found = rows(landed_dir, "ad_events", "event_id, occurred_at")
    assert [at for event_id, at in found if event_id == "e1"] == [canonical] * 3


def test_a_spend_date_is_the_date_as_written(landed_dir: Path, data: Path) -> None:
    content = SPEND + "2026-01-05T00:30:00+02:00,X,c,1,2\n2026-01-06 00:00:00,X,c,1,2\n"
    land_one(landed_dir, data / "x.csv", content, max_rejected_share=0)
    assert rows(landed_dir, "ad_spend", "spend_date") == [("2026-01-05",), ("2026-01-06",)]
    land_one(landed_dir, data / "x.csv", SPEND + "25/1/2026,X,c,1,2\n")
    assert rows(landed_dir, "ad_spend", "spend_date") == [("2026-01-25",)]


@pytest.mark.parametrize(
    "written",
    ["0000-01-01", "0/0/0000", "1/1/0000", "00000101", "infinity", "T10", "2026-01-02 (BC)"],
)
def test_a_spend_date_that_is_no_day_is_refused_by_name(
    landed_dir: Path, data: Path, written: str
) -> None:
    for others in ("", "13/1/2026,X,c,1,2\n", "2026-01-05,X,c,1,2\n"):
        line = land_one(landed_dir, data / "x.csv", SPEND + f"{written},X,c,1,2\n{others}")
        assert f"1 rejected: 1 spend_date is not a date (line 2: '{written}')" in line
        assert rows(landed_dir, "ad_spend", "spend_date")[0] == (written,)


def test_each_file_has_its_own_date_order(landed_dir: Path, data: Path) -> None:
    files = {
        "mdy.csv": ["1/2/2026", "1/13/2026"],
        "dmy.csv": ["1-2-2026", "13-1-2026"],
        "slashes.csv": ["1/2/2026", "3/4/2026"],
        "dashes.csv": ["1-2-2026", "3-4-2026"],
        "iso.csv": ["2026-01-02"],
    }
    for name, dates in files.items():
        (data / name).write_text(SPEND + "".join(f"{day},X,c,1,2\n" for day in dates))
    lines: list[str] = []
    land_files([data], landed_dir, report=lines.append)
    found = rows(landed_dir, "ad_spend", "_source_file, spend_date")
    assert ("mdy.csv", "2026-01-02") in found and ("mdy.csv", "2026-01-13") in found
    assert ("dmy.csv", "2026-02-01") in found and ("dmy.csv", "2026-01-13") in found
    assert ("slashes.csv", "2026-01-02") in found and ("dashes.csv", "2026-02-01") in found
    warned = [line.split(":")[0] for line in lines if "dates can be read in two ways" in line]
    assert warned == ["dashes.csv", "slashes.csv"]
    orders = dict(rows(landed_dir, "landed_files", "_source_file, date_order"))
    assert orders == {
        "mdy.csv": "m-d-y",
        "dmy.csv": "d-m-y",
        "slashes.csv": "m-d-y",
        "dashes.csv": "d-m-y",
        "iso.csv": None,
    }


def write_days(folder: Path, name: str, days: list[str], header: str = SPEND) -> None:
    (folder / name).write_text(header + "".join(f"{day},X,c,1,2\n" for day in days))


def read_days(landed_dir: Path) -> dict[str, str]:
    return dict(rows(landed_dir, "ad_spend", "_source_file, spend_date"))


def test_dates_that_fit_both_orders_are_read_like_those_of_similar_files(
    landed_dir: Path, data: Path
) -> None:
    write_days(data, "day_03.csv", ["03/02/2026"])
    write_days(data, "day_14.csv", ["14/02/2026"])
    write_days(data, "other.csv", ["03/02/2026"], SPEND.replace("impressions", "note"))
    lines: list[str] = []
    land_files([data], landed_dir, report=lines.append)
    assert read_days(landed_dir) == {
        "day_03.csv": "2026-02-03",
        "day_14.csv": "2026-02-14",
        "other.csv": "2026-03-02",
    }
    told = dict(rows(landed_dir, "landed_files", "_source_file, warning"))
    assert told["day_03.csv"] == "dates can be read in two ways, taken as d-m-y like day_14.csv"
    assert told["other.csv"].startswith("dates can be read in two ways, taken as m-d-y: land it")
    assert "like day_14.csv" in lines[-1] and len(rows(landed_dir, "ad_spend")) == 3
    assert not land_files([data], landed_dir, report=lines.append).changed


def test_a_later_file_tells_the_order_of_one_that_is_landed_already(
    landed_dir: Path, data: Path
) -> None:
    write_days(data, "day_03.csv", ["03/02/2026"])
    land_files([data], landed_dir)
    assert read_days(landed_dir) == {"day_03.csv": "2026-03-02"}
    before = (landed_dir / "current").resolve()
    write_days(data, "day_14.csv", ["14/02/2026"])
    with pytest.raises(UserError, match=r"^day_03\.csv was landed as m-d-y.*day_14\.csv .*d-m-y"):
        land_files([data / "day_14.csv"], landed_dir, add=True)
    assert (landed_dir / "current").resolve() == before
    assert read_days(landed_dir) == {"day_03.csv": "2026-03-02"}
    land_files([data], landed_dir)
    assert read_days(landed_dir) == {"day_03.csv": "2026-02-03", "day_14.csv": "2026-02-14"}
    write_days(data, "day_05.csv", ["05/02/2026"])
    land_files([data / "day_05.csv"], landed_dir)
    assert read_days(landed_dir) == {"day_05.csv": "2026-02-05"}
    write_days(data, "day_06.csv", ["06/02/2026"])
    land_files([data / "day_06.csv"], landed_dir, add=True)
    assert read_days(landed_dir)["day_06.csv"] == "2026-02-06"


def test_files_that_an_earlier_version_landed_are_not_mixed_with_new_ones(
    landed_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(f"user_id,age\n{name},30\n")
    with monkeypatch.context() as patch:
        patch.setattr("social_roi.landing.land.FORMAT", 1)
        land_files([tmp_path / "a.csv"], landed_dir)
    with pytest.raises(UserError, match=r"a\.csv was landed by an earlier version"):
        land_files([tmp_path / "b.csv"], landed_dir, add=True)
    both = [tmp_path / "a.csv", tmp_path / "b.csv"]
    assert land_files(both, landed_dir, add=True).rows == 2


def test_similar_files_that_differ_in_their_order_tell_none_unless_one_has_the_same_name(
    landed_dir: Path, data: Path
) -> None:
    write_days(data, "meta_03.csv", ["03/02/2026"])
    write_days(data, "meta_14.csv", ["14/02/2026"])
    write_days(data, "google.csv", ["2/14/2026"])
    write_days(data, "bing.csv", ["03/02/2026"])
    lines: list[str] = []
    land_files([data], landed_dir, report=lines.append)
    assert read_days(landed_dir) == {
        "meta_03.csv": "2026-02-03",
        "meta_14.csv": "2026-02-14",
        "google.csv": "2026-02-14",
        "bing.csv": "2026-03-02",
    }
    assert [line.split(":")[0] for line in lines if ": land it beside" in line][-1:] == ["bing.csv"]


def test_a_date_against_the_order_of_its_file_is_left_for_staging(
    landed_dir: Path, data: Path
) -> None:
    days = ["13/1/2026", "14/1/2026", "1/15/2026"]
    content = SPEND + "".join(f"{day},X,c,1,2\n" for day in days)
    line = land_one(landed_dir, data / "x.csv", content)
    assert "1 rejected: 1 spend_date is not a date (line 4: '1/15/2026')" in line
    assert ("1/15/2026",) in rows(landed_dir, "ad_spend", "spend_date")


@pytest.mark.parametrize(
    ("delimiter", "written", "canonical"),
    [
        (",", ["1,234.56", "0.5"], ["1234.56", "0.5"]),
        (",", ["1.234,56", "12,5"], ["1234.56", "12.5"]),
        (";", ["12,5", "3"], ["12.5", "3"]),
        (";", ["1,234"], ["1.234"]),
        (",", ["1,234"], ["1234"]),
        (";", ["0.123", "1.234"], ["0.123", "1.234"]),
        (",", ["1 234,50", "1\u00a0234,50"], ["1234.50", "1234.50"]),
        (",", [".5", "5.", "+5", "-.5"], ["0.5", "5", "5", "-0.5"]),
        (",", ["1.5E+3", "1e-05"], ["1500", "0.00001"]),
        (",", ["12345678901234567890.12345678901"], ["12345678901234567890.12345678901"]),
        (",", ["12 EUR", "1,2,3", "--"], ["12 EUR", "1,2,3", None]),
    ],
)
def test_numbers_have_a_point_and_all_their_digits(
    landed_dir: Path, data: Path, delimiter: str, written: list[str], canonical: list[str]
) -> None:
    lines = [f'2026-01-05,X,c,"{number}",7' for number in written]
    content = (SPEND + "\n".join(lines)).replace(',"', '\x00"').replace('",', '"\x00')
    head, *tail = content.split("\n")
    tail = [
        delimiter.join(part if '"' in part else part.replace(",", delimiter) for part in parts)
        for parts in (line.split("\x00") for line in tail)
    ]
    land_one(landed_dir, data / "x.csv", "\n".join([head.replace(",", delimiter), *tail]))
    assert [spend for (spend,) in rows(landed_dir, "ad_spend", "spend")] == canonical


def test_whole_numbers_lose_a_fraction_of_zeros_only(landed_dir: Path, data: Path) -> None:
    written = ["3.0", '"1,234"', "3.5", "7", "x", "None"]
    land_one(landed_dir, data / "x.csv", "user_id,age\n" + "".join(f"u,{n}\n" for n in written))
    assert rows(landed_dir, "users", "age") == [
        ("3",), ("1234",), ("3.5",), ("7",), ("x",), (None,),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "landed", "warning"),
    [
        (["1201.0", "NULL", "", "7.00"], ["1201", "NULL", None, "7"], "every campaign_id"),
        (["1.2E+15", "1.25e+03"], ["1200000000000000", "1250"], "(2 such as 1.2E+15"),
        (["1.2E+15", "40.0", "nan"], ["1200000000000000", "40", "nan"], "(1 such as 1.2E+15"),
        (["1201.0", "1202"], ["1201.0", "1202"], "1 of 2 values of campaign_id"),
        (["1.2E+15", "spring"], ["1.2E+15", "spring"], "(1 such as 1.2E+15"),
        (["50e00", "1e5", "01820", "1.5", "v1.0", "10.0.0"], None, None),
        (["50e00"], None, None),
        (["1.50"], None, None),
    ],
)
def test_ids_that_a_spreadsheet_made_numbers_are_read_as_ids_where_all_of_a_column_are(
    landed_dir: Path, data: Path, written: list[str], landed: list[str] | None, warning: str | None
) -> None:
    content = SPEND + "".join(f"2026-01-0{day},X,{id},1,2\n" for day, id in enumerate(written, 1))
    line = land_one(landed_dir, data / "x.csv", content)
    found = [id for (id,) in rows(landed_dir, "ad_spend", "campaign_id")]
    assert found == (written if landed is None else landed)
    assert (warning or "x.csv") in line
    assert ("save ids as text" in line) == (warning is not None)
    told = rows(landed_dir, "landed_files", "warning")[0][0]
    assert told is None if warning is None else warning in told


def test_ids_are_told_to_be_numbers_by_all_blocks_of_a_file(
    landed_dir: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 200)
    ids = [f"{n}.0" for n in range(100)]
    lines = [f"2026-01-05,X,{id},1,2\n" for id in ids]
    land_one(landed_dir, data / "x.csv", SPEND + "".join(lines))
    assert rows(landed_dir, "ad_spend", "campaign_id") == [(f"{n}",) for n in range(100)]
    land_one(landed_dir, data / "x.csv", SPEND + "".join(lines) + "2026-01-05,X,brand,1,2\n")
    assert rows(landed_dir, "ad_spend", "campaign_id") == [(id,) for id in [*ids, "brand"]]


def test_parquet_of_any_types_becomes_canonical_text(landed_dir: Path, data: Path) -> None:
    table = pa.table(
        {
            "event_id": pa.array([2**60 + 1, 2**60 + 2]),
            "user_id": ["01", "=2"],
            "occurred_at": pa.array(
                [datetime(2026, 1, 5, 10, 0, 0, 250_000, UTC), None], pa.timestamp("us", "UTC")
            ),
            "event_type": ["click", "conversion"],
            "ad_platform": ["X", "X"],
            "revenue": pa.array([Decimal("1.50"), None], pa.decimal128(18, 2)),
            "extra": [True, False],
        }
    )
    pq.write_table(table, data / "x.parquet")
    lines: list[str] = []
    land_files([data], landed_dir, report=lines.append, max_rejected_share=1)
    columns = "event_id, user_id, occurred_at, revenue, _source_line"
    assert rows(landed_dir, "ad_events", columns) == [
        (str(2**60 + 1), "01", "2026-01-05 10:00:00.250", "1.50", 1),
        (str(2**60 + 2), "=2", None, None, 2),
    ]
    assert "1 occurred_at is not a time (line 2)" in lines[0] and "kept out: extra" in lines[0]
    spend = pa.table(
        {
            "spend_date": [date(2026, 1, 5)],
            "ad_platform": ["X"],
            "spend": [1e-05],
        }
    )
    pq.write_table(spend, data / "x.parquet")
    land_files([data], landed_dir, report=lines.append)
    assert rows(landed_dir, "ad_spend", "spend_date, spend") == [("2026-01-05", "0.00001")]
    pq.write_table(pa.table({"user_id": ["u1"], "age": [3.0]}), data / "x.parquet")
    land_files([data], landed_dir, report=lines.append)
    assert rows(landed_dir, "users", "age") == [("3",)]


# Which files, under which names


def test_a_folder_is_landed_with_names_below_it(landed_dir: Path, data: Path) -> None:
    (data / "sub é").mkdir()
    names = ["[x]*?.csv", 'it\'s "b".tsv', "sub é/ü b.CSV", "c.csv.gz"]
    for number, name in enumerate(names):
        content = f"user_id\tage\nu{number}\t1\n".encode()
        (data / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    (data / "xx.csv").write_text("user_id\nother\n")
    (data / "notes.txt").write_text("read me")
    (data / ".hidden.csv").write_text("a,b\n")
    lines: list[str] = []
    land_files([data], landed_dir, report=lines.append)
    found = rows(landed_dir, "users", "_source_file, user_id")
    expected = [(name, f"u{number}") for number, name in enumerate(names)]
    assert sorted(found) == sorted([*expected, ("xx.csv", "other")])
    assert "passed over notes.txt" in lines[0]


def test_only_the_first_of_many_files_passed_over_are_named(
    landed_dir: Path, tmp_path: Path
) -> None:
    for number in range(14):
        (tmp_path / f"note{number:02}.txt").write_text("read me")
    (tmp_path / "users.csv").write_text("user_id\nu1\n")
    lines: list[str] = []
    land_files([tmp_path], landed_dir, report=lines.append)
    assert "note09.txt and 4 more (not" in lines[0]


def test_odd_folder_names_work_for_the_landed_data(tmp_path: Path) -> None:
    odd = tmp_path / "a [b] *it's é"
    odd.mkdir()
    land_one(odd / "landed", odd / "x.csv", "user_id\nu1\n\nu2\ne,3\n" + event(1) + "\n")
    assert rows(odd / "landed", "users", "user_id") == [("u1",), ("u2",)]


def test_the_data_folder_may_be_read_only(landed_dir: Path, data: Path) -> None:
    (data / "x.csv.gz").write_bytes(gzip.compress(b"user_id\nu1\n"))
    (data / "y.csv").write_bytes("user_id\nu1\n".encode("utf-16"))
    before = sorted(data.iterdir())
    data.chmod(0o555)
    land_files([data], landed_dir, report=lambda line: None)
    assert sorted(data.iterdir()) == before


def test_two_inputs_of_the_same_name_are_refused(landed_dir: Path, data: Path) -> None:
    for folder in ("a", "b"):
        (data / folder).mkdir()
        (data / folder / "x.csv").write_text("user_id\nu1\n")
    with pytest.raises(UserError, match=r"a/x\.csv and .*b/x\.csv would both be landed as x\.csv"):
        land_files([data / "a", data / "b"], landed_dir)
    with pytest.raises(UserError, match="given twice"):
        land_files([data, data / "a" / "x.csv"], landed_dir)
    land_files([data / "a", data / "a" / "x.csv"], landed_dir)
    assert rows(landed_dir, "users", "user_id") == [("u1",)]


@pytest.mark.parametrize("name", ["missing.csv", ""])
def test_a_path_without_files_is_refused(landed_dir: Path, data: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"No such file|no files to land"):
        land_files([data / name], landed_dir)


FILE_LIMIT = 40_000
LAND_WITH_LITTLE_ROOM = f"""
import resource, sys
sys.dont_write_bytecode = True  # a module cut off at the limit would be cached as whole
from social_roi.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, ({FILE_LIMIT}, {FILE_LIMIT}))
sys.exit(main(["land", sys.argv[1], "--max-rejected-share", "1"]))
"""


@pytest.mark.parametrize("kind", ["rows", "unpacked", "recoded", "rejects"])
def test_a_full_disk_is_reported_in_one_line_and_the_former_data_stay(
    tmp_path: Path, data: Path, kind: str
) -> None:
    """The system refuses files beyond a size, as it refuses them when the disk is full."""
    landed_dir = tmp_path / "build" / "landed"
    land_one(landed_dir, data / "x.csv", "user_id\nformer\n")
    draw = random.Random(1)
    more = ",more" if kind == "rejects" else ""
    lines = (f"{draw.getrandbits(256):x}{more}" for _ in range(3000))
    text = "\n".join(["user_id", *lines])
    content = {"unpacked": gzip.compress(text.encode()), "recoded": text.encode("utf-16")}
    (data / "x.csv").write_bytes(content.get(kind, text.encode()))
    run = subprocess.run(
        [sys.executable, "-c", LAND_WITH_LITTLE_ROOM, str(data)],
        env=os.environ | {"SOCIAL_ROI_BUILD": str(tmp_path / "build")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2, run.stderr
    assert run.stderr.count("\n") == 1
    assert f"{landed_dir}: cannot be written (" in run.stderr and "File too large" in run.stderr
    assert rows(landed_dir, "users", "user_id") == [("former",)]
    assert len(list((landed_dir / "generations").iterdir())) == 1


def test_a_numbered_download_lands_after_the_report_it_restates(
    landed_dir: Path, data: Path
) -> None:
    reports = ["a (10).csv", "a (2).csv", "a(1).csv", "a.csv", "b - Copy.csv", "b.csv", "c (1).csv"]
    reports += ["e - Kopie.csv", "e.csv", "eのコピー2.csv"]
    for name in reports:
        (data / name).write_text(SPEND + "2026-01-05,X,c,1,2\n")
    (data / "c.csv").write_text("user_id\nu1\n")
    (data / "sub").mkdir()
    (data / "sub" / "a (3).csv").write_text(SPEND + "2026-01-05,X,c,1,2\n")
    lines: list[str] = []
    land_files([data], landed_dir, report=lines.append)
    order = "select _source_file from landed order by _loaded_at, _source_file"
    files = str(landed_dir / "current" / "ad_spend" / "*.parquet")
    found = [name for (name,) in duckdb.sql(order.replace("landed", f"'{files}'", 1)).fetchall()]
    places = {name: found.index(name) for name in found}
    assert places["a.csv"] < places["a(1).csv"] < places["a (2).csv"] < places["a (10).csv"]
    assert places["b.csv"] < places["b - Copy.csv"]
    told = dict(rows(landed_dir, "landed_files", "_source_file, warning"))
    downloads = {
        name: text.split(": ")[0].removeprefix("taken as a later download of ")
        for name, text in told.items()
        if text
    }
    # c.csv is another report, and in another folder there is none that it could restate
    assert downloads == {
        "a(1).csv": "a.csv",
        "a (2).csv": "a(1).csv",
        "a (10).csv": "a (2).csv",
        "b - Copy.csv": "b.csv",
        "e - Kopie.csv": "e.csv",
        "eのコピー2.csv": "e - Kopie.csv",
    }
    assert any("a(1).csv: ad_spend" in line and "download of a.csv" in line for line in lines)
    assert not land_files([data], landed_dir, report=lines.append).changed
    (data / "d.csv").write_text("user_id\nu1\n")
    land_files([data / "d.csv"], landed_dir, add=True, report=lines.append)
    latest = "select max(_loaded_at) from '{}'"
    last = duckdb.sql(latest.format(files)).fetchall()
    users = str(landed_dir / "current" / "users" / "*.parquet")
    assert duckdb.sql(latest.format(users)).fetchall() > last


# One generation after the other


def test_landing_replaces_and_add_keeps(landed_dir: Path, data: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (data / name).write_text(f"user_id\n{name}\n")
    land_files([data / "a.csv"], landed_dir)
    land_files([data / "b.csv"], landed_dir, add=True)
    assert rows(landed_dir, "users", "user_id") == [("a.csv",), ("b.csv",)]
    (data / "a.csv").write_text("user_id\nnew\n")
    land_files([data / "a.csv"], landed_dir, add=True)
    assert rows(landed_dir, "users", "user_id") == [("new",), ("b.csv",)]
    land_files([data / "b.csv"], landed_dir)
    assert rows(landed_dir, "users", "user_id") == [("b.csv",)]


def test_a_file_put_beside_others_takes_no_days_away_from_one_of_its_name(
    landed_dir: Path, data: Path
) -> None:
    file = data / "spend.csv"
    write_days(data, "spend.csv", ["2026-02-28", "2026-03-01"])
    land_files([file], landed_dir)
    write_days(data, "spend.csv", ["2026-03-01", "2026-03-02"])
    lacks = r"^spend\.csv: .* lacks \(2026-02-28, 1 rows\); nothing was replaced: .* another name"
    with pytest.raises(UserError, match=lacks):
        land_files([file], landed_dir, add=True)
    days = rows(landed_dir, "ad_spend", "cast(spend_date as varchar)")
    assert days == [("2026-02-28",), ("2026-03-01",)]
    # on AWS the former parts are empty files
    former = part_of((landed_dir / "current").resolve(), "ad_spend", "spend.csv")
    content = former.read_bytes()
    former.write_bytes(b"")
    with pytest.raises(UserError, match=lacks):
        land_files([file], landed_dir, add=True, fill=lambda part: part.write_bytes(content))
    former.write_bytes(content)
    lines: list[str] = []
    write_days(data, "spend.csv", ["2026-02-28", "2026-03-01", "2026-03-02"])
    land_files([file], landed_dir, add=True, report=lines.append)
    assert len(rows(landed_dir, "ad_spend", "spend_date")) == 3
    assert not any("later download" in line for line in lines)
    # without add the landed data are to be exactly these files
    write_days(data, "spend.csv", ["2026-03-02"])
    land_files([file], landed_dir)
    assert len(rows(landed_dir, "ad_spend", "spend_date")) == 1
    assert len(list((landed_dir / "generations").iterdir())) == 1


def test_several_currencies_without_an_exchange_rate_replace_nothing(
    landed_dir: Path, data: Path
) -> None:
    bill = (
        "spend_date,ad_platform,spend,currency\n2026-01-0{},Meta,1.50,{}\n2026-01-03,Meta,1,nan\n"
    )
    for day, currency in ((1, "eur "), (2, "USD")):
        (data / f"{currency.strip()}.csv").write_text(bill.format(day, currency))
    rates = data.parent / "exchange_rates.csv"
    rates.write_text("currency,rate\n")
    land_files([data / "USD.csv"], landed_dir, rates=rates)
    told = r"EUR \(eur.csv\), USD \(USD.csv\), .*exchange_rates.csv; nothing was replaced"
    with pytest.raises(UserError, match=told):
        land_files([data], landed_dir, rates=rates)
    with pytest.raises(UserError, match=told):
        land_files([data / "eur.csv"], landed_dir, rates=rates, add=True)
    assert rows(landed_dir, "ad_spend", "currency")[0] == ("USD",)
    rates.write_text("currency,rate\nEUR,1.1\n")
    land_files([data], landed_dir, rates=rates)
    assert len(rows(landed_dir, "ad_spend")) == 4


def test_landing_the_same_files_twice_changes_nothing(landed_dir: Path, data: Path) -> None:
    (data / "a.csv").write_text("user_id\nu1\nu2,2\n" + "u3\n" * 30)
    (data / "b.csv").write_text("user_id\nu9\n")
    land_files([data], landed_dir)
    link, before = (landed_dir / "current").readlink(), rows(landed_dir, "users")
    lines: list[str] = []
    assert not land_files([data], landed_dir, report=lines.append).changed
    assert "nothing changed" in lines[-1]
    assert (landed_dir / "current").readlink() == link
    (data / "b.csv").write_text("user_id\nu8\n")
    assert land_files([data], landed_dir).changed
    after = rows(landed_dir, "users")
    assert [r for r in after if r[5] == "a.csv"] == [r for r in before if r[5] == "a.csv"]
    assert [r[0] for r in after if r[5] == "b.csv"] == ["u8"]
    assert len(rows(landed_dir, "landing_rejects")) == 1
    assert len(rows(landed_dir, "landed_files")) == 2


def test_a_second_landing_at_the_same_time_is_refused(landed_dir: Path, data: Path) -> None:
    land_one(landed_dir, data / "x.csv", "user_id\nu1\n")
    with (landed_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another landing is running"):
            land_one(landed_dir, data / "x.csv", "user_id\nu2\n")
    assert rows(landed_dir, "users", "user_id") == [("u1",)]


def test_a_clock_set_back_does_not_make_new_rows_old(
    landed_dir: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return cls(2001, 1, 1, tzinfo=tz)

    land_one(landed_dir, data / "a.csv", "user_id\nu1\n")
    monkeypatch.setattr("social_roi.landing.land.datetime", Earlier)
    (data / "b.csv").write_text("user_id\nu2\n")
    land_files([data], landed_dir)
    times = dict(rows(landed_dir, "users", "user_id, _loaded_at"))
    assert times["u1"] < times["u2"]


def test_leftovers_of_a_killed_landing_are_cleaned(landed_dir: Path, data: Path) -> None:
    (landed_dir / "generations" / "20200101T000000" / "users").mkdir(parents=True)
    (landed_dir / ".current.new").symlink_to("nowhere")
    land_one(landed_dir, data / "x.csv", "user_id\nu1\n")
    assert [path.name for path in (landed_dir / "generations").iterdir()] == [
        (landed_dir / "current").resolve().name
    ]
    assert sorted(path.name for path in landed_dir.iterdir()) == [
        ".lock",
        "current",
        "generations",
    ]


# When too much is unusable


def test_too_many_unusable_records_stop_the_landing(landed_dir: Path, data: Path) -> None:
    good, bad = [event(n) for n in range(18)], ["e,u", event(98, "never"), event(99, "never")]
    content = events(*good, *bad)
    with pytest.raises(UserError) as error:
        land_one(landed_dir, data / "x.csv", content, max_rejected_share=0.14)
    message = str(error.value)
    reasons = (
        "2 occurred_at is not a time (line 21: 'never'), "
        "1 expected 6 fields, found 2 (line 20: 'e,u')"
    )
    assert message == (
        f"x.csv: 3 of 21 records cannot be used (14.3%, at most 14.0% allowed): {reasons}; "
        "nothing was replaced: correct the file or allow more with --max-rejected-share"
    )
    assert not (landed_dir / "current").exists()
    line = land_one(landed_dir, data / "x.csv", content, max_rejected_share=0.15)
    assert line == f"x.csv: ad_events, 20 rows, 3 rejected: {reasons}"


def test_rare_reasons_are_counted_together(landed_dir: Path, data: Path) -> None:
    bad = [*[",u,,,,"] * 3, *["e,,,,,"] * 2, "e,u,never,,,", "e,u,2026-01-05,jump,X,", "e,u"]
    line = land_one(landed_dir, data / "x.csv", events(*bad))
    assert line == (
        "x.csv: ad_events, 7 rows, 8 rejected: 3 event_id is missing (line 2), "
        f"2 user_id is missing (line 5), 1 {NO_EVENT.format(8)}, "
        "2 for other reasons"
    )


def test_what_no_model_uses_never_refuses_a_file(landed_dir: Path, data: Path) -> None:
    (data / "spend.csv").write_text(SPEND + "2026-01-05,X,c,1.5,many\n" * 30)
    header = [column.name for column in RAW_TABLES["ad_interactions"][:16]]
    row = "u1,30,F,CH,Art,a1,Art,X,Image,3,1,0,1.5,Friday,Mobile,high\n"
    (data / "interactions.csv").write_text(",".join(header) + "\n" + row * 30)
    assert land_files([data], landed_dir, max_rejected_share=0).unusable == 0
    assert set(rows(landed_dir, "ad_spend", "impressions")) == {("many",)}
    assert set(rows(landed_dir, "ad_interactions", "engagement_score")) == {("high",)}


def test_a_small_bad_file_beside_a_large_good_one_passes(landed_dir: Path, data: Path) -> None:
    (data / "large.csv").write_text(events(*[event(n) for n in range(100)]))
    (data / "small.csv").write_text(events("e1", event(2)))
    land_files([data], landed_dir)
    (data / "small.csv").write_text(events(*["e1"] * 4, event(2)))
    land_files([data], landed_dir)
    (data / "small.csv").write_text(events(*["e1"] * 6, event(2)))
    with pytest.raises(UserError, match=r"^6 of 107 records of all files .*in small\.csv: 6"):
        land_files([data], landed_dir)


@pytest.mark.parametrize("records", [1, 6, 12])
def test_a_small_file_of_which_no_row_can_be_used_stops_the_landing(
    landed_dir: Path, data: Path, records: int
) -> None:
    (data / "large.csv").write_text(events(*[event(n) for n in range(2000)]))
    orders = [f"k{n},u1,2026-01-05,conversion,,$50.00" for n in range(records)]
    (data / "orders.csv").write_text(events(*orders) + "Total,,,,,$600.00\n")
    with pytest.raises(UserError, match=rf"^orders\.csv: {records} of {records} records cannot"):
        land_files([data], landed_dir)
    assert not (landed_dir / "current").exists()
    land_files([data], landed_dir, max_rejected_share=1)
    (data / "orders.csv").write_text(events(*orders, event(1)))
    land_files([data], landed_dir)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",u1,2026-01-05,click,X,", "event_id is missing (line 2)"),
        (r"\N,u1,2026-01-05,click,X,", r"event_id is missing (line 2: '\\N')"),
        ("e1,Undefined,2026-01-05,click,X,", "user_id is missing (line 2: 'Undefined')"),
        ("e1,u1,2026-01-05,click,(not set),", "ad_platform is missing (line 2: '(not set)')"),
        ("e1,u1,2026-01-05,None,X,", "event_type is missing (line 2: 'None')"),
        ("e1,u1,2026-01-05,click,,", "ad_platform is missing (line 2)"),
        (
            "e1,u1,2026-01-05,jump,X,",
            NO_EVENT.format(2),
        ),
        ("e1,u1,2026-01-05,click,X,-1", "revenue is negative (line 2: '-1')"),
        ("e1,u1,2026-01-05,click,X,one", "revenue is not a number (line 2: 'one')"),
        ("e1,u1,,click,X,1", "occurred_at is not a time (line 2)"),
    ],
)
def test_rows_that_staging_will_reject_are_counted_and_kept(
    landed_dir: Path, data: Path, row: str, reason: str
) -> None:
    line = land_one(landed_dir, data / "x.csv", events(row, "e2,u1,2026-01-05,Conversion,,1"))
    assert line == f"x.csv: ad_events, 2 rows, 1 rejected: 1 {reason}"


def test_ragged_records_of_many_blocks_all_land_or_are_rejected(
    landed_dir: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Across the borders of many blocks, with and without quotes."""
    monkeypatch.setattr(reading, "BLOCK_BYTES", 4096)
    for quote in ("", '"'):
        records, ragged = [], []
        for number in range(5000):
            if number % 7 == 3:
                ragged.append(number + 2)
                records.append(f"e{number},{quote}u{'x' * (number % 50)}{quote}")
            else:
                records.append(
                    f"e{number},{quote}u\n{quote},2026-01-05,click,X,1"
                    if quote
                    else f"e{number},u,2026-01-05,click,X,1"
                )
        land_one(landed_dir, data / "x.csv", events(*records))
        found = rows(landed_dir, "ad_events", "event_id, _source_line")
        assert sorted(found) == sorted((f"e{n}", n + 2) for n in range(5000) if n % 7 != 3)
        bad = rows(landed_dir, "landing_rejects", "_source_line")
        assert sorted(line for (line,) in bad) == ragged
