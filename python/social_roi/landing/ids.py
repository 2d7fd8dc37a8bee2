"""Ids that a spreadsheet or a data frame wrote as numbers: `1201.0`, or `1.2E+15`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from social_roi.landing.formats import NULL_SIGN, WORDS_FOR_NOTHING, Formats

DECIMAL = r"^\d+\.0+$"
# A point or a plus sign must be there: `50e00` is an id of its own.
SHORTENED = r"^\d(\.\d+)?[eE]\+\d{2}$"


class IdCounts(NamedTuple):
    """Of the ids of a column: how many there are, end with `.0`, or have an exponent."""

    ids: int = 0
    decimal: int = 0
    shortened: int = 0

    @property
    def are_all_numbers(self) -> bool:
        """Whether every id is written as such a number: then their digits are the ids."""
        return 0 < self.decimal + self.shortened == self.ids


def count_ids(values: pa.ChunkedArray) -> IdCounts:
    """How ids are written. Words for nothing are none."""
    filled = len(values) - values.null_count
    decimal = shortened = 0
    # searching a text costs a fifth of a pattern, and few files have any
    if pc.any(pc.match_substring(values, ".0")).as_py():
        decimal = pc.sum(pc.match_substring_regex(values, DECIMAL)).as_py()
    if pc.any(pc.match_substring(values, "+")).as_py():
        shortened = pc.sum(pc.match_substring_regex(values, SHORTENED)).as_py()
    if decimal or shortened:
        words = pc.is_in(pc.utf8_lower(values), pa.array(WORDS_FOR_NOTHING))
        nothing = pc.or_(words, pc.equal(values, NULL_SIGN))
        filled -= pc.sum(pc.and_(nothing, pc.is_valid(values))).as_py() or 0
    return IdCounts(filled, decimal, shortened)


def add_up_ids(counts: Iterable[Mapping[str, IdCounts]]) -> dict[str, IdCounts]:
    """By column: the sums over blocks."""
    total: dict[str, IdCounts] = {}
    for block in counts:
        for column, of_block in block.items():
            before = total.get(column, IdCounts())
            total[column] = IdCounts(*map(sum, zip(before, of_block, strict=True)))
    return total


def with_ids(formats: Formats, counts: Mapping[str, IdCounts]) -> Formats:
    """The formats of a file whose ids are written in this way."""
    decimal = frozenset(column for column, ids in counts.items() if ids.are_all_numbers)
    warnings = [*formats.warnings, *id_warnings(counts)]
    return replace(formats, decimal_ids=decimal, warnings=warnings)


def without_decimals(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """`1201` for `1201.0`, `1200000000000000` for `1.2E+15`; other texts as they are."""
    values = pc.replace_substring_regex(values, r"^(\d+)\.0+$", r"\1")
    if not pc.any(pc.match_substring_regex(values, SHORTENED)).as_py():
        return values
    encoded = values.combine_chunks().dictionary_encode()
    is_shortened = pc.match_substring_regex(encoded.dictionary, SHORTENED).to_pylist()
    texts = [
        format(Decimal(text), "f") if is_number else text
        for text, is_number in zip(encoded.dictionary.to_pylist(), is_shortened, strict=True)
    ]
    return pa.chunked_array([pa.array(texts, pa.string()).take(encoded.indices)])


def id_warnings(counts: Mapping[str, IdCounts]) -> list[str]:
    """What was assumed about ids that are written as numbers."""
    warnings = []
    for column, (ids, decimal, shortened) in counts.items():
        numbers = decimal + shortened
        if not numbers:
            continue
        text = (
            f"every {column} is written as a number such as 1201.0, read as 1201"
            if numbers == ids
            else f"{numbers:,} of {ids:,} values of {column} are written as numbers such as 1201.0 "
            "and others are not: kept as they are, they match no 1201"
        )
        if shortened:
            text += f" ({shortened:,} such as 1.2E+15, whose last digits a spreadsheet has cut)"
        warnings.append(f"{text}; save ids as text")
    return warnings
