"""Currency and decimals of amounts: named with every amount, the same in a table."""

from collections.abc import Sequence
from typing import Any

from social_roi.report.formatting import is_null
from social_roi.report.types import Answer, Column, Rows, Spec, Tables

# amounts from here on are shown without decimals
WHOLE_FROM = 1_000
# fields of charts that are amounts
AMOUNTS = (
    "amount", "change", "cpa", "gain", "revenue", "spend", "spend_after",
)  # fmt: skip


def currency_of(tables: Tables) -> str:
    """The project's currency; empty where no bill names one."""
    return tables["rpt_totals"][0]["currency"] or ""


def with_currency(answer: Answer, tables: Tables) -> Answer:
    """The answer with the currency before each amount and in the heads of its columns."""
    currency = currency_of(tables)
    return answer._replace(
        marked_sentence=named(answer.marked_sentence, currency),
        marked_finding=named(answer.marked_finding, currency),
        marked_brief=named(answer.marked_brief, currency),
        columns=money_columns(answer.columns, [*answer.rows, *answer.summary], currency),
    )


def named(marked_sentence: str, currency: str) -> str:
    """A sentence with the currency before each marked amount."""
    if not currency:
        return marked_sentence
    for kind in ("money", "advice"):
        marked_sentence = marked_sentence.replace(f"\x02{kind} ", f"{currency}\u00a0\x02{kind} ")
    return marked_sentence


def money_columns(columns: Sequence[Column], rows: Rows, currency: str) -> tuple[Column, ...]:
    """The columns; those of amounts name the currency and have the same decimals in every row.

    A `price` has decimals of its own.
    """

    def has_large(some: Sequence[Column]) -> bool:
        amounts = (row[field] for row in rows for column in some for field in column.fields)
        return any(abs(x) >= WHOLE_FROM for x in amounts if not is_null(x))

    # amounts that are added up or compared along a row; the price of one piece is not
    is_large = has_large([column for column in columns if column.kind == "money"])

    def shown(column: Column) -> Column:
        if column.kind not in ("money", "price"):
            return column
        label = f"{column.label} ({currency})" if currency else column.label
        is_whole = has_large([column]) if column.kind == "price" else is_large
        return column._replace(label=label, kind="whole" if is_whole else "cents")

    return tuple(map(shown, columns))


def with_currency_in_titles(spec: Spec, currency: str) -> Spec:
    """A chart's specification with the currency in the titles of its amounts."""

    def changed(part: Any) -> Any:
        if isinstance(part, list):
            return [changed(item) for item in part]
        if not isinstance(part, dict):
            return part
        part = {name: changed(item) for name, item in part.items() if name != "data"} | (
            {"data": part["data"]} if "data" in part else {}
        )
        if part.get("field") in AMOUNTS and isinstance(part.get("title"), str):
            part["title"] = f"{part['title']} ({currency})"
        return part

    return changed(spec) if currency else spec
