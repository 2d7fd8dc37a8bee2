"""Records of one file that cannot be used: rejected by landing, or by staging later on.

Landing counts both, so that a bad file is refused before it replaces anything. The rules are the
`reject_reason` of models/staging in the same order and words, over the text that was landed;
tests/python/test_land_staging.py checks that they agree.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from social_roi.landing.formats import CANONICAL_NUMBER, NULL_SIGN, WORDS_FOR_NOTHING
from social_roi.landing.raw_tables import EVENT_TYPES
from social_roi.landing.sql import literal, parquet_rows

EXAMPLE_CHARACTERS = 60
REASONS_SHOWN = 3
TOTAL_ROW = "total row"
UNKNOWN_EVENT = "event_type is unknown"
# Set aside rightly: no reason to refuse a file.
LATER_SYNC = "replaced by a later sync"
NO_ORDER = "no order"
ITEM_LINE = "line of an item"
NO_RECORDS = (
    TOTAL_ROW,
    "subtotal row",
    "footer row",
    "the header again",
    LATER_SYNC,
    NO_ORDER,
    ITEM_LINE,
)


class Rule(NamedTuple):
    """Why a row is rejected, the column that caused it, and the SQL condition."""

    reason: str
    column: str
    condition: str


class Unusable(NamedTuple):
    """Records with one reason: how many, the first one's line, and its text if any.

    found: the cell that caused it, or the whole record that is not a row.
    """

    reason: str
    records: int
    line: int
    found: str | None


def _missing(column: str) -> Rule:
    word = f"lower({column}) in {WORDS_FOR_NOTHING} or {column} = {literal(NULL_SIGN)}"
    return Rule(f"{column} is missing", column, f"({column} is null or {word})")


def _not_a_date(column: str) -> Rule:
    is_date = f"{column} like '____-__-__' and {column} not like '0000%'"
    date = f"case when {is_date} then try_cast({column} as date) end"
    return Rule(f"{column} is not a date", column, f"{date} is null")


def _not_a_time(column: str) -> Rule:
    seconds = "____-__-__ __:__:__"
    is_time = f"({column} like '{seconds}' or {column} like '{seconds}.___')"
    is_time += f" and {column} not like '0000%' and {column} not like '____-__-__ 24:%'"
    time = f"case when {is_time} then try_cast({column} as timestamp) end"
    return Rule(f"{column} is not a time", column, f"{time} is null")


def _number(column: str, sql_type: str) -> str:
    digits = literal(CANONICAL_NUMBER["integer" if sql_type == "bigint" else "decimal"])
    is_number = f"regexp_full_match({column}, {digits})"
    return f"case when {is_number} then try_cast({column} as {sql_type}) end"


def _not_a_number(column: str, sql_type: str = "bigint") -> tuple[Rule, Rule, Rule]:
    digits = literal(CANONICAL_NUMBER["integer" if sql_type == "bigint" else "decimal"])
    number = _number(column, sql_type)
    is_no_number = f"{column} is not null and {number} is null"
    return (
        Rule(
            f"{column} is too large",
            column,
            f"{is_no_number} and regexp_full_match({column}, {digits})",
        ),
        Rule(f"{column} is not a number", column, is_no_number),
        # the sign alone first: few have one, and a cast costs
        Rule(f"{column} is negative", column, f"starts_with({column}, '-') and {number} < 0"),
    )


def _given(rule: Rule, condition: str) -> Rule:
    """A rule with an additional condition."""
    return rule._replace(condition=f"{condition} and {rule.condition}")


RULES: dict[str, tuple[Rule, ...]] = {
    "ad_events": (
        _missing("event_id"),
        _missing("user_id"),
        _not_a_time("occurred_at"),
        _missing("event_type"),
        Rule(UNKNOWN_EVENT, "event_type", f"lower(event_type) not in {EVENT_TYPES}"),
        _given(_missing("ad_platform"), "lower(event_type) not in ('conversion', 'refund')"),
        _given(_missing("conversion_id"), "lower(event_type) = 'refund'"),
        *_not_a_number("revenue", "decimal(18, 2)"),
    ),
    "ad_interactions": (
        _missing("user_id"),
        _missing("ad_platform"),
        _given(_not_a_time("interaction_at"), "interaction_at is not null"),
        Rule(
            "neither interaction_at nor day_of_week",
            "day_of_week",
            "interaction_at is null and coalesce(lower(day_of_week[:3]), '')"
            " not in ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')",
        ),
        Rule(
            "conversion is not 0 or 1",
            "conversion",
            f"{_number('conversion', 'bigint')} not in (0, 1)",
        ),
        *_not_a_number("impressions"),
        *_not_a_number("clicks"),
        *_not_a_number("conversion"),
        *_not_a_number("age"),
        *_not_a_number("time_spent_on_ad", "decimal(18, 4)"),
        *_not_a_number("ad_spend", "decimal(18, 4)"),
        *_not_a_number("revenue", "decimal(18, 2)"),
    ),
    "ad_spend": (
        _not_a_date("spend_date"),
        _missing("ad_platform"),
        *_not_a_number("spend", "decimal(18, 4)"),
    ),
    # a report of an unknown period has no dates; corrections may take claims back
    "ad_reports": (
        _given(_not_a_date("period_start"), "period_start is not null"),
        _given(_not_a_date("period_end"), "period_end is not null"),
        Rule(
            "period_end is before period_start",
            "period_end",
            "period_end < period_start",
        ),
        _missing("ad_platform"),
        *_not_a_number("spend", "decimal(18, 4)"),
        *_not_a_number("impressions"),
        *_not_a_number("clicks"),
        *_not_a_number("clicks_all"),
        *_not_a_number("reach"),
        *_not_a_number("reported_conversions", "decimal(18, 4)")[:2],
        *_not_a_number("reported_revenue", "decimal(18, 4)")[:2],
        *_not_a_number("reported_leads", "decimal(18, 4)")[:2],
    ),
    "users": (
        _missing("user_id"),
        *_not_a_number("age"),
    ),
    "web_events": (
        _missing("event_id"),
        _missing("user_key"),
        _not_a_time("occurred_at"),
        _missing("event_name"),
        *_not_a_number("revenue", "decimal(18, 2)")[:2],
        # some tools log what was paid back with a minus
        _given(_not_a_number("revenue", "decimal(18, 2)")[2], "lower(event_name) <> 'refund'"),
    ),
    # further lines of an order have no money of their own
    "orders": (
        _missing("order_id"),
        _missing("account_key"),
        _not_a_time("ordered_at"),
        *_not_a_number("revenue", "decimal(18, 2)"),
        *_not_a_number("refunded", "decimal(18, 2)")[:2],
        _given(_not_a_time("refunded_at"), "refunded_at is not null"),
        _given(_not_a_time("visited_at"), "visited_at is not null"),
        _given(_not_a_time("first_visited_at"), "first_visited_at is not null"),
    ),
}


def unusable_records(
    con: duckdb.DuckDBPyConnection,
    raw_table: str,
    part: Path,
    doubtful: frozenset[str] | None = None,
) -> list[Unusable]:
    """What cannot be used of a landed part and of the table `rejects`, commonest reason first.

    doubtful: the only columns that can make a row unusable; None: any.
    """
    rules = [rule for rule in RULES[raw_table] if doubtful is None or rule.column in doubtful]
    rules = rules or [Rule("", "null", "false")]
    reasons = " ".join(f"when {rule.condition} then {literal(rule.reason)}" for rule in rules)
    cells = " ".join(f"when {literal(rule.reason)} then {rule.column}" for rule in rules)
    found = con.execute(f"""
        with landed as (
            select *, case {reasons} end as reason from {parquet_rows(part)}
        ),

        unusable as (
            select reason, _source_line as line, case reason {cells} end as found
            from landed
            where reason is not null
            union all
            select reason, line, record from rejects
        )

        select reason, count(*) as records, min(line), arg_min_null(found, line)
        from unusable
        group by reason
        order by records desc, reason
    """).fetchall()
    return [Unusable(*row) for row in found]


def in_words(unusable: Sequence[Unusable]) -> str:
    """The commonest reasons, each with its first record."""
    texts = []
    for reason, records, line, found in unusable[:REASONS_SHOWN]:
        example = f": {found[:EXAMPLE_CHARACTERS]!r}" if found else ""
        known = f"; known are {', '.join(EVENT_TYPES)}" if reason == UNKNOWN_EVENT else ""
        texts.append(f"{records:,} {reason} (line {line}{example}{known})")
    if others := sum(one.records for one in unusable[REASONS_SHOWN:]):
        texts.append(f"{others:,} for other reasons")
    return ", ".join(texts)
