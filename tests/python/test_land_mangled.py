"""Landing on files that were mangled by a fixed seed: exact, or refused in one printable line."""

import csv
import gzip
import hashlib
import io
import json
import random
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from social_roi.console import JOINERS, printable
from social_roi.errors import UserError
from social_roi.landing import land_files
from social_roi.landing.formats import BLANKS
from social_roi.warehouse import read_tables

HEADER = ["user_id", "gender", "location"]
WORDS = [
    "Zürich", "日本", "=1+1", "a,b", 'x"y', "\x1b[31mred", "a\tb", "NULL", "007", "1201.0",
    "\u202ertl", "\u200b", "\\N", "'; drop table users; --", "{{ 7*7 }}", "é" * 40,
    "two\nlines", "12.50",
]  # fmt: skip
ODD = [
    "\x00",
    "\x1b",
    "\x0c",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufeff",
    '"',
    "\r",
    "\n",
    ",",
    ";",
    "\x1e",
]


def flip(draw: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice([1, 5, 30])):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def cut(draw: random.Random, data: bytes) -> bytes:
    return data[: draw.randrange(len(data))]


def insert(draw: random.Random, data: bytes) -> bytes:
    text = data.decode()
    for _ in range(draw.choice([1, 3, 9])):
        place = draw.randrange(len(text) + 1)
        text = text[:place] + draw.choice(ODD) + text[place:]
    return text.encode()


def pack(draw: random.Random, data: bytes) -> bytes:
    packed = gzip.compress(data)
    return draw.choice([packed, packed[:-9], flip(draw, packed), packed + b"tail"])


def header(draw: random.Random, data: bytes) -> bytes:
    name = draw.choice(["\x1b[2Jx", "a\nb", "\u202ex", '"', "gender", "x" * 300, "\x07"])
    return data.replace(b"location", f'"{name.replace(chr(34), chr(34) * 2)}"'.encode(), 1)


def anything(draw: random.Random, data: bytes) -> bytes:
    start = draw.choice([b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\xff\xfe", b""])
    return start + draw.randbytes(draw.choice([0, 3, 200]))


def recode(draw: random.Random, data: bytes) -> bytes:
    encoding = draw.choice(["utf-16", "utf-8-sig", "cp1252", "shift_jis", "utf-32"])
    return data.decode().encode(encoding, "replace")


def documents(draw: random.Random, data: bytes) -> bytes:
    odd = ["\ud800", None, True, [1], {"a": []}, {}, 10**400, float("nan"), 1e300, "\x1b", "\x00"]
    records = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    changed = [
        {key: draw.choice(odd) if draw.random() < 0.1 else cell for key, cell in record.items()}
        for record in records
    ]
    lines = "\n".join(map(json.dumps, changed))
    text = draw.choice([json.dumps(changed), lines, json.dumps({"data": changed})]).encode()
    return draw.choice([text, text, flip(draw, text or b" "), cut(draw, text or b" ")])


def workbook(draw: random.Random, data: bytes) -> bytes:
    book, sink = openpyxl.Workbook(), io.BytesIO()
    for row in csv.reader(io.StringIO(data.decode(), newline="")):
        book.active.append([cell.replace("\x1b", "") for cell in row])
    book.save(sink)
    packed = sink.getvalue()
    # in the middle of what is packed, where no checksum is
    place = packed.index(b"xl/worksheets/sheet1.xml") + 40
    broken = packed[:place] + draw.randbytes(40) + packed[place + 40 :]
    return draw.choice([packed, flip(draw, packed), cut(draw, packed), broken])


MANGLES: list[Callable[[random.Random, bytes], bytes]] = [
    *(flip, cut, insert, pack, header, anything, recode, documents, workbook),
    lambda draw, data: data,
]


def table(draw: random.Random) -> list[list[str]]:
    rows = range(draw.choice([0, 1, 5, 30]))
    return [[f"k{number}", draw.choice(WORDS), draw.choice(WORDS)] for number in rows]


def state(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("seed", range(8))
def test_mangled_files_land_exactly_or_are_refused_in_one_line(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    landed_dir, source = tmp_path / "landed", tmp_path / "x.csv"
    source.write_text("user_id,age\nformer,3\n")
    land_files([source], landed_dir, report=lambda line: None)
    for mangle in MANGLES:
        rows, text = table(draw), io.StringIO()
        csv.writer(text).writerows([HEADER, *rows])
        source.write_bytes(mangle(draw, text.getvalue().encode()))
        before, lines = state(landed_dir), []
        try:
            summary = land_files([source], landed_dir, max_rejected_share=1, report=lines.append)
        except UserError as error:
            assert str(error).isprintable()
            assert state(landed_dir) == before
            continue
        assert all(line.isprintable() for line in lines)
        files = f"{landed_dir}/current/{{}}/*.parquet"
        numbers = f"select _source_line from '{files}'"
        found = duckdb.sql(numbers.format(summary.files[0].raw_table)).fetchall()
        found += duckdb.sql(numbers.format("landing_rejects")).fetchall()
        assert len(found) == len(set(found)) == summary.rows + summary.rejected
        if mangle is MANGLES[-1]:
            cells = (
                f"select {', '.join(HEADER)} from '{files.format('users')}' order by _source_line"
            )
            assert duckdb.sql(cells).fetchall() == [
                tuple(cell.strip(BLANKS) or None for cell in row) for row in rows
            ]


def test_names_of_files_and_columns_are_printable_in_messages_and_errors(tmp_path: Path) -> None:
    lines: list[str] = []
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text('user_id,age,"\x1b[31mred\n\u202eltr"\nu1,3,\x07\n')
    (tmp_path / "data" / "a\x1b[2J\u202e.txt").write_text("")
    land_files([tmp_path / "data"], tmp_path / "landed", report=lines.append)
    assert r"passed over a\x1b[2J\u202e.txt" in lines[0]
    assert lines[1].endswith(r"kept out: \x1b[31mred\n\u202eltr")
    (tmp_path / "data" / "x.csv").write_text('"\x1b[31mred\n\u2066x",b\n')
    with pytest.raises(UserError) as error:
        land_files([tmp_path / "data"], tmp_path / "landed", report=lines.append)
    assert str(error.value).isprintable() and r"\x1b[31mred\n\u2066x" in str(error.value)


def test_names_read_from_the_tables_hold_no_tricks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, family = "\x1b]0;x\x07Face\u202ebook\ufeff\u2028", "👩\u200d👧"
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path))
    with duckdb.connect(str(tmp_path / "demo.duckdb")) as con:
        con.execute("create schema marts")
        con.execute("create table marts.names as select $1 as a, $2 as b", [name, family])
    [row] = read_tables("duckdb", "demo", ["names"])["names"]
    assert row == {"a": r"\x1b]0;x\x07Face\u202ebook\ufeff\u2028", "b": family}
    assert printable(family, kept=JOINERS) == family


BOMB = 40 << 20
LAND = """
import sys
from social_roi.cli import main
code = main(["land", sys.argv[1]])
# not ru_maxrss, which a process takes over from the one that started it
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak) // 1024)
sys.exit(code)
"""


def gzip_of(start: bytes, filling: bytes) -> bytes:
    return gzip.compress(start) + gzip.compress(filling * (BOMB // len(filling))) * 8


def parquet_of(cell: pa.Array) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"user_id": cell}), sink, compression="zstd", store_schema=False)
    return sink.getvalue()


def same_cell(rows: int, size: int) -> pa.Array:
    indices = pa.array([0] * rows, pa.int32())
    return pa.DictionaryArray.from_arrays(indices, pa.array(["x" * size]))


def workbook_of(sheet: str, filling: bytes = b"") -> bytes:
    sink = io.BytesIO()
    openpyxl.Workbook().save(sink)
    packed = io.BytesIO()
    with zipfile.ZipFile(sink) as whole, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in whole.namelist():
            text = whole.read(entry)
            if entry == "xl/worksheets/sheet1.xml":
                data = f"<sheetData>{sheet}</sheetData>".encode()
                text = re.sub(rb"<sheetData ?/>|<sheetData></sheetData>", data, text)
            new.writestr(entry, text)
        with new.open("xl/media/image1.png", "w") as large:
            for _ in range(8 if filling else 0):
                large.write(filling * BOMB)
    return packed.getvalue()


CELL = '<c r="{}" t="inlineStr"><is><t>user_id</t></is></c>'.format
ROW = '<row r="{}">{}</row>'.format
BOMBS: dict[str, Callable[[], bytes]] = {
    "filling.xlsx": lambda: workbook_of(ROW(1, CELL("A1")), b"a"),
    "far cell.xlsx": lambda: workbook_of(ROW(1, CELL("A1")) + ROW(1048576, CELL("XFD1048576"))),
    "nested.json": lambda: b"[" * 1_000_000,
    "large.json": lambda: b'[{"user_id": "' + b"a" * (2 * BOMB) + b'"}]',
    "one cell.csv.gz": lambda: gzip_of(b"user_id,age\n", b"a"),
    "rows.csv.gz": lambda: gzip_of(b"user_id,age\n", b"u,1\n"),
    "header.csv.gz": lambda: gzip_of(b"user_id,", b"a"),
    "line.csv": lambda: b"user_id,age\n" + b"," * BOMB,
    "long cells.parquet": lambda: parquet_of(same_cell(20_000, 1_000_000)),
    "one cell.parquet": lambda: parquet_of(pa.array(["x" * (8 * BOMB)])),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_unpacks_to_far_more_than_its_size_is_refused_in_little_memory(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path / "build"))
    (tmp_path / name).write_bytes(BOMBS[name]())
    done = subprocess.run(
        [sys.executable, "-c", LAND, str(tmp_path / name)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)),
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1 and name in done.stderr
    assert int(done.stdout.split()[-1]) < 512
    assert not (tmp_path / "build" / "landed" / "current").exists()
