"""How numbers are named and rounded for people, the same in the terminal and on the page."""

import re
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import pandas as pd

UNKNOWN = "-"

VERDICTS = {"pays_back": "pays back", "loses": "loses money", "cannot_tell": "cannot tell"}


class Column(NamedTuple):
    """One column of a table for people.

    kind: `text`, `model`, `verdict`, `count` (whole numbers), `credit` (counts with a fraction),
    `decimal` (two places), `money`, `percent` (from a
    share) or `shift` (a difference of shares, with its sign). fields: the one column it shows, or
    the two limits of an interval. is_simulated: its figures rest on drawn money.
    """

    label: str
    kind: str
    fields: tuple[str, ...]
    is_simulated: bool = False


def column(label: str, kind: str, *fields: str, is_simulated: bool = False) -> Column:
    return Column(label, kind, fields, is_simulated)


def text(value: Any, kind: str) -> str:
    """One value as text; `-` where it is not known."""
    if pd.isna(value):
        return UNKNOWN
    match kind:
        case "verdict":
            return VERDICTS[value]
        case "model":
            return model_label(value)
        case "text":
            return str(value)
    number = round(float(value), 6) + 0.0  # + 0.0: no minus before a zero
    match kind:
        case "count":
            return f"{number:,.0f}"
        case "credit":
            return f"{number:,.1f}".removesuffix(".0")
        case "decimal":
            return f"{round(number, 2) + 0.0:,.2f}"
        case "money":
            digits = 0 if abs(number) >= 1000 else 2
            return f"{round(number, digits) + 0.0:,.{digits}f}"
        case "shift":
            return f"{round(100 * number, 1) + 0.0:+,.1f}"
        case "percent":
            return f"{round(number, 3) + 0.0:,.1%}"
    raise ValueError(kind)


def interval(low: Any, high: Any, kind: str) -> str:
    """Two limits as `low to high`; `-` where either is not known."""
    if pd.isna(low) or pd.isna(high):
        return UNKNOWN
    return f"{text(low, kind)} to {text(high, kind)}"


def cell(row: Mapping[Hashable, Any], shown: Column) -> str:
    """The text of one cell."""
    values = [row[field] for field in shown.fields]
    return interval(*values, shown.kind) if len(values) == 2 else text(values[0], shown.kind)


def model_label(attribution_model: str) -> str:
    return attribution_model.replace("_", " ").capitalize()


def marked(value: Any, kind: str) -> str:
    """A number for a sentence: `plain` writes it out, the page in the reader's own format."""
    return UNKNOWN if pd.isna(value) else f"\x02{kind} {float(value)!r}\x03"


MARKED = re.compile("\x02([a-z]+) ([^\x03]+)\x03")


def plain(sentence: str) -> str:
    """A sentence with its marked numbers written out."""
    return MARKED.sub(lambda found: text(float(found[2]), found[1]), sentence)
