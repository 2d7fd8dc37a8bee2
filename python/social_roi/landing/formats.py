"""The formats of one file: its date order and decimal mark, and the canonical text of its cells."""

from dataclasses import dataclass

import duckdb

from social_roi.contract import Column
from social_roi.landing.sql import literal

NUMBER_KINDS = ("integer", "decimal")
BLANKS = " \t\r\n\v\f\u00a0\u202f\ufeff"
NULL_WORDS = ("--", "-", "null", "none", "n/a", "na", "nan", "nil", "#n/a")

# What a number looks like, by decimal mark and kind: digits, alone or in groups of three.
GROUP = {".": "[, '\u00a0\u202f]", ",": "[. '\u00a0\u202f]"}
NUMBER = {
    (mark, kind): rf"[+-]?(\d+|[1-9]\d{{0,2}}({GROUP[mark]}\d{{3}})+)"
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
-- The first branch is a matter of speed only: four times as fast as trim with a list of blanks.
create macro trimmed(cell) as case
    when regexp_full_match(cell, '[!-~]([ -~]*[!-~])?') then cell
    else nullif(trim(cell, '{BLANKS}'), '')
end;

-- A cell of a date or number column, null where it holds a word for null.
create macro typed(cell) as case when lower(cell) not in {NULL_WORDS} then cell end;

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

create macro instant(cell, parts) as iso_instant(iso(cell, parts));

create macro date_text(cell, moment, parts) as case
    when moment is null then typed(cell)
    else regexp_extract(iso(cell, parts), '^\d+-\d+-\d+')::date::varchar
end;

create macro time_text(cell, moment) as case
    when moment is null then typed(cell)
    when epoch_us(moment) % 1000000 < 1000 then moment::timestamp::varchar
    else strftime(moment::timestamp, '%Y-%m-%d %H:%M:%S.%g')
end;
"""


@dataclass(frozen=True)
class Formats:
    """The formats of one file. date_order is None where every date is plain ISO.

    A tie of the date orders means month first with slashes, day first with dashes or dots. A tie
    of the decimal marks, as in `1,234`, means a decimal comma where `;` delimits, else a point.
    """

    decimal_mark: str
    date_order: str | None
    warnings: list[str]


def learn_formats(
    con: duckdb.DuckDBPyConnection, cells: dict[str, Column], delimiter: str
) -> Formats:
    """Choose over all values of the file what reads most of them; see Formats for ties."""

    def count(conditions: list[str]) -> str:
        return (
            " + ".join(f"count(*) filter (where {c})" for c in conditions)
            or "count(*) filter (where false)"
        )

    numbers = {cell: c.kind for cell, c in cells.items() if c.kind in NUMBER_KINDS}
    # A filter computes all its parts for all rows, a `case` only what is asked for.
    point, comma = (
        {
            cell: f"case when regexp_matches({cell}, '[.,]') "
            f"then regexp_full_match({cell}, {literal(NUMBER[mark, kind])}) end"
            for cell, kind in numbers.items()
        }
        for mark in ".,"
    )
    both = [f"contains({c}, ',') and {point[c]} and {comma[c]}" for c in numbers]
    times = [cell for cell, column in cells.items() if column.kind in ("date", "timestamp")]
    other = [f"not regexp_full_match(typed({cell}), {literal(ISO_TIME)})" for cell in times]
    local = {cell: f"regexp_matches({cell}, {literal(DAY_OR_MONTH_FIRST)})" for cell in times}
    month_first, day_first = (
        [
            f"case when {local[c]} then instant({c}, {literal(ORDERS[order])}) end is not null"
            for c in times
        ]
        for order in ("m-d-y", "d-m-y")
    )
    slash = [f"{local[cell]} and contains({cell}, '/')" for cell in times]
    conditions = ([*point.values()], [*comma.values()], both, other)
    conditions += (month_first, day_first, slash, [*local.values()])
    [counts] = con.execute(f"select {', '.join(map(count, conditions))} from records").fetchall()
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
    order = "m-d-y" if 2 * slashes > year_last else "d-m-y"
    warnings.append(f"dates can be read in two ways, taken as {order}")
    return Formats(mark, order, warnings)


def canonical_text(cell: str, kind: str, formats: Formats) -> str:
    """SQL for the text that is landed; what cannot be read stays as it was."""
    if kind == "text":
        return f"nullif({cell}, '--')"
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
        f"instant({cell}, {parts})" if formats.date_order else f"try_cast({cell} as timestamptz)"
    )
    if kind == "date":
        return f"date_text({cell}, {moment}, {parts})"
    return f"time_text({cell}, {moment})"
