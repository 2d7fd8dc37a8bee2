"""Cells of reports: names, words for totals, signs of money, masks; each distinct text once."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from social_roi.landing.formats import FormatCounts
from social_roi.landing.layouts import header_key, words
from social_roi.landing.periods import orders_of

NO_NAMES = ["-", "--", "\u2013", "\u2014"]
MASK = re.compile(r"[<>≤≥]\s*[\d.,]+\s*%?")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@cache
def total_pattern() -> str:
    """A total word alone, before a colon, or as in `total of 12 results`. For header keys."""
    total = "|".join(sorted(map(re.escape, words()["totals"]), key=len, reverse=True))
    return "|".join([rf"({total})( ?:.*| of [\d.,]+ results?)?", *words()["total_patterns"]])


@cache
def every_pattern() -> str:
    return "|".join(map(re.escape, words()["all"]))


def named(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Names without the dashes that stand for none."""
    dashes = pc.is_in(values, pa.array(NO_NAMES))
    return pc.if_else(dashes, None, values) if pc.any(dashes).as_py() else values


def is_no_name(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether the text is the word for a total or for all. Each distinct text once."""
    encoded = values.combine_chunks().dictionary_encode()
    found = [_names_a_sum(text) for text in encoded.dictionary.to_pylist()]
    if not any(found):
        return pa.chunked_array([falses(len(values))])
    held = pa.array(found, pa.bool_()).take(encoded.indices)
    return pa.chunked_array([pc.fill_null(held, False)])


@lru_cache(1 << 16)
def _names_a_sum(text: str) -> bool:
    key = header_key(text)
    return bool(re.fullmatch(total_pattern(), key) or re.fullmatch(every_pattern(), key))


def falses(rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(False), rows)


def mapped(values: pa.ChunkedArray, change: Callable[[str], str | None]) -> pa.ChunkedArray:
    """Each text changed; each distinct one once."""
    encoded = values.combine_chunks().dictionary_encode()
    texts = [change(text) for text in encoded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string()).take(encoded.indices)])


def count_orders(texts: Sequence[str]) -> FormatCounts:
    """Dates by the orders in which they can be read; each text counts once."""
    others = [text for text in texts if text and not ISO_DAY.fullmatch(text)]
    orders = [orders_of(text) for text in others]
    readable = [one for one in orders if one]
    return FormatCounts(
        others=len(others),
        months=sum("m-d-y" in one for one in orders),
        days=sum("d-m-y" in one for one in orders),
        slashes=sum("/" in text for text, one in zip(others, orders, strict=True) if one),
        year_last=len(readable),
    )


def without_signs(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, frozenset[str], int]:
    """Numbers without signs of money, the currencies of the signs, and how many are masked.

    Masks such as `<5` and words for no value are null.
    """
    odd = pc.match_substring_regex(values, r"[^0-9.,]")
    if not pc.any(odd).as_py():
        return values, frozenset(), 0
    encoded = values.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    signs, masks, cleaned = set(), set(), []
    for number, text in enumerate(texts):
        if MASK.fullmatch(text):
            masks.add(number)
            cleaned.append(None)
        elif text.lower() in words()["no_value"]:
            cleaned.append(None)
        else:
            plain, sign = _without_sign(text)
            cleaned.append(plain)
            if sign:
                signs.add(sign)
    held = pc.is_in(encoded.indices, pa.array(sorted(masks), encoded.indices.type))
    masked = (pc.sum(held).as_py() or 0) if masks else 0
    plain = pa.chunked_array([pa.array(cleaned, pa.string()).take(encoded.indices)])
    return plain, frozenset(signs), masked


def signs_of(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The currency of each amount by its sign; null without one."""
    return mapped(values, lambda text: _without_sign(text)[1] if text else None)


def _without_sign(text: str) -> tuple[str, str | None]:
    """A number without its sign or code of money, and the currency."""
    found = _money_pattern().fullmatch(text)
    if not found:
        return text, None
    sign = found["before"] or found["after"]
    minus = "-" if found["bracket"] or found["minus"] == "-" else ""
    currency = words()["currencies"].get(sign, sign)
    return minus + found["number"], currency


@cache
def _money_pattern() -> re.Pattern[str]:
    signs = "|".join(sorted(map(re.escape, words()["currencies"]), key=len, reverse=True))
    sign = rf"(?:{signs}|[A-Z]{{3}})"
    return re.compile(
        rf"(?P<bracket>\()?\s*(?P<minus>[-+]?)\s*(?P<before>{sign})?\s*"
        rf"(?P<number>-?\d[\d.,'\u2019\s]*?|-?[.,]\d+)\s*(?P<after>{sign})?\s*\)?"
    )


def in_units(values: pa.ChunkedArray, places: int) -> pa.ChunkedArray:
    """Money in parts of its unit: 6 places are millionths, 2 are cents."""

    def units(text: str) -> str:
        try:
            return format(Decimal(text).scaleb(-places).normalize(), "f")
        except InvalidOperation:
            return text

    return mapped(values, units)


def has_other_than_zero(values: pa.ChunkedArray) -> bool:
    for part in (values[:1000], values[1000:]):
        if len(part) and pc.any(pc.match_substring_regex(part, "[1-9]")).as_py():
            return True
    return False
