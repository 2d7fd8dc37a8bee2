"""The answers as a command-line tool prints them."""

import textwrap
from collections.abc import Sequence
from typing import TextIO

from social_roi.console import JOINERS, printable
from social_roi.report.formats import CAVEAT, label
from social_roi.report.formatting import UNKNOWN, cell, plain
from social_roi.report.types import Answer

WIDTH = 100
INDENT = "   "
GAP = "  "
MAX_ROWS = 12
TEXT_KINDS = ("text", "verdict", "model")
MIN_NAME = 24  # characters of the first column that extra columns give way to


def print_answers(answers: Sequence[Answer], out: TextIO, scope: str = "") -> None:
    """Print each answer: question, sentence and a table, at most WIDTH characters wide.

    scope: what data the answers rest on; it comes first, with the caveat on cause.
    """
    if scope:
        lines = [
            line for words in (scope, CAVEAT) for line in textwrap.wrap(_printable(words), WIDTH)
        ]
        out.write("\n".join(lines) + "\n\n")
    for number, answer in enumerate(answers, start=1):
        words = _printable(plain(answer.marked_sentence))
        sentence = textwrap.wrap(words, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
        table = [INDENT + line for line in _table_lines(answer)]
        out.write("\n".join([f"{number}. {answer.question}", *sentence, *table]) + "\n\n")


def print_warnings(warnings: Sequence[str], out: TextIO) -> None:
    """Print the warnings about the input below the answers; nothing where there are none."""
    if not warnings:
        return
    out.write("Check the input, these amounts may be wrong:\n")
    for warning in warnings:
        lines = textwrap.wrap(
            _printable(warning), WIDTH, initial_indent=INDENT, subsequent_indent=INDENT + GAP
        )
        out.write("\n".join(lines) + "\n")
    out.write("\n")


def _table_lines(answer: Answer) -> list[str]:
    """Aligned lines: text to the left, numbers to the right, the first column cut to fit.

    Columns that hold nothing are left out, and extra columns, the last ones first, where they would
    cut a name of MIN_NAME.
    """
    rows = answer.rows[:MAX_ROWS]
    if not rows:
        return []
    hidden = len(answer.rows) - len(rows)
    rows = [*rows, *answer.summary]
    shown_columns = [
        shown
        for place, shown in enumerate(answer.columns)
        if place == 0 or any(cell(row, shown) not in ("", UNKNOWN) for row in rows)
    ]
    columns = [
        [label(shown), *(_printable(cell(row, shown)) for row in rows)] for shown in shown_columns
    ]
    widths = [max(map(len, texts)) for texts in columns]
    while (others := _width_of(widths[1:])) + min(widths[0], MIN_NAME) > WIDTH:
        extra = [place for place, shown in enumerate(shown_columns) if shown.is_extra]
        if not extra:
            break
        for parts in (shown_columns, columns, widths):
            del parts[extra[-1]]
    widths[0] = min(widths[0], max(WIDTH - others, len(columns[0][0])))
    columns[0] = [_cut(value, widths[0]) for value in columns[0]]
    lines = [
        GAP.join(
            value.ljust(width) if shown.kind in TEXT_KINDS else value.rjust(width)
            for value, width, shown in zip(line, widths, shown_columns, strict=True)
        ).rstrip()
        for line in zip(*columns, strict=True)
    ]
    lines.insert(1, GAP.join("-" * width for width in widths))
    if hidden:
        lines.insert(2 + MAX_ROWS, f"and {hidden} more in the report")
    return lines


def _width_of(widths: Sequence[int]) -> int:
    return len(INDENT) + sum(len(GAP) + width for width in widths)


def _printable(value: str) -> str:
    """Names come from files: a control character in one must not reach the terminal."""
    return printable(value, kept=JOINERS)


def _cut(value: str, width: int) -> str:
    return value if len(value) <= width else value[: width - 3] + "..."
