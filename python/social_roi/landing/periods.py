"""Days and periods as reports write them, in the languages of words.yml."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from social_roi.landing.layouts import words

EXCEL_DAYS = range(20_000, 80_000)
EXCEL_EPOCH = date(1899, 12, 30)
Period = tuple[date, date]


def read_period(text: str, unit: str, order: str) -> Period | None:
    """First and last day of a cell of days, weeks or months; None where there is none in it.

    unit: `day`, `week` or `month`. order: `m-d-y` or `d-m-y`, for dates with the year last.
    """
    text = unicodedata.normalize("NFKC", text).strip().lower()
    days = list(days_in(text, order))
    if len(days) == 2 and days[0] <= days[1]:
        return days[0], days[1]
    if len(days) != 1:
        return _week_or_month(text, unit) if not days else None
    [day] = days
    if unit == "week":
        return day, day + timedelta(days=6)
    if unit == "month":
        return day.replace(day=1), _last_of_month(day)
    return day, day


def days_in(text: str, order: str) -> Iterator[date]:
    """All days that a text names, in its order."""
    text = unicodedata.normalize("NFKC", text).strip().lower()
    if re.fullmatch(r"\d{5}(\.0+)?", text) and int(text[:5]) in EXCEL_DAYS:
        yield EXCEL_EPOCH + timedelta(days=int(text[:5]))
        return
    for found in _pattern().finditer(text):
        parts = {key: value for key, value in found.groupdict().items() if value}
        if "y1" in parts:
            numbers = parts["y1"], parts["m1"], parts["d1"]
        elif "y2" in parts:
            numbers = parts["y2"], parts["m2"], parts["d2"]
        elif "y3" in parts:
            first, second = parts["a3"], parts["b3"]
            month, day = (first, second) if order == "m-d-y" else (second, first)
            year = parts["y3"] if len(parts["y3"]) == 4 else f"20{parts['y3']}"
            numbers = year, month, day
        elif "y4" in parts:
            numbers = parts["y4"], _months()[parts["n4"]], parts["d4"]
        elif "y5" in parts:
            year = parts["y5"] if len(parts["y5"]) == 4 else f"20{parts['y5']}"
            numbers = year, _months()[parts["n5"]], parts["d5"]
        else:
            numbers = parts["y6"], parts["m6"], parts["d6"]
        try:
            yield date(*map(int, numbers))
        except ValueError:
            continue


def is_day(text: str) -> bool:
    """Whether a text is a day and nothing else."""
    return bool(_pattern().fullmatch(unicodedata.normalize("NFKC", text).strip().lower()))


def orders_of(text: str) -> set[str]:
    """The orders in which a date with the year last can be read; empty for other dates."""
    found = re.match(r"\D*(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})\b", text)
    if not found:
        return set()
    first, second = int(found[1]), int(found[2])
    return {
        order
        for order, month, day in (("m-d-y", first, second), ("d-m-y", second, first))
        if 1 <= month <= 12 and 1 <= day <= 31
    }


def _week_or_month(text: str, unit: str) -> Period | None:
    week = r"(?:w|kw|cw|week|woche|semaine|sem\.?|semana)"
    if found := re.fullmatch(
        rf"(?P<y1>\d{{4}})[-/ ]?{week} ?(?P<w1>\d{{1,2}})"
        rf"|{week} ?(?P<w2>\d{{1,2}})[-/, ]+(?P<y2>\d{{4}})",
        text,
    ):
        try:
            monday = date.fromisocalendar(
                int(found["y1"] or found["y2"]), int(found["w1"] or found["w2"]), 1
            )
        except ValueError:
            return None
        return monday, monday + timedelta(days=6)
    month = None
    if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})", text):
        month = int(found[1]), int(found[2])
    elif found := re.fullmatch(rf"({_month_names()})\.?,? (?:de )?(\d{{4}})", text):
        month = int(found[2]), _months()[found[1]]
    elif unit == "month" and (
        # as spreadsheets write them; elsewhere it is a day without its year
        found := re.fullmatch(rf"({_month_names()})\.?[- '](\d{{2}})", text)
    ):
        month = 2000 + int(found[2]), _months()[found[1]]
    elif found := re.fullmatch(r"(\d{1,2})[-/.](\d{4})", text):
        month = int(found[2]), int(found[1])
    elif found := re.fullmatch(r"(\d{4})年(\d{1,2})月", text):
        month = int(found[1]), int(found[2])
    if not month or not 1 <= month[1] <= 12:
        return None
    first = date(*month, 1)
    return first, _last_of_month(first)


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@cache
def _months() -> dict[str, int]:
    return {name: number for number, names in words()["months"].items() for name in names}


@cache
def _month_names() -> str:
    return "|".join(sorted(map(re.escape, _months()), key=len, reverse=True))


@cache
def _pattern() -> re.Pattern[str]:
    names = _month_names()
    return re.compile(
        rf"""
        (?<!\d)(?P<y1>\d{{4}})[-/.](?P<m1>\d{{1,2}})[-/.](?P<d1>\d{{1,2}})(?!\d)
        | (?<!\d)(?P<y2>(?:19|20)\d{{2}})(?P<m2>0\d|1[0-2])(?P<d2>[0-3]\d)(?!\d)
        | (?<!\d)(?P<a3>\d{{1,2}})[-/.](?P<b3>\d{{1,2}})[-/.](?P<y3>\d{{4}}|\d{{2}})(?!\d)
        | (?<!\w)(?P<n4>{names})\.?\ (?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?\ (?P<y4>\d{{4}})(?!\d)
        | (?<!\d)(?P<d5>\d{{1,2}})(?:\.|º|er)?[-\ ](?:de\ )?(?P<n5>{names})
            \.?,?[-\ ](?:de\ )?(?P<y5>\d{{4}}|\d{{2}})(?![\d:])
        | (?P<y6>\d{{4}})年(?P<m6>\d{{1,2}})月(?P<d6>\d{{1,2}})日
        """,
        re.VERBOSE,
    )
