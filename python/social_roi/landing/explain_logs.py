"""What `land --explain` says of logs and orders: figures to hold against the screen of the shop."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from social_roi.landing.layouts import Match
from social_roi.landing.names import in_a_line
from social_roi.landing.sniff import Shape
from social_roi.landing.sql import parquet_rows
from social_roi.landing.visits import CLICK_IDS

# What becomes of cells of which the text itself never lands, by role.
HASHED = ("user_key", "account_key")
REDUCED = ("page_url", "first_page_url", "referrer", "click_id", "a list of keys and values")
Line = tuple[str, str]


def log_columns(match: Match) -> Iterator[str]:
    """Each column that is read and what it becomes."""
    for role, cells in _of_header(match).items():
        yield f"{', else '.join(cells)} is {role}"
    for role, text in match.layout.constants.items():
        yield f"{role} is {text!r} where not told"


def never_landing(shape: Shape) -> str:
    """The columns whose text stays in the file, and what is kept of it."""
    assert shape.match
    names = _of_header(shape.match)
    hashed = sorted({name for role in HASHED for name in names.get(role, [])})
    clicks = [name for role in map(str.lower, CLICK_IDS) for name in names.get(role, [])]
    urls = [name for role in REDUCED for name in names.get(role, [])]
    told: list[str] = []
    if hashed:
        told.append(f"{', '.join(hashed)} (a salted hash does)")
    if urls or clicks:
        kept = sorted({*urls, *clicks})
        told.append(f"{', '.join(kept)} (UTM, the name of a click id and the referrer's host do)")
    told += [in_a_line(shape.unknown)] if shape.unknown else []
    return "; ".join(told) or "nothing is left out"


def _of_header(match: Match) -> dict[str, list[str]]:
    """The columns of each role, lists of keys and values as a whole."""
    names = {
        role: [match.name_of(cell) for cell in cells if cell.startswith("c")]
        for role, cells in match.cells().items()
    }
    names["a list of keys and values"] = [match.name_of(cell) for cell in match.pairs()]
    return {role: own for role, own in names.items() if own}


def log_facts(con: duckdb.DuckDBPyConnection, table: str, part: Path) -> Iterator[Line]:
    """Period, persons, and by event or status the orders, gross, refunded and net."""
    time = "ordered_at" if table == "orders" else "occurred_at"
    person = "account_key" if table == "orders" else "user_key"
    rows = parquet_rows(part)
    [(first, last, persons, currency)] = con.execute(f"""
        select
            min({time}), max({time}), count(distinct {person}),
            string_agg(distinct currency, ' and ' order by currency)
        from {rows}
    """).fetchall()
    yield "period", f"{first[:10]} to {last[:10]} (UTC)" if first else "not known"
    yield "persons", f"{persons:,}"
    if table == "web_events":
        events = con.execute(f"""
            select event_name, count(*) from {rows} group by 1 order by 2 desc, 1 limit 8
        """).fetchall()
        yield "events", ", ".join(f"{name} {count:,}" for name, count in events)
    first = ", first_utm_source" if table == "orders" else ""
    [(known,)] = con.execute(f"""
        select count(*) from {rows}
        where coalesce(utm_source, utm_campaign, click_id_kind{first}) is not null
    """).fetchall()
    advice = "" if known or table == "web_events" else ": journeys need a log of pages beside it"
    yield "with source", f"{known:,} rows with UTM or a click id{advice}"
    for line in _money(con, table, rows):
        yield "orders", line
    yield "currency", currency or "not told"


def _money(con: duckdb.DuckDBPyConnection, table: str, rows: str) -> Iterator[str]:
    """By status: orders, each once, and their money; refunds of a log are events of their own."""
    if table == "orders":
        status, gross, refunded = "status", "revenue", "refunded"
        wanted = "true"
    else:
        status = "'in the log'"
        gross = "case event_name when 'purchase' then revenue end"
        refunded = "case event_name when 'refund' then revenue end"
        wanted = "event_name in ('purchase', 'refund')"
    found = con.execute(f"""
        select status, count(*), sum(gross), sum(refunded), sum(greatest(gross - refunded, 0))
        from (
            select
                max({status}) as status,
                coalesce(max(try_cast({gross} as decimal(18, 2))), 0) as gross,
                coalesce(sum(try_cast({refunded} as decimal(18, 2))), 0) as refunded
            from {rows}
            where {wanted}
            group by coalesce(order_id, _source_line::varchar)
        )
        group by 1
        order by 2 desc, 1
    """).fetchall()
    for word, count, gross_sum, refunded_sum, net in found:
        money = f"gross {gross_sum:,}, refunded {refunded_sum:,}, net {net:,}"
        yield f"{word or 'without status'}: {count:,} orders, {money}"
