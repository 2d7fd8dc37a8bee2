"""The days and periods of a report: of its columns, else of the lines above its header."""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from social_roi.landing.formats import FormatCounts
from social_roi.landing.layouts import TIMES, Match, header_key, words
from social_roi.landing.periods import Period, days_in, is_day, read_period
from social_roi.landing.report_cells import count_orders

Texts = pa.Array | pa.ChunkedArray


class Periods(NamedTuple):
    """First and last days as text, one per row, and what they tell about the file.

    start, end: dates as 2026-01-31, else the text as it stands there. is_sure: all could be read.
    """

    start: Texts
    end: Texts
    orders: FormatCounts
    found: frozenset[Period]
    is_sure: bool


def read_periods(
    match: Match, cells: pa.Table, date_order: str | None, title_period: Period | None
) -> Periods:
    """The periods of a block of cells, each text read once."""
    order = date_order if date_order in ("m-d-y", "d-m-y") else "m-d-y"
    unit = next((role for role in TIMES if role in match.roles), None)
    if unit:
        return _of_one_column(cells[f"c{match.roles[unit]}"], unit, order)
    if "period_start" in match.roles:
        return _of_two_columns(match, cells, order)
    days = title_period or (None, None)
    start, end = (pa.repeat(pa.scalar(day and str(day), pa.string()), len(cells)) for day in days)
    return Periods(start, end, FormatCounts(), frozenset(), True)


def _of_one_column(column: pa.ChunkedArray, unit: str, order: str) -> Periods:
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    found = [read_period(text, unit, order) for text in texts]
    starts = [str(one[0]) if one else text for one, text in zip(found, texts, strict=True)]
    ends = [str(one[1]) if one else text for one, text in zip(found, texts, strict=True)]
    start, end = (pa.array(days, pa.string()).take(encoded.indices) for days in (starts, ends))
    return Periods(start, end, count_orders(texts), frozenset(filter(None, found)), all(found))


def _of_two_columns(match: Match, cells: pa.Table, order: str) -> Periods:
    first = cells[f"c{match.roles['period_start']}"].combine_chunks()
    last = first
    if "period_end" in match.roles:
        last = cells[f"c{match.roles['period_end']}"].combine_chunks()
    if first.equals(last):
        encoded = first.dictionary_encode()
        pairs = [(text, text) for text in encoded.dictionary.to_pylist()]
    else:
        joined = pc.binary_join_element_wise(
            pc.fill_null(first, ""), pc.fill_null(last, ""), "\x1f"
        )
        encoded = joined.dictionary_encode()
        pairs = [tuple(text.split("\x1f")) for text in encoded.dictionary.to_pylist()]
    starts, ends, periods, texts = [], [], set(), []
    for start_text, end_text in pairs:
        texts += [start_text, end_text]
        start = next(days_in(start_text, order), None)
        end = next(days_in(end_text, order), None) or (start if not end_text else None)
        if start and end and end > start and _ends_before(match, end_text):
            end = date.fromordinal(end.toordinal() - 1)
        starts.append(str(start) if start else start_text or None)
        ends.append(str(end) if end else end_text or None)
        if start and end:
            periods.add((start, end))
    start, end = (pa.array(days, pa.string()).take(encoded.indices) for days in (starts, ends))
    is_sure = len(periods) == len(pairs) and all(start <= end for start, end in periods)
    return Periods(start, end, count_orders(texts), frozenset(periods), is_sure)


def _ends_before(match: Match, text: str) -> bool:
    """Whether the last day is the one before the day of the text."""
    if not match.setting("end_is_exclusive", False):
        return False
    times = re.findall(r"\d{1,2}:\d{2}(?::\d{2})?", text)
    return not times or not re.search("[1-9]", times[0])


def read_titles(match: Match, titles: Sequence[str]) -> tuple[Period | None, str | None]:
    """The period and the time zone that the lines above a header tell."""
    rules = match.setting("titles", {})
    # nobody who writes in these languages puts the month first
    day_first = match.language in words()["decimal_comma"]
    order = match.setting("date_order") or ("d-m-y" if day_first else "m-d-y")
    start = end = zone = None
    for title in titles:
        text = header_key(title)
        days = list(days_in(text, order))
        begins = {
            name: next((text.split(mark, 1)[1] for mark in marks if text.startswith(mark)), None)
            for name, marks in rules.items()
        }
        if begins.get("period_start") and days:
            start = days[0]
        elif begins.get("period_end") and days:
            end = days[0]
        elif begins.get("report_zone"):
            original = title.strip().strip('"').split(":", 1)[1].strip()
            zones = match.setting("zones", {})
            zone = next((zones[one] for one in zones if one in original), original)
        elif not rules and not (start or end) and (len(days) == 2 or is_day(title.strip(' ",;\t'))):
            start, end = days[0], days[-1]
    period = (start, end) if start and end and start <= end else None
    return period, zone
