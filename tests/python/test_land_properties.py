"""Landing against an independent reader: Python's csv module, on hostile random tables."""

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from social_roi.landing import land, land_files
from social_roi.landing import records as reading
from social_roi.landing import rows as writing
from social_roi.landing.formats import MACROS, Formats, canonical_text, iso_times

COLUMNS = ["user_id", "gender", "location"]
LANDING = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

fragments = st.sampled_from(
    ['"', '""', "\n", "\r\n", "\r", ",", ";", "\t", "|", "'", " ", "é", "日", "😀", "=cmd", "+1",
     "-", "--", "@x", "007", "50e00", "1e3", "null", "#", "\\", "x" * 200, "1,5", "NaN", "\u00a0"]
)  # fmt: skip
cells = st.lists(fragments, max_size=6).map("".join)
# A key at the front, so that no row is blank, and no total row either.
rows_of_text = st.lists(st.tuples(st.integers(0, 2**70), cells, cells), max_size=12).map(
    lambda table: [(f"k{key}", *texts) for key, *texts in table]
)
# Python quotes only the characters of its own line end, so the shortest quoting goes with CRLF.
dialects = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "lineterminator": st.sampled_from(["\n", "\r\n", "\r"]),
        "quoting": st.just(csv.QUOTE_ALL),
    }
) | st.fixed_dictionaries({"delimiter": st.sampled_from(",;\t|")})


encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])


def write(rows: list[tuple], dialect: dict, header: list[str] = COLUMNS) -> str:
    text = io.StringIO()
    csv.writer(text, **dialect).writerows([header, *rows])
    return text.getvalue()


def landed_value(text: str) -> str | None:
    """The rule for text: blanks around go, nothing and `--` are null."""
    text = text.strip(reading.BLANKS)
    return None if text in ("", "--") else text


def ragged_reason(record: list[str]) -> str:
    return f"expected 3 fields, found {'more' if len(record) > 3 else len(record)}"


def read(landed_dir: Path, table: str, columns: str) -> list[tuple]:
    files = f"{landed_dir}/current/{table}/*.parquet"
    return duckdb.sql(f"select {columns} from '{files}' order by _source_line").fetchall()


def land_text(folder: str, text: str, encoding: str = "utf-8") -> Path:
    source, landed_dir = Path(folder) / "x.csv", Path(folder) / "landed"
    source.write_bytes(text.encode(encoding))
    land_files([source], landed_dir, max_rejected_share=1, report=lambda line: None)
    return landed_dir


@LANDING
@given(rows_of_text, dialects, encodings)
@example([("k1", "a\r\nb", 'c"d'), ("k2", "\r", "\n")], {"lineterminator": "\r\n"}, "utf-8")
@example([("k1", "日", "\n\n")], {"quoting": csv.QUOTE_ALL}, "utf-16")
def test_any_table_in_any_dialect_lands_exactly(
    rows: list[tuple], dialect: dict, encoding: str
) -> None:
    with TemporaryDirectory() as folder:
        landed_dir = land_text(folder, write(rows, dialect), encoding)
        found = read(landed_dir, "users", "user_id, gender, location, _source_line")
        rejects = read(landed_dir, "landing_rejects", "*")
    assert found == [(*map(landed_value, row), line) for line, row in enumerate(rows, start=2)]
    assert rejects == []


@LANDING
@given(rows_of_text, dialects, st.permutations(COLUMNS))
def test_the_order_of_the_columns_makes_no_difference(
    rows: list[tuple], dialect: dict, order: list[str]
) -> None:
    shuffled = [tuple(row[COLUMNS.index(name)] for name in order) for row in rows]
    with TemporaryDirectory() as folder, TemporaryDirectory() as other:
        columns = "* exclude (_loaded_at)"
        one = read(land_text(folder, write(rows, dialect)), "users", columns)
        two = read(land_text(other, write(shuffled, dialect, order)), "users", columns)
    assert one == two


ragged_rows = st.lists(
    st.tuples(st.integers(0, 999), st.lists(cells, max_size=5)).map(
        lambda row: [f"k{row[0]}", *row[1]]
    ),
    max_size=25,
)


@LANDING
@given(
    ragged_rows,
    dialects,
    st.sampled_from([1, 7, 64, reading.BLOCK_BYTES]),
)
def test_every_record_is_landed_or_rejected_at_its_line(
    monkeypatch: pytest.MonkeyPatch, rows: list[list[str]], dialect: dict, block: int
) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", block)
    text = write(rows, dialect)
    with TemporaryDirectory() as folder:
        landed_dir = land_text(folder, text)
        found = read(landed_dir, "users", "_source_line, user_id, gender, location")
        rejects = read(landed_dir, "landing_rejects", "_source_line, reason")
    records = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.get("delimiter", ","))
    expected, ragged = [], []
    for line, record in enumerate(records, start=1):
        while len(record) > 3 and not record[-1]:
            record.pop()
        if len(record) == 3:
            expected.append((line, *map(landed_value, record)))
        else:
            ragged.append((line, ragged_reason(record)))
    assert found == expected[1:]
    assert rejects == ragged


@LANDING
@given(st.lists(fragments, max_size=60).map("".join), encodings)
def test_no_text_breaks_landing_or_loses_a_line_without_quotes(text: str, encoding: str) -> None:
    text = text.replace('"', "").replace("\r", "\n")
    with TemporaryDirectory() as folder:
        landed_dir = land_text(folder, "user_id,gender,location\n" + text, encoding)
        lines = read(landed_dir, "users", "_source_line")
        lines += read(landed_dir, "landing_rejects", "_source_line")
    filled = [
        number
        for number, line in enumerate(text.split("\n"), start=2)
        if line.replace(",", "").strip(reading.BLANKS)
    ]
    nothing = reading.BLANKS + ","
    blank = {n for n, line in enumerate(text.split("\n"), 2) if not line.strip(nothing)}
    assert [n for n in sorted(line for (line,) in lines) if n not in blank] == filled


@LANDING
@given(st.binary(max_size=400))
def test_any_bytes_land_or_are_refused_in_one_line(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        source = Path(folder) / "x.csv"
        source.write_bytes(b"user_id,gender,location\n" + content)
        summary = land_files([source], Path(folder) / "landed", max_rejected_share=1)
        found = read(Path(folder) / "landed", "users", "_source_line")
        found += read(Path(folder) / "landed", "landing_rejects", "_source_line")
    assert len(found) == summary.rows + summary.rejected == len(set(found))


@LANDING
@given(rows_of_text, st.integers(0, 30))
def test_an_interrupted_landing_leaves_the_former_data(
    monkeypatch: pytest.MonkeyPatch, rows: list[tuple], step: int
) -> None:
    """Power fails at a random step: a query, a link, the swap."""
    calls = 0

    def failing(work: Callable) -> Callable:
        def run(*arguments: object, **options: object) -> object:
            nonlocal calls
            calls += 1
            if calls > step:
                raise KeyboardInterrupt
            return work(*arguments, **options)

        return run

    with TemporaryDirectory() as folder:
        landed_dir = land_text(folder, write([("former", "", "")], {}))
        (Path(folder) / "x.csv").write_text(write([*rows, ("new", "", "")], {}), "utf-8")
        before = read(landed_dir, "users", "*")
        with monkeypatch.context() as patch:
            for module, name in (
                (land, "copy_rows"),
                (land, "_digest"),
                (land, "fetch"),
                (reading, "well_formed_part"),
                (writing, "choose_formats"),
                (writing, "reader_of"),
                (land, "unusable_records"),
                (land, "check_share"),
                (land, "point_current_at"),
            ):
                patch.setattr(module, name, failing(getattr(module, name)))
            try:
                land_files([Path(folder) / "x.csv"], landed_dir, report=lambda line: None)
                whole = True
            except KeyboardInterrupt:
                whole = False
        after = read(landed_dir, "users", "*")
        assert (after == before) != whole
        land_files([Path(folder) / "x.csv"], landed_dir, report=lambda line: None)
        assert read(landed_dir, "users", "user_id")[-1] == ("new",)
        assert len(list((landed_dir / "generations").iterdir())) == 1


def landed(folder: Path, content: bytes) -> list[list[tuple]]:
    """All output of landing a file, except the time."""
    folder.mkdir()
    (folder / "x.csv").write_bytes(content)
    land_files(
        [folder / "x.csv"], folder / "landed", max_rejected_share=1, report=lambda line: None
    )
    tables = sorted(path for path in (folder / "landed" / "current").iterdir() if path.is_dir())
    query = "select * exclude (_loaded_at) from '{}/*.parquet' order by all"
    return [duckdb.sql(query.format(table)).fetchall() for table in tables]


@LANDING
@given(st.lists(fragments, max_size=80).map("".join), st.sampled_from([1, 7, 64, 1 << 20]))
@example('k1,"a""b",\r\nk2,"""",x\r\n\r\nk3\nk4,"c\n\nd",e,f\n', 7)
@example('k1,a"b,c\nk2,"d"e,f\nk3,"g\n', 1 << 20)
@example('k1,a"b,x\nk2,c",d\nk3,e,f\nk4,g,h\nk5,i,j\n', 20)
def test_the_fast_reader_gives_what_the_exact_one_gives(
    monkeypatch: pytest.MonkeyPatch, text: str, block: int
) -> None:
    content = ("user_id,gender,location\n" + text).encode()
    with TemporaryDirectory() as folder, monkeypatch.context() as patch:
        patch.setattr(reading, "BLOCK_BYTES", block)
        fast = landed(Path(folder) / "fast", content)
        patch.setattr(reading, "well_formed_part", lambda chunk, delimiter: (0, 0))
        assert fast == landed(Path(folder) / "exact", content)


values = st.sampled_from(
    [
        "1.5",
        "1,5",
        "1,234",
        "1.234",
        "1.234.567",
        "1,234.5",
        "-2",
        "+3",
        ".5",
        "1e3",
        "N/A",
        "x",
        "",
    ]
)
dates = st.sampled_from(
    ["2026-01-05", "2026-01-05T10:11:12Z", "2026-01-05 10:11:12", "2026-02-30 10:11:12",
     "2026/1/5 9:05", "1/2/2026", "13/1/2026", "1/13/2026", "1-2-2026", "never", "null", ""]
)  # fmt: skip
many_alike = st.lists(st.tuples(dates, values, st.integers(1, 15)), max_size=4).map(
    lambda runs: [(date, value) for date, value, times in runs for _ in range(times)]
)


@LANDING
@given(many_alike, st.sampled_from(",;"))
@example([("2026-01-05", "1.5")] * 40 + [("13/1/2026", "1.234.567")] * 60, ",")
def test_formats_are_those_of_the_whole_file_in_however_many_blocks_it_is_read(
    monkeypatch: pytest.MonkeyPatch, cells: list[tuple], delimiter: str
) -> None:
    header = ["spend_date", "ad_platform", "spend"]
    table = [(date, "X", value) for date, value in cells]
    content = write(table, {"delimiter": delimiter}, header).encode()
    with TemporaryDirectory() as folder, monkeypatch.context() as patch:
        whole = landed(Path(folder) / "whole", content)
        patch.setattr(reading, "BLOCK_BYTES", 300)
        assert whole == landed(Path(folder) / "blocks", content)


nearly_iso = st.tuples(
    *map(
        st.sampled_from,
        (
            ["2026", "2024", "0000", "0001", "9999", "+202"],
            ["-", "/"],
            ["02", "12", "13", "00", "1-"],
            ["-"],
            ["29", "31", "01", "00"],
            ["T", " ", "t"],
            ["00", "23", "24"],
            [":", "+"],
            ["59", "60", "0Z"],
            [":"],
            ["00", "60", "1Z"],
            ["Z", "", "z", "+"],
        ),
    )
).map("".join)
plain_iso = st.datetimes().map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0"))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(plain_iso | st.none(), min_size=1) | st.lists(nearly_iso, min_size=1, max_size=2),
    st.sampled_from([None, "y-m-d", "m-d-y", "d-m-y"]),
)
@example(["0000-02-01T00:00:00Z"], None)
def test_times_read_the_short_way_are_those_read_the_long_way(
    texts: list[str | None], date_order: str | None
) -> None:
    table = pa.table({"cell": pa.array(texts, pa.string())})
    short = iso_times(table["cell"])
    if short is not None:
        formats = Formats(".", date_order, [])
        with duckdb.connect() as con:
            con.execute(f"set TimeZone = 'UTC'; {MACROS}")
            con.register("texts", table)
            long = con.sql(f"select {canonical_text('cell', 'timestamp', formats)} from texts")
            assert short.to_pylist() == [text for (text,) in long.fetchall()]


def test_the_short_way_is_taken_for_the_times_that_exports_hold() -> None:
    for text in ("2026-01-05T10:11:12Z", "2026-01-05 10:11:12"):
        times = iso_times(pa.chunked_array([[text, None]]))
        assert times is not None and times.to_pylist() == ["2026-01-05 10:11:12", None]


@LANDING
@given(rows_of_text, dialects)
def test_landing_twice_is_landing_once(rows: list[tuple], dialect: dict) -> None:
    with TemporaryDirectory() as folder:
        landed_dir = land_text(folder, write(rows, dialect))
        generation, once = (landed_dir / "current").readlink(), read(landed_dir, "users", "*")
        land_text(folder, write(rows, dialect))
        assert (landed_dir / "current").readlink() == generation
        assert read(landed_dir, "users", "*") == once


@pytest.mark.parametrize("seed", range(6))
def test_files_of_many_blocks_land_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int
) -> None:
    """Thousands of records over the borders of small blocks."""
    monkeypatch.setattr(reading, "BLOCK_BYTES", 2000)
    draw = random.Random(seed)
    alphabet = ["a", "1", "é", "x" * 30] + (["\n", '"', ","] if seed % 2 else [])
    rows = []
    for number in range(3000):
        row = [f"k{number}", *("".join(draw.choices(alphabet, k=4)) for _ in range(2))]
        if seed >= 2 and draw.random() < 0.1:
            row = row[:2] if draw.random() < 0.5 else [*row, "more", "cells"]
        rows.append(row)
    landed_dir = land_text(str(tmp_path), write(rows, {"lineterminator": "\n"}))
    found = read(landed_dir, "users", "_source_line, user_id, gender, location")
    rejects = read(landed_dir, "landing_rejects", "_source_line, reason")
    numbered = list(enumerate(rows, start=2))
    assert found == [(line, *map(landed_value, row)) for line, row in numbered if len(row) == 3]
    assert rejects == [(line, ragged_reason(row)) for line, row in numbered if len(row) != 3]
