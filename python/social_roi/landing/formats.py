"""The formats of one file: its date order and decimal mark, and the canonical text of its cells."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from social_roi.landing.sql import literal

NUMBER_KINDS = ("integer", "decimal")
BLANKS = " \t\r\n\v\f\u00a0\u202f\ufeff"
# Words that exports write where they have nothing: in text (also in macros/parse.sql, where staging
# takes them out), and in numbers and dates, where no name can be meant.
WORDS_FOR_NOTHING = (
    *("-", "--", "null", "(null)", "<null>", "[null]", "none", "(none)", "nan", "n/a", "#n/a"),
    *("<na>", "nat", "undefined", "(not set)", "not set", "(not provided)", "(blank)", "(empty)"),
    *("\u2013", "\u2014"),  # dashes
)
NULL_WORDS = (*WORDS_FOR_NOTHING, "na", "nil")
# As databases write it, and only in upper case.
NULL_SIGN = r"\N"

# What a number looks like, by decimal mark and kind: digits, alone or in groups of three, with a
# point also in India's groups of two above the last three.
GROUP = {".": "[, '\u2019\u00a0\u202f]", ",": "[. '\u2019\u00a0\u202f]"}
IN_INDIA = {".": r"|[1-9]\d?(,\d{2})+,\d{3}", ",": ""}
NUMBER = {
    (mark, kind): rf"[+-]?(\d+|[1-9]\d{{0,2}}({GROUP[mark]}\d{{3}})+{IN_INDIA[mark]})"
    + fraction.replace("m", point)
    for mark, point in ((".", r"\."), (",", ","))
    for kind, fraction in (("integer", "(m0*)?"), ("decimal", r"(m\d*)?|[+-]?m\d+"))
}
CANONICAL_NUMBER = {"integer": r"-?\d+", "decimal": r"-?\d+(\.\d+)?"}
DAY_OR_MONTH_FIRST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
# How the three parts of such a date become year-month-day.
ORDERS = {"m-d-y": r"\3-\1-\2", "d-m-y": r"\3-\2-\1", "y-m-d": r"\0"}
ISO_TIME = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}(:?\d{2})?)?)?"
ANY_TIME = (
    r"\d{4}-\d{1,2}-\d{1,2}([T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
    r"( ?[AaPp][Mm]| ?(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?))?)?"
)

MACROS = rf"""
-- A cell of a date or number column, null where it holds a word for nothing.
create macro typed(cell) as case
    when lower(cell) not in {NULL_WORDS} and cell <> '{NULL_SIGN}' then cell
end;

create macro number_text(cell, pattern, simple, group_mark, decimal_mark, lone_end) as case
    when regexp_full_match(cell, simple) then cell
    when regexp_full_match(cell, pattern) then regexp_replace(
        regexp_replace(
            replace(regexp_replace(cell, '[+]|' || group_mark, '', 'g'), decimal_mark, '.'),
            lone_end,
            ''
        ),
        '^(-?)\.',
        '\10.'
    )
    else typed(cell)
end;

-- 1.5E+3 is exact in a decimal, it would not be in a double.
create macro plain_digits(cell) as case
    when regexp_full_match(cell, '[+-]?\d+(\.\d+)?[eE][+-]?\d+')
    then coalesce(rtrim(rtrim(try_cast(cell as decimal(38, 12))::varchar, '0'), '.'), cell)
    else cell
end;

-- Year first with hyphens, not yet checked. parts: how a date with the year last is turned.
create macro iso(cell, parts) as regexp_replace(
    regexp_replace(
        regexp_replace(cell, '^(\d{{4}})[/.](\d{{1,2}})[/.]', '\1-\2-'),
        '^(\d{{4}})(\d{{2}})(\d{{2}})$',
        '\1-\2-\3'
    ),
    '{DAY_OR_MONTH_FIRST}',
    parts
);

-- try_cast knows offsets, if they follow the time at once, and no 12-hour clock.
create macro iso_instant(cell) as case
    when not regexp_full_match(cell, '{ANY_TIME}') then null
    when regexp_matches(cell, '[AaPp][Mm]') then cast(try_strptime(
        regexp_replace(cell, ' ?([AaPp][Mm]).*$', ' \1'),
        ['%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M:%S.%f %p']
    ) as timestamptz)
    else try_cast(
        regexp_replace(
            regexp_replace(cell, ' ?(UTC|GMT|Z|z)$', ''), ' ([+-]\d+(:\d+)?)$', '\1'
        ) as timestamptz
    )
end;

-- DuckDB takes year 0 for the year before 1, and 24:00 for the next day; Athena does neither.
create macro has_day(cell) as
    cell not like '0000%' and not contains(cell, ' 24:') and not contains(cell, 'T24:');

create macro instant(cell, parts) as case
    when has_day(iso(cell, parts)) then iso_instant(iso(cell, parts))
end;

create macro date_text(cell, moment, parts) as case
    when moment is null then typed(cell)
    -- a moment without a day in it, such as infinity, is left to staging
    else coalesce(
        try_cast(regexp_extract(iso(cell, parts), '^\d+-\d+-\d+') as date)::varchar, typed(cell)
    )
end;

create macro time_text(cell, moment) as case
    when moment is null then typed(cell)
    when microsecond(moment) % 1000000 < 1000 then date_trunc('second', moment::timestamp)::varchar
    else strftime(moment::timestamp, '%Y-%m-%d %H:%M:%S.%g')
end;
"""


@dataclass(frozen=True)
class Formats:
    """The formats of one file. date_order is None where every date is plain ISO. decimal_ids: the
    columns whose ids are all written as numbers. Formats that read the same are equal, whatever
    their warnings.

    is_order_open: all dates fit both orders. Then the order is that of a similar file, if one is
    known, else month first with slashes, day first with dashes or dots. A tie
    of the decimal marks, as in `1,234`, means a decimal comma where `;` delimits, else a point.
    """

    decimal_mark: str
    date_order: str | None
    warnings: list[str] = field(compare=False)
    decimal_ids: frozenset[str] = frozenset()
    is_order_open: bool = field(default=False, compare=False)


class FormatCounts(NamedTuple):
    """How many values can be read with each format.

    points, commas, undecided: with a mark, as numbers with a decimal point, a comma, or both.
    others: times that are not ISO. year_last: dates with day or month first, of which months and
    days are valid in that order, and slashes have a slash.
    """

    points: int = 0
    commas: int = 0
    undecided: int = 0
    others: int = 0
    months: int = 0
    days: int = 0
    slashes: int = 0
    year_last: int = 0


def add_up(counts: Iterable[FormatCounts]) -> FormatCounts:
    return FormatCounts(*map(sum, zip(FormatCounts(), *counts, strict=True)))


class KnownOrder(NamedTuple):
    """The date order of a similar file, and its name."""

    date_order: str
    name: str


def choose_formats(
    counts: FormatCounts, delimiter: str, similar: KnownOrder | None = None
) -> Formats:
    """Choose what reads most of the values that were counted; see Formats for ties."""
    points, commas, undecided, others, months, days, slashes, year_last = counts
    warnings = []
    mark = "," if commas > points or (undecided and commas == points and delimiter == ";") else "."
    if undecided and commas == points:
        example = "1.234" if mark == "," else "1234"
        warnings.append(f"numbers such as 1,234 can be read in two ways, taken as {example}")
    if not year_last:
        return Formats(mark, "y-m-d" if others else None, warnings)
    if months != days:
        return Formats(mark, "m-d-y" if months > days else "d-m-y", warnings)
    if similar:
        order = similar.date_order
        warnings.append(f"dates can be read in two ways, taken as {order} like {similar.name}")
    else:
        order = "m-d-y" if 2 * slashes > year_last else "d-m-y"
        warnings.append(
            f"dates can be read in two ways, taken as {order}: land it beside a file with the same "
            "columns and a day above 12, or write dates as 2026-01-31"
        )
    return Formats(mark, order, warnings, is_order_open=True)


def canonical(
    con: duckdb.DuckDBPyConnection, values: pa.ChunkedArray, kind: str, formats: Formats
) -> tuple[pa.ChunkedArray, FormatCounts]:
    """The text that is landed of numbers, dates or times, and the evidence for the formats.

    A value that cannot be read is kept as it is.
    """
    if values.null_count == len(values):
        return values, FormatCounts()
    if kind == "timestamp" and (times := iso_times(values)) is not None:
        return times, FormatCounts()
    if kind in NUMBER_KINDS:
        counts = _count_numbers(values, kind)
        simple = CANONICAL_NUMBER[kind if formats.decimal_mark == "." else "integer"]
        if not pc.any(pc.invert(matches(values, simple))).as_py():
            return values, counts
    else:
        counts = _count_times(con, values)
    # Each distinct value once.
    encoded = values.combine_chunks().dictionary_encode()
    con.register("texts", pa.table({"cell": encoded.dictionary}))
    texts = con.sql(f"select {canonical_text('cell', kind, formats)} from texts").to_arrow_table()
    return pa.chunked_array([texts.column(0).combine_chunks().take(encoded.indices)]), counts


def matches(values: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """Whether the pattern matches the whole value."""
    return pc.match_substring_regex(values, f"^(?:{pattern})$")


def _count_numbers(values: pa.ChunkedArray, kind: str) -> FormatCounts:
    marked = values.filter(pc.match_substring_regex(values, "[.,]"))
    point, comma = (matches(marked, NUMBER[mark, kind]) for mark in ".,")
    both = pc.and_(pc.and_(point, comma), pc.match_substring(marked, ","))
    return FormatCounts(*(pc.sum(flags).as_py() or 0 for flags in (point, comma, both)))


def _count_times(con: duckdb.DuckDBPyConnection, values: pa.ChunkedArray) -> FormatCounts:
    others = values.filter(pc.invert(matches(values, ISO_TIME)))
    if not len(others):
        return FormatCounts()
    con.register("texts", pa.table({"cell": others}))
    month_first, day_first = (
        f"case when is_local then instant(cell, {literal(ORDERS[order])}) end is not null"
        for order in ("m-d-y", "d-m-y")
    )
    [counts] = con.execute(f"""
        select
            count(*) filter (where typed(cell) is not null),
            count(*) filter (where {month_first}),
            count(*) filter (where {day_first}),
            count(*) filter (where is_local and contains(cell, '/')),
            count(*) filter (where is_local)
        from (
            select cell, regexp_matches(cell, {literal(DAY_OR_MONTH_FIRST)}) as is_local from texts
        )
    """).fetchall()
    return FormatCounts(0, 0, 0, *counts)


def iso_times(values: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The canonical text of times that are all written as `2026-01-05T10:11:12Z`, or all so without
    the `Z`; else None. The same as by `canonical_text`, in a fraction of the time.
    """
    lengths = pc.min_max(pc.binary_length(values)).as_py()
    zone = {19: None, 20: "UTC"}
    if lengths["min"] != lengths["max"] or lengths["max"] not in zone:
        return None
    try:
        pc.cast(values, pa.timestamp("s", zone[lengths["max"]]))
    except pa.ArrowInvalid:
        return None
    if pc.any(pc.starts_with(values, "0000")).as_py():
        return None
    return pc.binary_replace_slice(pc.binary_replace_slice(values, 19, 20, ""), 10, 11, " ")


def canonical_text(cell: str, kind: str, formats: Formats) -> str:
    """SQL for the text that is landed of a number, date or time."""
    if kind in NUMBER_KINDS:
        mark = formats.decimal_mark
        simple = CANONICAL_NUMBER[kind if mark == "." else "integer"]
        lone_end = r"\.0*$" if kind == "integer" else r"\.$"
        arguments = (NUMBER[mark, kind], simple, GROUP[mark], mark, lone_end)
        text = f"number_text({cell}, {', '.join(map(literal, arguments))})"
        return text if kind == "integer" else f"plain_digits({text})"
    parts = literal(ORDERS[formats.date_order or "y-m-d"])
    # Where all cells are ISO (or words for null) the cast alone is right, and three times as fast.
    moment = (
        f"instant({cell}, {parts})"
        if formats.date_order
        else f"try_cast(case when has_day({cell}) then {cell} end as timestamptz)"
    )
    if kind == "date":
        return f"date_text({cell}, {moment}, {parts})"
    return f"time_text({cell}, {moment})"
