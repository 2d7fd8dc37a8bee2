"""What a spreadsheet program would take for a formula."""

from typing import Any
from unicodedata import normalize

# Text that a spreadsheet would take for a formula begins with one of these.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def without_formula(value: Any) -> Any:
    """The value; text that looks like a formula with an apostrophe before it."""
    # full-width, small and raised signs are signs to some spreadsheets
    if isinstance(value, str) and normalize("NFKC", value[:1]) in FORMULA_STARTS:
        return f"'{value}"
    return value
