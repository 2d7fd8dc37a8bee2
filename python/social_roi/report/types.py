"""The types of the report: rows, answers, charts, tables and tabs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

# A table of the marts, row by row: text (dates too), int, float, bool, or None for null.
Row = dict[str, Any]
Rows = list[Row]
Tables = Mapping[str, Rows]
# A Vega-Lite specification, or a part of one.
Spec = dict[str, Any]

MAX_ROWS = 200


class Column(NamedTuple):
    """One column of a displayed table.

    kind: `text`, `model`, `verdict`, `count` (whole numbers), `credit` (counts with a fraction),
    `decimal` (two places), `money`, `price` (of one piece), `percent` (from a share), `ctr` (a
    share with two decimals), `shift` (a difference of shares, with its sign) or `measure` (as the
    row's `measure` says). fields: the one column it shows, or the two limits of an interval.
    rests_on: the money that its figures are based on, `spend`, `revenue` or `roi` (both).
    is_simulated: that money is simulated. is_extra: left out on a terminal where the table is too
    wide.
    """

    label: str
    kind: str
    fields: tuple[str, ...]
    rests_on: str = ""
    is_simulated: bool = False
    is_extra: bool = False


def column(
    label: str, kind: str, *fields: str, rests_on: str = "", is_extra: bool = False
) -> Column:
    return Column(label, kind, fields, rests_on, is_extra=is_extra)


class Answer(NamedTuple):
    """One question with its answer.

    key: the report's tab; marked_sentence: number, interval and verdict in words, the numbers as
    `formatting.marked` leaves them; is_simulated: the figures are based on simulated money;
    columns: what to show of `rows`; summary: rows below them, what is in none of them and the
    total; marked_finding: the answer as a title of at most twelve words; marked_brief: in one or
    two sentences.
    """

    key: str
    question: str
    marked_sentence: str
    is_simulated: bool
    columns: tuple[Column, ...]
    rows: Rows
    summary: Sequence[Row] = ()
    marked_finding: str = ""
    marked_brief: str = ""


class Chart(NamedTuple):
    """One chart.

    title: what it shows; note: units and how to read it; basis: the number of users it is based on;
    height: pixels reserved for it; model: the table that its numbers come from; is_filtered: the
    platform filter applies; is_half: half a row wide; empty: the message shown instead when
    there is nothing to draw; topic: what it shows, where the title is a finding.
    """

    key: str
    title: str
    note: str
    basis: str
    spec: Spec
    height: int
    model: str
    is_simulated: bool = False
    is_filtered: bool = False
    is_half: bool = False
    empty: str = ""
    topic: str = ""


class TableSpec(NamedTuple):
    """A table of the page: which rows and columns of which model, and in which order.

    rows: a function that computes the rows, else the model's own rows; order: fields to sort by,
    `-` for descending; limit: rows shown, the first or those with the largest `keep_largest`;
    platform: the column that the platform filter reads; summary: a function that computes rows
    below all others, which are neither sorted nor filtered nor downloaded.
    """

    key: str
    title: str
    model: str
    columns: tuple[Column, ...]
    rows: Callable[[Tables], Rows] | None = None
    order: tuple[str, ...] = ()
    platform: str = ""
    limit: int = MAX_ROWS
    keep_largest: str = ""
    summary: Callable[[Tables], Rows] | None = None


class Table(NamedTuple):
    """A table of the page with its rows. Its download holds the rows shown, with all their columns.

    model: the table that its numbers come from; platform: the column that the platform filter
    reads; left_out: rows that are not shown, or 0; summary: rows below all others.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Rows
    model: str
    platform: str = ""
    left_out: int = 0
    summary: Sequence[Row] = ()


class TabSpec(NamedTuple):
    """One tab: charts and tables in the order shown; None in place of a chart leaves it out.

    needs: without rows in it there is no tab.
    """

    key: str
    title: str
    blocks: tuple[Callable[[Tables], Chart | None] | TableSpec, ...]
    needs: str = ""


class OverviewRow(NamedTuple):
    """One row of an overview chart: marks by shape, a bar from low to high, the value beside it."""

    label: str
    colour: str
    marks: dict[str, float | None]
    bar: tuple[float | None, float | None]
    value: float | None
    kind: str


class Question(NamedTuple):
    """A question: its answer, the small chart beside it on the overview, and its tab.

    overview_row: from a row of the answer, and the colours by platform.
    """

    answer: Callable[[Tables], Answer]
    overview_title: str
    overview_row: Callable[[Row, Mapping[str, str]], OverviewRow]
    tab: TabSpec


def fields_shown(columns: Sequence[Column]) -> list[str]:
    return [field for shown in columns for field in shown.fields]
