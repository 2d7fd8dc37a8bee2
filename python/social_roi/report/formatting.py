"""Labels and number formats, the same in the terminal and on the page."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from social_roi.report.types import Column, Row

UNKNOWN = "-"

VERDICTS = {
    "pays_back": "pays back",
    "loses": "loses money",
    "cannot_tell": "cannot tell",
    "claims_to_pay_back": "claims to pay back",
    "loses_by_own_count": "loses even by its own count",
}


# kinds of the measures that a table has in its rows
MEASURES = {"conversions": "credit", "revenue": "cents", "spend": "cents", "roi": "roi"}


def is_null(value: Any) -> bool:
    """None or NaN."""
    return value is None or value != value


def text(value: Any, kind: str) -> str:
    """One value as text; `-` for null."""
    if is_null(value):
        return UNKNOWN
    match kind:
        case "verdict":
            return VERDICTS[value]
        case "model":
            return model_label(value)
        case "text":
            return str(value)
    match kind:
        case "count":
            return f"{_rounded(value, 0):,}"
        case "credit":
            return f"{_rounded(value, 1):,}".removesuffix(".0")
        case "decimal" | "cents":
            return f"{_rounded(value, 2):,}"
        case "roi":
            percent = _rounded(value, 0, scale=100)
            return f"{percent:+,}%" if percent else "0%"
        case "roas":
            return f"{_rounded(value, 2):,}x"
        case "whole":
            return f"{_rounded(value, 0):,}"
        case "money":
            return f"{_rounded(value, 0 if abs(value) >= 1000 else 2):,}"
        case "advice":
            return f"{Decimal(f'{Decimal(repr(float(value))):.1e}'):,f}"
        case "shift":
            return f"{_rounded(value, 1, scale=100):+,}"
        case "percent":
            return f"{_rounded(value, 1, scale=100):,}%"
        case "ctr":
            return f"{_rounded(value, 2, scale=100):,}%"
    raise ValueError(kind)


def _rounded(value: Any, digits: int, scale: int = 1) -> Decimal:
    """Rounded half to even from the shortest decimal, as browsers do; never minus zero."""
    exact = Decimal(repr(float(value))) * scale
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN) + 0


def interval(low: Any, high: Any, kind: str) -> str:
    """Two limits as `low to high`; `-` when either is null."""
    if is_null(low) or is_null(high):
        return UNKNOWN
    return f"{text(low, kind)} to {text(high, kind)}"


def cell(row: Row, shown: Column) -> str:
    """The text of one cell."""
    values = [row[field] for field in shown.fields]
    kind = kind_of(row, shown)
    return interval(*values, kind) if len(values) == 2 else text(values[0], kind)


def kind_of(row: Row, shown: Column) -> str:
    """The kind of a cell: of a column `measure` that of the row's measure."""
    return MEASURES[row["measure"]] if shown.kind == "measure" else shown.kind


def joined(names: Sequence[str]) -> str:
    """`a`, `a and b` or `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def model_label(attribution_model: str) -> str:
    return attribution_model.replace("_", " ").capitalize().replace("Roi", "ROI")


def marked(value: Any, kind: str) -> str:
    """A number in a sentence: `plain` formats it for the terminal, the page for the locale."""
    return UNKNOWN if is_null(value) else f"\x02{kind} {float(value)!r}\x03"


MARKED = re.compile("\x02([a-z]+) ([^\x03]+)\x03")


def plain(sentence: str) -> str:
    """A sentence with its marked numbers formatted."""
    return MARKED.sub(lambda found: text(float(found[2]), found[1]), sentence)


def between(low: Any, high: Any, kind: str) -> str:
    """Two limits of an interval, for a sentence."""
    return "unknown" if is_null(low) else f"{marked(low, kind)} to {marked(high, kind)}"


def rate_in_words(row: Row, rate: str) -> str:
    """A rate with its confidence interval, for a sentence."""
    kind = "ctr" if rate == "ctr" else "percent"
    limits = between(row[f"{rate}_low"], row[f"{rate}_high"], kind)
    return f"{marked(row[rate], kind)} ({limits})"


def say_interval(sentence: str) -> str:
    """Name the confidence interval in the first brackets of a sentence; the others are alike."""
    return sentence.replace(" (\x02", " (95\u00a0%\u00a0confidence interval \x02", 1)
