"""Workbooks and JSON as text: one CSV per sheet or document, read like any other."""

import csv
import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import reduce
from lzma import LZMAError
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from social_roi.errors import UserError
from social_roi.landing.io_errors import reading

PACKAGE = b"PK\x03\x04"
WORKBOOK_MARKS = (PACKAGE, b"\xd0\xcf\x11\xe0")
# What zipfile raises for what is no archive, a compression that it does not know, a password.
NO_PACKAGE = (BadZipFile, LZMAError, struct.error, NotImplementedError, RuntimeError, ValueError)
# Bounds on what is held at a time: see SECURITY.md.
SHEET_CELLS = 5_000_000
JSON_BYTES = 1 << 26
PIECE, REFERENCE = 1 << 20, 64
CELL_COLUMN = re.compile(rb'\br="([A-Z]{1,3})\d')
ROW_NUMBER = re.compile(rb'\br="[A-Z]{0,3}(\d{1,9})"')


def write_sheets(
    name: str, path: Path, work: Path, bound: Callable[[bytes], bytes]
) -> dict[str, Path]:
    """Each sheet that is not empty as CSV, by its name. Row n of the sheet is record n.

    bound: is called with each unpacked piece, and raises UserError when they are too much. Raises
    UserError when the file is no workbook, is protected by a password, or has too many cells.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    sheets = {}
    try:
        with path.open("rb") as file:
            if file.read(len(PACKAGE)) == PACKAGE:
                with reading(name):
                    _check_package(name, path, bound)
            file.seek(0)
            book = CalamineWorkbook.from_filelike(file)
            for number, sheet in enumerate(book.sheet_names):
                rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
                if not any(cell != "" for row in rows for cell in row):
                    continue
                sheets[sheet] = work / f"sheet{number}"
                with sheets[sheet].open("w", encoding="utf-8", newline="") as text:
                    # a blank row is a line too: rows keep their number
                    csv.writer(text).writerows([_cell(cell) for cell in row] for row in rows)
    except (CalamineError, *NO_PACKAGE) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"{name}: cannot be read as a workbook ({reason}); save it again as XLSX or CSV"
        ) from error
    if not sheets:
        raise UserError(f"{name}: the workbook is empty; expected a header and rows; remove it")
    return sheets


def _check_package(name: str, path: Path, bound: Callable[[bytes], bytes]) -> None:
    """Unpack an XLSX once for its size and the extent of its sheets, which are held as a whole.

    What is packed is also held against its checksum, so it cannot be more than it says.
    """
    with ZipFile(path) as package:
        if "xl/workbook.xml" not in package.namelist():
            raise BadZipFile("no XLSX")
        for entry in package.infolist():
            is_sheet = entry.filename.startswith("xl/worksheets/")
            rows, columns, before = 0, {b"A"}, b""
            with package.open(entry) as part:
                while piece := bound(part.read(PIECE)):
                    if not is_sheet:
                        continue
                    text = before + piece
                    columns.update(CELL_COLUMN.findall(text))
                    rows = max([rows, *map(int, ROW_NUMBER.findall(text))])
                    before = piece[-REFERENCE:]
            width = max(reduce(lambda total, c: 26 * total + c - 64, one, 0) for one in columns)
            if rows * width > SHEET_CELLS:
                raise UserError(
                    f"{name}: a sheet has {rows:,} rows and {width:,} columns, more than the "
                    f"{SHEET_CELLS:,} cells that are read of a workbook; save it as CSV"
                )


def _cell(value: Any) -> str:
    """The text of a cell: numbers without `.0`, days and times in ISO."""
    match value:
        case str():
            return value
        case bool():
            return str(int(value))
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case datetime():
            is_day = value.time() == time()
            return value.date().isoformat() if is_day else value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return str(value)


def is_json(start: bytes) -> bool:
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def write_documents(name: str, path: Path, work: Path) -> Path | None:
    """The records of JSON as CSV: one column per path of keys (`campaign.id`), lists as JSON text.

    path: UTF-8. Reads one document, several in a row, or one per line. The records are what is in
    `data`, `results` or `rows`, also page by page, or the list itself; None if there are none, as
    on a day without ads. Raises UserError with the line where it is no JSON, and when it is too
    large.
    """
    if path.stat().st_size > JSON_BYTES:
        raise UserError(
            f"{name}: JSON of more than {JSON_BYTES >> 20} MB is not read, since it is held as a "
            "whole; fetch fewer days at a time, or save it as CSV or Parquet"
        )
    text = path.read_text("utf-8-sig", errors="surrogateescape")
    records = [flat(record) for record in json_records(name, text)]
    columns = list(dict.fromkeys(key for record in records for key in record))
    if not columns:
        return None
    target = work / "records"
    # half a surrogate pair stays no text, so that the reader rejects its record
    with target.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([record.get(column, "") for column in columns] for record in records)
    return target


def json_records(name: str, text: str) -> Iterator[Mapping[str, Any]]:
    """The records of JSON as they stand there; see `write_documents`."""
    for document in _documents(name, text):
        yield from _records(document)


def _documents(name: str, text: str) -> Iterator[Any]:
    # numbers as they stand there: 2.79 must not become 2.7899999999999998
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
    position = 0
    while True:
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if position == len(text):
            return
        try:
            document, position = decoder.raw_decode(text, position)
        except RecursionError as error:
            raise UserError(
                f"{name}: lists or objects are nested too deeply for records; check where it comes "
                "from"
            ) from error
        except ValueError as error:
            line = text.count("\n", 0, getattr(error, "pos", position)) + 1
            raise UserError(
                f"{name}, line {line}: this is no whole JSON; download or save the file again"
            ) from error
        yield document


def _records(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for one in document:
            yield from _records(one)
    elif isinstance(document, dict):
        for key in ("data", "results", "rows"):
            if isinstance(document.get(key), list):
                yield from _records(document[key])
                return
        # a raw table of Airbyte
        if isinstance(document.get("_airbyte_data"), dict):
            yield {**document, **document["_airbyte_data"], "_airbyte_data": None}
            return
        # what is left of an empty page
        if not document.keys() <= {"paging", "fieldMask", "requestId", "summary", "nextPageToken"}:
            yield document


def flat(record: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """A record's cells by their path of keys; lists as JSON text."""
    cells = {}
    for key, value in record.items():
        match value:
            case dict():
                cells |= flat(value, f"{above}{key}.")
            case list():
                cells[above + key] = json.dumps(value, ensure_ascii=False)
            case None:
                continue
            case bool():
                cells[above + key] = str(int(value))
            case _:
                cells[above + key] = str(value)
    return cells
