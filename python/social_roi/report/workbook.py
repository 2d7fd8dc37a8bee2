"""One workbook (.xlsx) of all answers and the tables behind them; no cell is a formula."""

import re
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from social_roi.report.formats import CAVEAT, Said, label
from social_roi.report.formatting import VERDICTS, model_label, plain
from social_roi.report.types import Column, Row, Rows, Tables, fields_shown

# Excel's own limits.
MAX_TEXT = 32_767
MAX_ROWS = 1_048_576
MAX_NAME = 31
# By kind of a column; a `shift` is in points, as on the page.
NUMBER_FORMATS = {
    "count": "#,##0",
    "credit": "#,##0.0",
    "decimal": "0.00",
    "money": "#,##0.00",
    "percent": "0.0%",
    "ctr": "0.00%",
    "shift": "+0.0%;-0.0%",
}
FIRST_SHEET = "answers"


def write_workbook(said: Said, tables: Tables, path: Path) -> None:
    """Write the file anew, whole or not at all.

    Sheets: the sentences, one table per question as in the terminal, then the tables of the marts
    with all their columns. Numbers are numbers, dates are dates, all else is text.
    """
    book = Workbook(write_only=True)
    sentences = book.create_sheet(FIRST_SHEET)
    sentences.column_dimensions["A"].width = 48
    sentences.column_dimensions["B"].width = 120
    head = [[said.failure]] if said.failure else []
    head += [[said.scope], [CAVEAT], ["question", "answer"]]
    for line in head:
        sentences.append([_cell(sentences, words, bold=True) for words in line])
    for answer in said.answers:
        words = (answer.question, plain(answer.marked_sentence))
        sentences.append([_cell(sentences, text) for text in words])
    for warning in said.warnings:
        sentences.append([_cell(sentences, text) for text in ("check the input", warning)])
    for answer in said.answers:
        rows = [*answer.rows, *answer.summary]
        _answer_sheet(book.create_sheet(answer.key), answer.columns, rows)
    for name, rows in tables.items():
        if rows:
            _table_sheet(book.create_sheet(name.removeprefix("rpt_")[:MAX_NAME]), rows)
    new = path.with_suffix(".partial")
    # in memory first: sheets that cannot be saved end in pages of Python's own words
    whole = BytesIO()
    book.save(whole)
    try:
        new.write_bytes(whole.getbuffer())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _answer_sheet(sheet: Worksheet, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    kinds = [shown.kind for shown in columns for _ in shown.fields]
    labels = []
    for shown in columns:
        ends = ("",) if len(shown.fields) == 1 else (" from", " to")
        labels += [label(shown) + end for end in ends]
    _head(sheet, labels)
    for row in rows:
        values = [row.get(field) for field in fields_shown(columns)]
        sheet.append(
            [
                _cell(sheet, _word(value, kind), kind)
                for value, kind in zip(values, kinds, strict=True)
            ]
        )


def _table_sheet(sheet: Worksheet, rows: Rows) -> None:
    _head(sheet, list(rows[0]))
    for row in rows[: MAX_ROWS - 1]:
        sheet.append([_cell(sheet, value) for value in row.values()])


def _head(sheet: Worksheet, labels: Sequence[str]) -> None:
    sheet.freeze_panes = "B2"
    sheet.append([_cell(sheet, words, bold=True) for words in labels])


def _word(value: Any, kind: str) -> Any:
    """Verdicts and models as people read them."""
    if value is None:
        return None
    if kind == "verdict":
        return VERDICTS[value]
    return model_label(value) if kind == "model" else value


def _day(text: str) -> date | None:
    """A day that Excel knows."""
    if not re.fullmatch(r"(19|20)\d\d-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _cell(sheet: Worksheet, value: Any, kind: str = "", *, bold: bool = False) -> WriteOnlyCell:
    """One cell. Text stays text: marked as such, also when somebody edits it later."""
    written = WriteOnlyCell(sheet)
    if isinstance(value, str):
        if (day := _day(value)) is not None:
            written.value = day
        else:
            written.value = value[:MAX_TEXT]
            written.data_type = "s"
            written.quotePrefix = True
    else:
        written.value = value
        if kind in NUMBER_FORMATS:
            written.number_format = NUMBER_FORMATS[kind]
    if bold:
        written.font = Font(bold=True)
    return written
