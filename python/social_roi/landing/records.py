"""Records of one file as blocks of cells: `c0`, `c1`, ... with the line of each, or as rejects.

Two readers of text. Arrow's is fast and takes whatever is quoted by the rules: a quote opens a cell
at its start, closes it at its end and is doubled inside. Where that does not hold, and for single
records of another width, Python's csv reader takes over, which is slow and exact.
"""

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, AnyStr, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from social_roi.errors import UserError
from social_roi.landing.formats import BLANKS
from social_roi.landing.io_errors import reading
from social_roi.landing.mappings import MappingFile
from social_roi.landing.raw_tables import LOG_TABLES
from social_roi.landing.sniff import Shape, shape_of, sniff_encoding, sniff_text
from social_roi.landing.sql import identifier, parquet_rows
from social_roi.landing.workbooks import (
    WORKBOOK_MARKS,
    is_json,
    write_documents,
    write_sheets,
)

# Bounds on what is held at a time, whatever a file unpacks to: see SECURITY.md.
BLOCK_BYTES = 1 << 23
BLOCK_ROWS = 122_880
EXACT_BYTES = 1 << 20
LINE_BYTES = 1 << 24
PARQUET_ROWS = 2048
PARQUET_ROW_BYTES = 1 << 16
UNKNOWN_CHARACTERS = 100
# A table in text shrinks to a tenth; what unpacks to more than this was made to do harm.
UNPACKED_RATIO = 200
UNPACKED_BYTES = 1 << 28
RECORD_CHARACTERS = 500
QUOTE, LINE_FEED, RETURN = b'"\n\r'


Reject = tuple[int, str, str]
# Line, cells and no reason, or line, the text as the only cell, and why it is no row.
Record = tuple[int, list[str | None], str]


class Block(NamedTuple):
    """cells: c0, c1, ... (text, trimmed, null if empty) and line. rejects: (line, reason, text)."""

    cells: pa.Table
    rejects: list[Reject]


# Blocks are read one after the other, and parsed when they are called, by any thread.
Blocks = Iterator[Callable[[], Block]]


def fetch(name: str, path: Path, work: Path) -> dict[str, Path]:
    """Local files with the tables of an input: Parquet, or text in UTF-8, not compressed.

    By sheet for a workbook, else one by the name `""`; none for JSON without records. Raises
    UserError when it cannot be read.
    """
    if _start(name, path).startswith(b"\x1f\x8b"):
        bound = _unpacked_bound(name, path)
        with gzip.open(path) as packed, (work / "unpacked").open("wb") as unpacked:
            unpacked.writelines(map(bound, _pieces(name, packed)))
        path = work / "unpacked"
    start = _start(name, path)
    if start in WORKBOOK_MARKS:
        return write_sheets(name, path, work, _unpacked_bound(name, path))
    with reading(name):
        encoding = "utf-8-sig" if start == b"PAR1" else sniff_encoding(path)
    if encoding != "utf-8-sig":
        errors = "replace" if encoding.startswith("utf") else "surrogateescape"
        with (
            path.open(encoding=encoding, errors=errors, newline="") as text,
            (work / "recoded").open("w", encoding="utf-8", errors=errors, newline="") as recoded,
        ):
            recoded.writelines(_pieces(name, text))
        path = work / "recoded"
    if start != b"PAR1" and is_json(_start(name, path, 64)):
        records = write_documents(name, path, work)
        return {"": records} if records else {}
    return {"": path}


def _unpacked_bound(name: str, path: Path) -> Callable[[Any], Any]:
    """A function that passes on the pieces of an unpacked file until they are too much for it."""
    most = max(UNPACKED_BYTES, UNPACKED_RATIO * path.stat().st_size)
    left = most

    def bound(piece: Any) -> Any:
        nonlocal left
        left -= piece.nbytes if isinstance(piece, pa.RecordBatch) else len(piece)
        if left < 0:
            raise UserError(
                f"{name}: unpacks to more than {most >> 20:,} MB, {UNPACKED_RATIO} times its size, "
                "as no table does; check where it comes from, or unpack it to CSV"
            )
        return piece

    return bound


def _start(name: str, path: Path, size: int = 4) -> bytes:
    with reading(name), path.open("rb") as file:
        return file.read(size)


def _pieces(name: str, file: IO[AnyStr]) -> Iterator[AnyStr]:
    with reading(name):
        while piece := file.read(1 << 20):
            yield piece


def open_records(
    con: duckdb.DuckDBPyConnection,
    name: str,
    source: Path,
    mappings: Sequence[MappingFile] = (),
) -> tuple[Shape, Callable[[], Blocks]]:
    """The shape of a fetched file, and what reads its blocks from the first to the last.

    Both raise UserError when the file cannot be read.
    """
    with reading(name):
        if _start(name, source) == b"PAR1":
            shape, blocks = _open_parquet(con, name, source, mappings)
        else:
            shape = sniff_text(name, source, mappings)
            blocks = partial(read_text, name, source, shape)

    def read() -> Blocks:
        with reading(name):
            yield from blocks()

    return shape, read


def _open_parquet(
    con: duckdb.DuckDBPyConnection, name: str, source: Path, mappings: Sequence[MappingFile]
) -> tuple[Shape, Callable[[], Blocks]]:
    scan = parquet_rows(source)
    relation = con.sql(f"select * exclude (file_row_number) from {scan}")
    fields = [
        field
        for column, kind in zip(relation.columns, relation.types, strict=True)
        for field in _fields(column, identifier(column), kind)
    ]
    shape = shape_of(name, [field for field, *_ in fields], mappings=mappings)
    texts = []
    for known, (_, column, kind) in zip(shape.columns, fields, strict=True):
        text = _as_text(column, kind)
        # a layout of reports may look into columns that no raw table has
        if not known and shape.table in LOG_TABLES:
            text = "null::varchar"
        elif not known and not shape.match:
            text = "null::varchar" if _is_nested(kind) else f"left({text}, {UNKNOWN_CHARACTERS})"
        texts.append(text)
    cells = [f"{text} as c{number}" for number, text in enumerate(texts)]
    size = " + ".join(f"coalesce(strlen(c{number}), 0)" for number in range(len(texts)))
    rows = f"(select {', '.join(cells)}, file_row_number + 1 as line from {scan})"

    def read() -> Blocks:
        bound = _unpacked_bound(name, source)
        batches: list[pa.RecordBatch] = []
        found = 0
        # few rows at a time, since a row may be long
        query = f"select * from {rows} where {size} <= {PARQUET_ROW_BYTES}"
        for batch in con.cursor().sql(query).to_arrow_reader(PARQUET_ROWS):
            batches.append(bound(batch))
            found += batch.num_rows
            held = sum(one.nbytes for one in batches)
            if len(batches) * PARQUET_ROWS >= BLOCK_ROWS or held > BLOCK_BYTES:
                yield partial(_parquet_block, batches)
                batches = []
        query = f"select line from {rows} where {size} > {PARQUET_ROW_BYTES}"
        [[all_rows]] = con.execute(f"select count(*) from {scan}").fetchall()
        long = con.cursor().sql(query).fetchall() if found < all_rows else []
        rejects = [(line, "cell too long", "") for (line,) in long]
        if batches:
            yield partial(_parquet_block, batches)
        yield partial(_same, Block(_sorted_out([], len(fields))[0], rejects))

    return shape, read


def _fields(name: str, column: str, kind: Any) -> Iterator[tuple[str, str, str]]:
    """Name, SQL and type of a column; of a struct those of its fields (`geo.country`)."""
    if kind.id == "struct":
        for field, its_kind in kind.children:
            yield from _fields(f"{name}.{field}", f"{column}.{identifier(field)}", its_kind)
    else:
        # a column without any value has no type
        yield name, "null::varchar" if kind.id == "null" else column, str(kind)


def _as_text(column: str, type_: str) -> str:
    """A flag is 0 or 1 in this contract, also when Parquet calls it a boolean; lists are JSON."""
    if type_ == "BOOLEAN":
        return f"{column}::int::varchar"
    return f"to_json({column})::varchar" if _is_nested(type_) else f"{column}::varchar"


def _is_nested(type_: str) -> bool:
    return type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION"))


def _parquet_block(batches: list[pa.RecordBatch]) -> Block:
    *texts, line = pa.Table.from_batches(batches).combine_chunks().columns
    return _block(texts, line, is_ascii=False)


def read_text(name: str, source: Path, shape: Shape) -> Blocks:
    """Blocks of whole records, which only the exact reader has to parse to find where they end.

    Raises UserError for a line that is too long for any table.
    """
    with source.open(encoding="utf-8", errors="surrogateescape", newline="") as text:
        head = "".join(text.readline(LINE_BYTES) for _ in range(shape.lines_before_data))
    line, size = shape.lines_before_data + 1, BLOCK_BYTES
    position = len(head.encode("utf-8", "surrogateescape"))
    with source.open("rb") as file:
        file.seek(position)
        while chunk := file.read(size):
            is_last = len(chunk) < size
            if is_last and not chunk.endswith(b"\n"):
                chunk += b"\n"
            end, records = well_formed_part(chunk, shape.delimiter)
            if records:
                yield partial(_parse, chunk[:end], shape, line, records)
            else:
                few = chunk[:EXACT_BYTES]
                block, records, end = _parse_exactly(few, shape, line, is_last and few == chunk)
                if not end and few != chunk:
                    block, records, end = _parse_exactly(chunk, shape, line, is_last)
                yield partial(_same, block)
            line, position = line + records, position + end
            size = min(BLOCK_BYTES, 2 * end) if end else 2 * size
            if size > max(LINE_BYTES, BLOCK_BYTES):
                raise UserError(
                    f"{name}, line {line}: longer than {LINE_BYTES >> 20} MB, as no row of a table "
                    "is; check where the file comes from"
                )
            file.seek(position)


def _same(block: Block) -> Block:
    return block


def well_formed_part(chunk: bytes, delimiter: str) -> tuple[int, int]:
    """(end, records) of the whole records in a chunk that starts with one, as bytes and number, at
    most twice BLOCK_ROWS.

    (0, 0) if there is none, or if a quote or a lone carriage return stands where the rules of CSV
    have none: then records may end elsewhere.
    """
    data = np.frombuffer(chunk, np.uint8)
    ends = np.flatnonzero(data == LINE_FEED)
    quotes = np.flatnonzero(data == QUOTE) if b'"' in chunk else ends[:0]
    # Line ends with an odd number of quotes before them are inside a cell.
    ends = ends[np.searchsorted(quotes, ends) % 2 == 0] if len(quotes) else ends
    ends = ends[: 2 * BLOCK_ROWS]
    if not len(ends):
        return 0, 0
    end = int(ends[-1]) + 1
    quotes = quotes[: np.searchsorted(quotes, end)]
    borders = (ord(delimiter), LINE_FEED, QUOTE)
    before = data[quotes[::2][quotes[::2] > 0] - 1]
    after = data[quotes[1::2] + 1]
    returns = np.flatnonzero(data[:end] == RETURN) if b"\r" in chunk else ends[:0]
    is_well_formed = (
        np.isin(before, borders).all()
        and np.isin(after, (*borders, RETURN)).all()
        and (data[returns + 1] == LINE_FEED).all()
    )
    return (end, len(ends)) if is_well_formed else (0, 0)


def _parse(chunk: bytes, shape: Shape, first_line: int, records: int) -> Block:
    """Parse well-formed records. Those of another width go to the exact reader one by one."""
    try:
        is_ascii = chunk.decode().isascii()
    except UnicodeDecodeError:
        return _parse_exactly(chunk, shape, first_line, is_last=True)[0]
    has_quotes = b'"' in chunk
    names = [f"c{i}" for i in range(len(shape.columns))]
    others: list[arrow_csv.InvalidRow] = []

    def put_aside(row: arrow_csv.InvalidRow) -> str:
        others.append(row)
        return "skip"

    table = arrow_csv.read_csv(
        pa.BufferReader(chunk),
        arrow_csv.ReadOptions(use_threads=False, block_size=len(chunk) + 1, column_names=names),
        arrow_csv.ParseOptions(
            delimiter=shape.delimiter,
            quote_char='"' if has_quotes else False,
            newlines_in_values=has_quotes,
            ignore_empty_lines=False,
            invalid_row_handler=put_aside,
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,
        ),
    )
    if table.num_rows + len(others) != records:
        return _parse_exactly(chunk, shape, first_line, is_last=True)[0]
    lines = pa.arange(first_line, first_line + records)
    if others:
        aside = pa.array([first_line + row.number - 1 for row in others])
        lines = lines.filter(pc.invert(pc.is_in(lines, aside)))
    block = _block(table.columns, lines, is_ascii)
    if not others:
        return block
    read = [
        record
        for row in others
        for record in parse_records([row.text], shape, first_line + row.number - 1).records
    ]
    cells, rejects = _sorted_out(read, len(names))
    return Block(pa.concat_tables([block.cells, cells]).sort_by("line"), rejects)


def _block(texts: Sequence[pa.ChunkedArray], line: pa.Array, is_ascii: bool) -> Block:
    columns = {}
    for i, text in enumerate(texts):
        text = pc.ascii_trim_whitespace(text) if is_ascii else pc.utf8_trim(text, BLANKS)
        columns[f"c{i}"] = null_if(text, "")
    return Block(pa.table(columns | {"line": line}), [])


def null_if(values: pa.ChunkedArray, text: str) -> pa.ChunkedArray:
    is_text = pc.equal(values, text)
    return pc.if_else(is_text, None, values) if pc.any(is_text).as_py() else values


def _parse_exactly(
    chunk: bytes, shape: Shape, first_line: int, is_last: bool
) -> tuple[Block, int, int]:
    """Parse whole records from the start of a chunk: block, number of records, and their end."""
    lines = list(io.StringIO(chunk.decode("utf-8", "surrogateescape"), newline=""))
    if not is_last:
        lines.pop()
    parsed = parse_records(lines, shape, first_line, is_last)
    taken = "".join(lines[: parsed.lines]).encode("utf-8", "surrogateescape")
    block = Block(*_sorted_out(parsed.records, len(shape.columns)))
    return block, parsed.last_line + 1 - first_line, len(taken)


def _sorted_out(records: list[Record], width: int) -> tuple[pa.Table, list[Reject]]:
    """Rows as a table, and the others as rejects."""
    good = [(*cells, line) for line, cells, reason in records if not reason]
    names = [f"c{i}" for i in range(width)]
    schema = pa.schema([*((name, pa.string()) for name in names), ("line", pa.int64())])
    columns = [list(column) for column in zip(*good, strict=True)] or [[] for _ in schema]
    rejects = [
        (line, reason, cells[0][:RECORD_CHARACTERS]) for line, cells, reason in records if reason
    ]
    return pa.table(columns, schema=schema), rejects


class Parsed(NamedTuple):
    """Records, the line number of the last of them (blank ones count), physical lines read."""

    records: list[Record]
    last_line: int
    lines: int


def parse_records(
    lines: Sequence[str], shape: Shape, first_line: int, is_last: bool = True
) -> Parsed:
    """The exact reader: any line end, blank lines, broken quotes (only that line is rejected).

    Blank records count as a line and are left out; empty cells too many at the end are ignored, as
    are those that a spreadsheet left out below columns without a name. A cell holds at most
    `csv.field_size_limit()` characters. Unless the lines are the last ones of the file, a record
    that is still open at their end is not read.
    """
    width = len(shape.columns)
    header = shape.match.header if shape.match else ()
    named = width - next((n for n, cell in enumerate(reversed(header)) if cell.strip()), 0)
    position, number = 0, first_line - 1
    records: list[Record] = []

    def feed() -> Iterator[str]:
        nonlocal position
        while position < len(lines):
            position += 1
            yield lines[position - 1]

    def reader() -> Iterator[list[str]]:
        return csv.reader(feed(), delimiter=shape.delimiter, strict=True, skipinitialspace=True)

    rows = reader()
    while position < len(lines):
        start = position
        try:
            cells = next(rows)
        except csv.Error as error:
            if position == len(lines) and not is_last:
                return Parsed(records, number, start)
            # Only the first line is lost; what the open quote swallowed is read again.
            position, number = start + 1, number + 1
            reason = "cell too long" if "limit" in str(error) else "broken quotes"
            records.append((number, [_printable(lines[start])], reason))
            rows = reader()
            continue
        number += 1
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if named <= len(cells) < width:
            cells += [""] * (width - len(cells))
        cells = [cell.strip(BLANKS) or None for cell in cells]
        if not any(cells):
            continue
        text = "".join(lines[start:position])
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            records.append((number, [_printable(text)], "invalid bytes"))
        elif len(cells) != width:
            found = "more" if len(cells) > width else str(len(cells))
            reason = f"expected {width} fields, found {found}"
            records.append((number, [_printable(text)], reason))
        else:
            records.append((number, cells, ""))
    return Parsed(records, number, position)


def _printable(text: str) -> str:
    return text.rstrip("\r\n").encode("utf-8", "replace").decode("utf-8")
