"""Landing against an independent reader: Python's csv module, on hostile random tables."""

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from social_roi.landing import land, land_files
from social_roi.landing import records as reading

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
def test_any_table_in_any_dialect_lands_to_the_letter(
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
    st.sampled_from(["buffer_size = 1024, max_line_size = 600", reading.CSV_BUFFER]),
)
def test_every_record_is_landed_or_rejected_at_its_line(
    monkeypatch: pytest.MonkeyPatch, rows: list[list[str]], dialect: dict, buffer: str
) -> None:
    monkeypatch.setattr(reading, "CSV_BUFFER", buffer)
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
                (reading, "survey"),
                (reading, "_read_with_duckdb"),
                (land, "learn_formats"),
                (land, "_unusable"),
                (land, "_check_share"),
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
def test_files_of_many_buffers_land_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int
) -> None:
    """Thousands of records over the borders of small buffers, where parallel reading goes wrong."""
    monkeypatch.setattr(reading, "CSV_BUFFER", "buffer_size = 2000, max_line_size = 1000")
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
