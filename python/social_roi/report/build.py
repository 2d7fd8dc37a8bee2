"""Write the page: its content, in order, and all data and scripts in one file."""

import base64
import csv
import gzip
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from itertools import chain
from math import fsum
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import vl_convert
from markupsafe import Markup, escape

from social_roi.report.definitions import definition, of_chart, of_columns
from social_roi.report.facts import (
    UNATTRIBUTED,
    VERSION,
    about,
    attribution_model,
    is_reports_only,
    known,
    largest,
    ordered,
    scope,
    shown_columns,
    simulated_money,
)
from social_roi.report.formatting import MARKED, cell, joined, kind_of, plain, text
from social_roi.report.headline import (
    recent_period,
    revenue_without_ad,
    sums_of_all,
    totals,
)
from social_roi.report.money import currency_of, money_columns, with_currency_in_titles
from social_roi.report.palette import IN_DARK
from social_roi.report.questions import all_answers, questions, tabs
from social_roi.report.reported import with_reported_days
from social_roi.report.rules import menus, rules_payload
from social_roi.report.segments import segments_with_share
from social_roi.report.spec import packed, report_colours, without_unused
from social_roi.report.types import (
    Answer,
    Chart,
    Column,
    Question,
    Row,
    Rows,
    Table,
    Tables,
    TableSpec,
    column,
    fields_shown,
)
from social_roi.spreadsheets import without_formula

VEGA_LITE = "6.4"
OVERVIEW_ROWS = 8
MAX_DAILY_ROWS = 1_800
DAILY_SUMS = ("spend", "revenue", "conversions", "clicks", "impressions")
# The columns of rpt_daily that the page needs also when the table is empty.
DAILY = ("activity_date", "ad_platform")
NUMBER_KINDS = (
    "cents", "count", "credit", "ctr", "decimal", "measure", "money", "percent", "price", "roas",
    "roi", "shift", "whole",
)  # fmt: skip


# charts whose rows are those of the rule that the reader chooses
LEVELS = {
    "roi-platforms": "platform",
    "roi-shares": "platform",
    "roi-campaigns": "campaign",
    "roi-spend": "campaign",
}
# charts that follow the choice of days
FOLLOW_DAYS = ("roi-weekly",)


# characters that a column of text keeps on one line, at most
WIDEST = 16


class Tab(NamedTuple):
    """One tab with its charts and tables."""

    key: str
    title: str
    blocks: list[Chart | Table]


def build_report(
    tables: Tables,
    page: Path,
    *,
    is_demo: bool,
    title: str = "",
    made_on: str = "",
    failure: str = "",
) -> None:
    """Write the report as the one file `page`.

    tables: all of `warehouse.REPORT_TABLES`; equal tables, title and date give equal bytes. title:
    the page's own, else Social ROI; made_on: a date as YYYY-MM-DD, or empty; failure: what a reader
    has to know of a build that did not end well, or empty. The chart library, which takes two
    seconds to bundle, is kept beside the page's folder for the next run.
    """
    page.parent.mkdir(parents=True, exist_ok=True)
    bundle = vega_bundle(page.parent.parent)
    html = render(tables, bundle, is_demo=is_demo, title=title, made_on=made_on, failure=failure)
    page.write_text(html, encoding="utf-8")


def vega_bundle(cache: Path) -> str:
    """Vega, Vega-Lite and vega-embed as one script, kept in the folder `cache`."""
    kept = cache / f"vega-{VEGA_LITE}-{vl_convert.__version__}.js"
    if not kept.exists():
        bundle = vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;", vl_version=VEGA_LITE)
        partial = kept.with_suffix(".partial")
        partial.write_text(bundle, encoding="utf-8")
        partial.replace(kept)
    return kept.read_text(encoding="utf-8")


def render(
    tables: Tables,
    bundle: str,
    *,
    is_demo: bool,
    title: str = "",
    made_on: str = "",
    failure: str = "",
) -> str:
    """The page as text."""
    tables = with_reported_days(tables)
    answers = all_answers(tables)
    colours = report_colours(tables)
    content = report_tabs(tables)
    personas = segments_with_share(tables)
    currency = currency_of(tables)
    blocks = [block for tab in content for block in tab.blocks]
    headline = totals(tables)
    payload = {
        "charts": {
            block.key: {
                "spec": packed(with_currency_in_titles(without_unused(block.spec), currency)),
                "note": block.note,
                "basis": block.basis,
                "simulated": block.is_simulated,
                "filtered": block.is_filtered,
                "level": LEVELS.get(block.key, ""),
            }
            for block in blocks
            if isinstance(block, Chart) and not block.empty
        },
        "csv": squeezed(
            json.dumps(
                {
                    block.key: csv_text(block.rows, fields_shown(block.columns))
                    for block in blocks
                    if isinstance(block, Table)
                }
            )
        ),
        "daily": _columns(latest_days(tables), DAILY),
        "returns": rules_payload(tables),
        "dark": IN_DARK,
        "about": about(tables, is_demo=is_demo, title=title),
        "invented": is_demo,
        "currency": currency,
        "margin": tables["rpt_totals"][0]["gross_margin"],
    }
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("social_roi.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "cell": html_cell,
        "sentence": html_sentence,
        "text": text,
        "definition": definition,
        "room": room,
        "simulated_words": simulated_words,
        "terms": terms,
    }
    environment.tests |= {"chart": lambda block: isinstance(block, Chart)}
    return environment.get_template("index.html.j2").render(
        is_demo=is_demo,
        is_reports_only=is_reports_only(tables),
        totals=tables["rpt_totals"][0],
        scope=scope(tables, is_demo=is_demo, with_period=not tables["rpt_daily"]),
        title=title,
        made_on=made_on,
        version=VERSION,
        currency=currency,
        dark=defaultdict(str, IN_DARK),
        menus=menus(tables),
        follow_days=FOLLOW_DAYS,
        totals_row=headline,
        has_limits=any(total.low is not None for total in headline),
        roas=sums_of_all(tables)["roas"],
        revenue_without_ad=revenue_without_ad(tables),
        recent=recent_period(tables),
        model=attribution_model(tables),
        answers=[
            (answer, overview_chart(question, answer, colours))
            for question, answer in zip(questions(tables), answers, strict=True)
        ],
        tabs=content,
        platforms={name: colours[name] for name in sorted(colours) if name != UNATTRIBUTED},
        simulated=simulated_money(tables),
        personas=personas,
        persona_money=money_columns([column("", "money", "revenue")], personas, "")[0].kind,
        failure=failure,
        daily=daily_summary(tables),
        css=Markup(_static("report.css")),
        js=Markup(_static("report.js")),
        bundle=squeezed(bundle),
        payload=json_for_script(payload),
        number_kinds=NUMBER_KINDS,
    )


def report_tabs(tables: Tables) -> list[Tab]:
    """The tabs after the overview, with the content of each.

    Tables without rows are left out, but for data quality, where that is the news.
    """
    found = []
    for tab in tabs(tables):
        blocks = [_block(block, tables) for block in tab.blocks]
        shown = [
            block
            for block in blocks
            if block and (isinstance(block, Chart) or block.rows or tab.key == "quality")
        ]
        found.append(Tab(tab.key, tab.title, shown))
    return found


def _block(
    block: Callable[[Tables], Chart | None] | TableSpec, tables: Tables
) -> Chart | Table | None:
    return page_table(block, tables) if isinstance(block, TableSpec) else block(tables)


def terms(block: Chart | Table) -> list[tuple[str, str]]:
    """What the figures of a chart or table are called in it, and what they mean."""
    if isinstance(block, Chart):
        return of_chart(block.model, block.spec)
    return of_columns(block.model, block.columns)


def room(shown: Column, table: Table) -> int:
    """Characters that a column of text needs: its longest word, and at most three lines."""
    texts = [cell(row, shown) for row in table.rows]
    words = [*chain.from_iterable(said.split() for said in texts), ""]
    longest = max(map(len, texts), default=0)
    return min(max(len(max(words, key=len)), longest // 3), WIDEST)


def page_table(spec: TableSpec, tables: Tables) -> Table:
    """A table of the page with its rows."""
    rows = ordered(spec.rows(tables) if spec.rows else tables[spec.model], *spec.order)
    shown = (
        largest(rows, spec.keep_largest, spec.limit) if spec.keep_largest else rows[: spec.limit]
    )
    left_out = len(rows) - len(shown)
    summary = spec.summary(tables) if spec.summary else []
    said = [shown for shown in spec.columns if not _says_nothing(shown, spec.model, tables)]
    columns = shown_columns(said, tables)
    columns = money_columns(columns, [*shown, *summary], currency_of(tables))
    return Table(spec.key, spec.title, columns, shown, spec.model, spec.platform, left_out, summary)


def _says_nothing(shown: Column, model: str, tables: Tables) -> bool:
    """Whether it is text that is null in all rows of the model, by every attribution model."""
    (field, *_), rows = shown.fields, tables[model]
    return shown.kind == "text" and bool(rows) and all(row.get(field, "") is None for row in rows)


def simulated_words(columns: Sequence[Column]) -> str:
    """Which money of the columns is simulated, in words; empty where none is."""
    found = {shown.rests_on for shown in columns if shown.is_simulated}
    return (
        joined(sorted(found - {"roi"}, reverse=True)) if found - {"roi"} else "money" * bool(found)
    )


def csv_text(rows: Rows, names: Sequence[str]) -> str:
    """Rows as CSV (RFC 4180). Text that looks like a formula gets an apostrophe before it.

    names: the columns in the header when there are no rows; otherwise all columns are written.
    """
    head = list(rows[0] if rows else names)
    return "".join(f"{_csv_line(row)}\r\n" for row in (head, *(row.values() for row in rows)))


def _csv_line(values: Iterable[Any]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(map(_csv_cell, values))
    return written.getvalue().removesuffix("\r\n")


def _csv_cell(value: Any) -> Any:
    return float(f"{value:.10g}") if isinstance(value, float) else without_formula(value)


def json_for_script(value: Any) -> Markup:
    """JSON that is safe inside a script element, with any text."""
    dumped = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(dumped.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def squeezed(content: str) -> str:
    """Text compressed (gzip, base64): a quarter to a half of the size. Equal texts, equal bytes."""
    return base64.b64encode(gzip.compress(content.encode(), mtime=0)).decode()


def html_cell(shown: Column, row: Row) -> Markup:
    """A table cell: its text, and the raw values for sorting and for the reader's locale."""
    values = [row[field] for field in shown.fields]
    kind = kind_of(row, shown)
    if kind not in NUMBER_KINDS:
        return Markup('<td class="{}">{}</td>').format(
            f"verdict {values[0]}" if shown.kind == "verdict" else "t", cell(row, shown)
        )
    raw = ["" if value is None else _raw(value, kind) for value in values]
    limits = Markup(' data-w="{}"').format(raw[1]) if len(raw) == 2 else ""
    if kind != shown.kind:
        limits += Markup(' data-k="{}"').format(kind)
    return Markup('<td data-v="{}"{}>{}</td>').format(raw[0], limits, cell(row, shown))


def _raw(value: Any, kind: str) -> str:
    """The number in as few digits as keep its order and, once rounded, its text."""
    if kind == "count":
        return str(value)
    short = f"{float(value):.7g}"
    return short if text(float(short), kind) == text(value, kind) else repr(float(value))


def html_sentence(sentence: str) -> Markup:
    """An answer's sentence, with its numbers marked up for the reader's locale."""
    html = []
    start = 0
    for found in MARKED.finditer(sentence):
        html.append(escape(sentence[start : found.start()]))
        html.append(
            Markup('<data value="{}" data-kind="{}">{}</data>').format(
                found[2], found[1], plain(found[0])
            )
        )
        start = found.end()
    return Markup("").join([*html, escape(sentence[start:])])


def overview_chart(
    question: Question, answer: Answer, colours: Mapping[str, str]
) -> dict[str, Any]:
    """The small chart of an answer: title, rows, and the position of zero (None at the left edge).

    Positions are percentages of the chart's width.
    """
    rows = [question.overview_row(row, colours) for row in answer.rows[:OVERVIEW_ROWS]]
    rows = [row for row in rows if row.value is not None]
    ends = list(chain.from_iterable((*row.bar, *row.marks.values()) for row in rows))
    ends = [0.0, *(end for end in ends if end is not None)]
    low, high = min(ends), max(ends)

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2) if high > low else 0.0

    drawn = [
        {
            "row": row,
            "marks": {shape: place(value) for shape, value in row.marks.items()},
            "bar": None
            if None in row.bar
            else (place(min(row.bar)), round(place(max(row.bar)) - place(min(row.bar)), 2)),
        }
        for row in rows
    ]
    return {
        "title": question.overview_title,
        "rows": drawn,
        "zero": place(0.0) if low < 0 else None,
    }


def _columns(rows: Rows, names: Sequence[str]) -> dict[str, list[Any] | dict[str, list[Any]]]:
    """Rows as columns, which take a third of the size of rows with column names.

    Of text and flags only the distinct `values`, each as a cell of a CSV (`cells`), and each row's
    place among them (`places`). names: the columns when there are no rows.
    """
    columns: dict[str, list[Any] | dict[str, list[Any]]] = {}
    for name in rows[0] if rows else names:
        column = [row[name] for row in rows]
        columns[name] = column
        if name in DAILY or name.startswith("is_"):
            place = {value: number for number, value in enumerate(dict.fromkeys(column))}
            columns[name] = {
                "values": list(place),
                "cells": [_csv_line([value]) for value in place],
                "places": [place[value] for value in column],
            }
    return columns


def latest_days(tables: Tables) -> Rows:
    """`rpt_daily` without its oldest days, where it is too long for the page."""
    daily = tables["rpt_daily"]
    rows_by_day = Counter(row["activity_date"] for row in daily)
    kept, rows = set(), 0
    for day in sorted(rows_by_day, reverse=True):
        rows += rows_by_day[day]
        if rows > MAX_DAILY_ROWS:
            break
        kept.add(day)
    return [row for row in daily if row["activity_date"] in kept]


def daily_summary(tables: Tables) -> dict[str, Any]:
    """The first and last day, and the sums that the date filter starts from."""
    daily = latest_days(tables)
    if not daily:
        return {}
    return {
        "first": min(row["activity_date"] for row in daily),
        "last": max(row["activity_date"] for row in daily),
        "is_cut": len(daily) < len(tables["rpt_daily"]),
        "sums": {name: _sum(daily, name) for name in DAILY_SUMS},
    }


def _sum(rows: Rows, name: str) -> float | None:
    amounts = [row[name] for row in known(rows, name)]
    if not amounts:
        return None
    return fsum(amounts) if isinstance(amounts[0], float) else sum(amounts)


def _static(name: str) -> str:
    return resources.files("social_roi.report").joinpath("static", name).read_text("utf-8")
