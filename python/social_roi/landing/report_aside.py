"""What is no row of a report: totals, subtotals and footers."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from social_roi.landing.layouts import header_key, words
from social_roi.landing.records import RECORD_CHARACTERS, Reject
from social_roi.landing.report_cells import (
    NO_NAMES,
    every_pattern,
    falses,
    is_no_name,
    total_pattern,
)

TOTAL, SUBTOTAL, FOOTER = "total row", "subtotal row", "footer row"
HEADER = "the header again"


@dataclass(frozen=True)
class Aside:
    """Sets records aside. The cells (`c0`, ...) with names, days, breakdowns and measures; the
    header by cell, which stands again where files were put together."""

    names: list[str]
    times: list[str]
    breakdowns: list[str]
    measures: list[str]
    header: Mapping[str, str]
    delimiter: str

    def out_of(self, cells: pa.Table, is_pivot: bool) -> tuple[pa.Table, list[Reject], int, int]:
        """The records that are rows, the others as rejects, and how many of them speak for a pivot
        table: rows without a name, and subtotals with one."""
        nothing = falses(len(cells))
        names = [cells[name] for name in self.names]
        unnamed = reduce(pc.and_, map(pc.is_null, names)) if names else nothing
        times = [cells[name] for name in self.times[:1]]
        untimed = pc.is_null(times[0]) if times else nothing
        suspects = [unnamed, untimed]
        suspects += [is_no_name(column) for column in [*names, *times]]
        suspects += [is_no_name(cells[name]) for name in self.breakdowns]
        if not names and not times:
            suspects.append(pc.is_null(cells[self.measures[0]]))
        first = [*self.names, *self.times, *self.measures][0]
        suspects.append(pc.fill_null(pc.equal(cells[first], self.header[first]), False))
        suspect = reduce(pc.or_, suspects)
        if not pc.any(suspect).as_py():
            return cells, [], 0, 0
        rejects, aside, told = [], [], Counter()
        for row in cells.filter(suspect).to_pylist():
            line = row.pop("line")
            reason = self._reason(row, is_pivot, told)
            if reason is not None:
                aside.append(line)
                if reason:
                    text = self.delimiter.join(value or "" for value in row.values())
                    rejects.append((line, reason, text[:RECORD_CHARACTERS]))
        keep = pc.invert(pc.is_in(cells["line"], pa.array(aside, pa.int64())))
        return cells.filter(keep), rejects, told["unnamed"], told["subtotals"]

    def _reason(
        self, row: Mapping[str, str | None], is_pivot: bool, told: Counter[str]
    ) -> str | None:
        """Why a record is no row of data: a reason, `""` if nothing is in it, None if it is one."""
        filled = {cell: text for cell, text in row.items() if text and text not in NO_NAMES}
        if not filled:
            return ""
        if all(text == self.header[cell] for cell, text in filled.items()):
            return HEADER
        measures = [cell for cell in self.measures if cell in filled]
        if not measures and any(
            re.search(one, filled_text)
            for one in words()["footers"]
            for filled_text in map(str.lower, filled.values())
        ):
            return FOOTER
        if not measures and len(filled) == 1:
            return FOOTER
        lower = {cell: header_key(text) for cell, text in filled.items()}
        totals = {cell for cell, text in lower.items() if re.fullmatch(total_pattern(), text)}
        every = {cell for cell, text in lower.items() if re.fullmatch(every_pattern(), text)}
        with_colon = any(":" in lower[cell] for cell in totals)
        names = [name for name in self.names if name in filled and name not in totals | every]
        timed = [cell for cell in self.times if cell in filled and cell not in totals | every]
        split = [cell for cell in self.breakdowns if cell in filled and cell not in every]
        if (every | totals) & {*self.times, *self.breakdowns}:
            told["subtotals"] += bool(names)
            return SUBTOTAL if names else TOTAL
        if totals and (not names or (with_colon and not timed)):
            return TOTAL
        if every & {*self.names} and not names:
            return TOTAL
        if is_pivot and self.times and not timed:
            return SUBTOTAL
        if self.names and not names and measures:
            if self.times:
                told["unnamed"] += bool(timed)
                return None if timed else TOTAL
            return None if split else TOTAL
        return "period_start is missing" if self.times and not timed else None
