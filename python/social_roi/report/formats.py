"""The answers for programs and documents: JSON, Markdown and CSV."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from social_roi.report.formatting import cell, plain
from social_roi.report.types import Answer, Column, fields_shown
from social_roi.spreadsheets import without_formula

CAVEAT = (
    "What an ad is credited with, it need not have caused: some people would have bought anyway."
    " The 95 % intervals show sampling error only."
)


class Said(NamedTuple):
    """All that the answers say.

    scope: what data they rest on; warnings: about the input; failure: what to know of a build that
    did not end well, or ''; is_demo: the data is invented.
    """

    answers: Sequence[Answer]
    scope: str
    warnings: Sequence[str]
    failure: str
    is_demo: bool


def as_json(said: Said) -> str:
    """One object: `answers` with their sentence, columns and rows (numbers as in the tables)."""
    found = {
        "scope": said.scope,
        "is_demo": said.is_demo,
        "caveat": CAVEAT,
        "failure": said.failure or None,
        "warnings": list(said.warnings),
        "answers": [
            {
                "key": answer.key,
                "question": answer.question,
                "answer": plain(answer.marked_sentence),
                "is_simulated": answer.is_simulated,
                "columns": [
                    {
                        "label": shown.label,
                        "kind": shown.kind,
                        "fields": list(shown.fields),
                        "is_simulated": shown.is_simulated,
                    }
                    for shown in answer.columns
                ],
                "rows": [
                    {field: row.get(field) for field in fields_shown(answer.columns)}
                    for row in answer.rows
                ],
            }
            for answer in said.answers
        ],
    }
    return json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def as_markdown(said: Said) -> str:
    """A document: scope, then a heading, the sentence and a table for each question."""
    lines = [f"**{_escaped(said.failure)}**", ""] if said.failure else []
    lines += [_escaped(said.scope), "", CAVEAT, ""]
    for answer in said.answers:
        lines += [f"## {answer.question}", "", _escaped(plain(answer.marked_sentence)), ""]
        if answer.rows:
            lines += ["| " + " | ".join(map(label, answer.columns)) + " |"]
            lines += ["|" + "---|" * len(answer.columns)]
            for row in (*answer.rows, *answer.summary):
                cells = (_escaped(cell(row, shown)) for shown in answer.columns)
                lines += ["| " + " | ".join(cells) + " |"]
            lines += [""]
    if said.warnings:
        lines += ["Check the input, these amounts may be wrong:", ""]
        lines += [f"- {_escaped(warning)}" for warning in said.warnings]
    return "\n".join(lines).rstrip() + "\n"


def as_csv(said: Said) -> str:
    """One table (RFC 4180): the rows of all answers, the first column names the question.

    Other columns are those of the tables; a question leaves blank what it has not. Text that looks
    like a formula gets an apostrophe before it.
    """
    fields = dict.fromkeys(
        field for answer in said.answers for field in fields_shown(answer.columns)
    )
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["question", *fields, "is_simulated", "is_demo"])
    for answer in said.answers:
        shown = fields_shown(answer.columns)
        for row in answer.rows:
            values = [row.get(field) if field in shown else None for field in fields]
            flags = [str(flag).lower() for flag in (answer.is_simulated, said.is_demo)]
            writer.writerow([answer.key, *map(without_formula, values), *flags])
    return out.getvalue()


def label(shown: Column) -> str:
    """A column's heading, which says that its money is simulated."""
    return f"Sim. {shown.label}" if shown.is_simulated else shown.label


def _escaped(text: str) -> str:
    """Text of files, which is no Markdown or HTML."""
    for sign in "\\`*_{}[]<>#|~":
        text = text.replace(sign, f"\\{sign}")
    return text


FORMATS: dict[str, Callable[[Said], str]] = {
    "json": as_json,
    "markdown": as_markdown,
    "csv": as_csv,
}
