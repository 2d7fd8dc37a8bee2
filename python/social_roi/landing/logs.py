"""Blocks of cells of a web log or a list of orders to rows of `web_events` or `orders`.

Persons become salted hashes, URLs become UTM and the name of a click id; nothing else of a person
is written, and rejected records keep no text. A role may have several columns: the first with a
value counts, row by row.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from social_roi.landing.formats import (
    NULL_SIGN,
    WORDS_FOR_NOTHING,
    FormatCounts,
    Formats,
    KnownOrder,
    add_up,
    canonical,
    choose_formats,
    matches,
)
from social_roi.landing.ids import IdCounts, add_up_ids, count_ids, with_ids, without_decimals
from social_roi.landing.layouts import Match, header_key, words
from social_roi.landing.pairs import with_pairs
from social_roi.landing.persons import hashed, without_e_mails
from social_roi.landing.raw_tables import RAW_TABLES
from social_roi.landing.records import Block, Blocks, Reject
from social_roi.landing.report_cells import in_units, mapped, total_pattern, without_signs
from social_roi.landing.sql import literal
from social_roi.landing.unusable import ITEM_LINE, NO_ORDER, TOTAL_ROW
from social_roi.landing.visits import CLICK_IDS, UTM, decoded, hosts_of, visits_of

UNREADABLE = "(unreadable)"
TIME = r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{3})?"
MIDNIGHT = " 00:00:00"
HAS_ZONE = r"\d{1,2}:\d{2}.*(?:Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
# A column of which the name says that it is in UTC.
IN_UTC = re.compile(r"(?<![a-z])(utc|gmt)(?![a-z])", re.IGNORECASE)
IS_TEST = r"(?i)true|1|yes|test|.*\bbogus\b.*|.*\bfor testing\b.*"
PER_SECOND = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}
# Ids of customers and orders that a spreadsheet wrote as numbers are read as it meant them.
IDS = ("account_key", "order_id")
FIRST = "first_"
# Logs in people's own words, and the events of theirs that have money.
MAX_NAMES = 3
OWN = ("own_events", "own_sheet")
SALES = {"purchase": "purchase", "refund": "refund"}
# What an order has, and a line that only lists one of its items has not.
ORDER_ITSELF = ("ordered_at", "revenue", "refunded", "status")


@dataclass(frozen=True)
class LogReading:
    """What is taken to hold for the whole file."""

    formats: Formats


@dataclass(frozen=True)
class LogEvidence:
    """What blocks tell about their file; evidence of several blocks is added up.

    zoneless: columns with times that name no zone. dates: orders without a time of day. doubtful:
    columns that may make a row unusable. unsold: names of events with an order and money that are
    neither purchase nor refund.
    """

    counts: FormatCounts = field(default_factory=FormatCounts)
    ids: Mapping[str, IdCounts] = field(default_factory=dict)
    zoneless: frozenset[str] = frozenset()
    dates: int = 0
    doubtful: frozenset[str] = frozenset()
    unsold: frozenset[str] = frozenset()

    def __add__(self, other: "LogEvidence") -> "LogEvidence":
        return LogEvidence(
            add_up([self.counts, other.counts]),
            add_up_ids([self.ids, other.ids]),
            self.zoneless | other.zoneless,
            self.dates + other.dates,
            self.doubtful | other.doubtful,
            self.unsold | other.unsold,
        )


class LogReader:
    """Converts the blocks of one file whose columns fit a layout of logs. salt: of its persons."""

    def __init__(
        self, match: Match, delimiter: str, salt: str, similar: KnownOrder | None = None
    ) -> None:
        self.match, self.delimiter, self.salt, self.similar = match, delimiter, salt, similar
        self.table = match.layout.table
        self.kinds = {column.name: column.kind for column in RAW_TABLES[self.table]}
        self.cells = match.cells()
        self.is_own = self.table == "web_events" and match.layout.name in OWN

    def start(self) -> LogReading:
        return LogReading(Formats(".", None, []))

    def no_evidence(self) -> LogEvidence:
        return LogEvidence()

    def doubtful(self, evidence: LogEvidence) -> frozenset[str]:
        return evidence.doubtful

    def prepared(self, blocks: Blocks, reading: LogReading) -> Blocks:
        return blocks

    def decide(self, evidence: LogEvidence) -> LogReading:
        """What the evidence speaks for, and what a person has to know of the file."""
        formats = choose_formats(evidence.counts, self.delimiter, self.similar)
        fixed = self.match.setting("date_order")
        warnings = list(formats.warnings)
        if fixed and evidence.counts.year_last:
            warnings = [one for one in warnings if "dates" not in one]
            formats = replace(formats, date_order=fixed, is_order_open=False)
        mark = self.match.setting("decimal_mark", formats.decimal_mark)
        warnings += self._warnings(evidence)
        formats = with_ids(replace(formats, warnings=warnings, decimal_mark=mark), evidence.ids)
        return LogReading(formats)

    def _warnings(self, evidence: LogEvidence) -> list[str]:
        told = []
        if evidence.zoneless:
            told.append(
                f"times in {', '.join(sorted(evidence.zoneless))} name no zone and are read as "
                "UTC; if they are the shop's, say so in a mapping.yml beside the file "
                "(time_zone: Europe/Berlin)"
            )
        if evidence.dates:
            told.append(
                f"{evidence.dates:,} orders have no time of day: counted at the end of their day"
            )
        if evidence.unsold:
            names = ", ".join(sorted(evidence.unsold)[:MAX_NAMES])
            told.append(
                f"events called {names} have an order id and revenue, which do not count: only "
                "those called purchase or refund do"
            )
        return told

    def convert(
        self,
        con: duckdb.DuckDBPyConnection,
        block: Block,
        reading: LogReading,
        constants: Mapping[str, str],
    ) -> tuple[dict[str, Any], list[Reject], LogEvidence]:
        """The columns of the raw table, what is set aside, and the evidence."""
        cells = with_pairs(con, block.cells, self.match)
        cells, rejects = self._set_aside(cells)
        # what a record holds may be a person's
        rejects = [(line, reason, "") for line, reason, _ in block.rejects] + rejects
        one = _Block(self, con, cells, reading)
        one.add_times()
        one.add_money()
        one.add_visit()
        one.add_texts()
        (one.add_order if self.table == "orders" else one.add_event)()
        one.hide_unreadable()
        columns: dict[str, Any] = {"_source_line": cells["line"], **one.columns}
        for name, text in {"layout": self.match.layout.name, **constants}.items():
            columns[name] = pa.repeat(pa.scalar(text), len(cells))
        return columns, rejects, one.evidence

    def _set_aside(self, cells: pa.Table) -> tuple[pa.Table, list[Reject]]:
        """Rows that the layout does not want, and total rows: none has a time."""
        time = "ordered_at" if self.table == "orders" else "occurred_at"
        untimed = pc.is_null(coalesced(cells, self.cells[time]))
        is_total = pc.and_(
            untimed,
            pc.fill_null(pc.match_substring_regex(cells["c0"], f"(?i)^{total_pattern()}$"), False),
        )
        blank = pc.and_(untimed, pc.is_null(cells["c0"]))
        reasons = [(blank, ""), (is_total, TOTAL_ROW)]
        if self.table == "orders":
            # of an order's items some exports repeat the id alone
            told = [self.cells[role] for role in ORDER_ITSELF if role in self.cells]
            nothing_told = [pc.is_null(coalesced(cells, columns)) for columns in told]
            has_id = pc.is_valid(coalesced(cells, self.cells["order_id"]))
            reasons.append((reduce(pc.and_, nothing_told, has_id), ITEM_LINE))
        for role, wanted_words in self.match.setting("only", {}).items():
            if role in self.cells:
                texts = pc.utf8_lower(coalesced(cells, self.cells[role]))
                wanted = pc.fill_null(matches(texts, "|".join(wanted_words)), False)
                reasons.append((pc.invert(wanted), NO_ORDER))
                break
        aside = reduce(pc.or_, [mask for mask, _ in reasons])
        if not pc.any(aside).as_py():
            return cells, []
        rejects, seen = [], set()
        for mask, reason in reasons:
            lines = set(cells["line"].filter(mask).to_pylist()) - seen
            seen |= lines
            rejects += [(line, reason, "") for line in sorted(lines) if reason]
        return cells.filter(pc.invert(aside)), rejects


class _Block:
    """One block on its way: columns are added step by step, and evidence with them."""

    def __init__(
        self,
        reader: LogReader,
        con: duckdb.DuckDBPyConnection,
        cells: pa.Table,
        reading: LogReading,
    ) -> None:
        self.reader, self.con, self.cells, self.reading = reader, con, cells, reading
        self.match, self.roles = reader.match, reader.cells
        self.columns: dict[str, pa.ChunkedArray] = {}
        self.evidence = LogEvidence()

    def tell(self, **evidence: Any) -> None:
        self.evidence = self.evidence + LogEvidence(**evidence)

    def read(self, role: str) -> pa.ChunkedArray:
        """The text of a role, null where there is none or a word for nothing."""
        found = self.roles.get(role, [])
        return reduce(_coalesce, [something(self.cells[cell]) for cell in found], self.nothing)

    @property
    def nothing(self) -> pa.ChunkedArray:
        return pa.chunked_array([pa.nulls(len(self.cells), pa.string())])

    # Times and money

    def add_times(self) -> None:
        for name, kind in self.reader.kinds.items():
            if kind != "timestamp" or name not in self.roles:
                continue
            found = [self._time(name, cell) for cell in self.roles[name]]
            self.columns[name] = reduce(_coalesce, found)
            self._judge(name, TIME)

    def _time(self, role: str, cell: str) -> pa.ChunkedArray:
        """The canonical UTC text of one column of times."""
        values = something(self.cells[cell])
        moments = None
        if unit := self.match.setting("epoch", {}).get(role):
            # a data frame writes it as 1772352000000000.0
            is_epoch = matches(values, r"\d{1,17}(\.0+)?")
            counts = pc.replace_substring_regex(values, r"\.0+$", "")
            moments = from_epoch(pc.if_else(is_epoch, counts, None), PER_SECOND[unit])
            values = pc.if_else(pc.fill_null(is_epoch, False), None, values)
        if values.null_count == len(values):
            return values if moments is None else moments
        header = self.match.name_of(cell)
        zone = "UTC" if IN_UTC.search(header) else self.match.setting("time_zone")
        is_zoneless = None
        if zone != "UTC" and not pc.all(pc.ends_with(values, "Z")).as_py():
            is_zoneless = pc.invert(pc.match_substring_regex(values, HAS_ZONE))
        times, counts = canonical(self.con, values, "timestamp", self.reading.formats)
        self.tell(counts=counts)
        if role == "ordered_at":
            # at midnight an order would come before the visits of its day
            self.tell(dates=pc.sum(pc.ends_with(times, MIDNIGHT)).as_py() or 0)
            times = pc.replace_substring_regex(times, f"{MIDNIGHT}$", " 23:59:59")
        if is_zoneless is not None and pc.any(is_zoneless).as_py():
            if zone:
                times = pc.if_else(
                    pc.fill_null(is_zoneless, False), in_utc(self.con, times, zone), times
                )
            else:
                self.tell(zoneless=frozenset([header]))
        return times if moments is None else _coalesce(moments, times)

    def add_money(self) -> None:
        for name, kind in self.reader.kinds.items():
            if kind != "decimal" or name not in self.roles:
                continue
            values, _, _ = without_signs(self.read(name))
            values, counts = canonical(self.con, values, "decimal", self.reading.formats)
            self.tell(counts=counts)
            values = self._from_minor_units(values)
            if name == "refunded":
                # some shops write what they paid back with a minus
                values = pc.replace_substring_regex(values, "^-", "")
            self.columns[name] = values
            self._judge(name, r"\d{1,14}(\.\d*)?")

    def _from_minor_units(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """Whole numbers of cents, or of what the currency has in their place, in its unit."""
        header = {header_key(cell) for cell in self.match.header}
        if not header & {*self.match.setting("minor_units", ())}:
            return values
        code = mapped(self.read("currency"), currency_code)
        places = mapped(code, lambda text: words()["minor_units"].get(text, "2"))
        places = pc.fill_null(places, "2")
        is_whole = matches(values, r"-?\d+")
        for count in pc.unique(places).to_pylist():
            has = pc.and_(is_whole, pc.equal(places, count))
            values = pc.if_else(pc.fill_null(has, False), in_units(values, int(count)), values)
        return values

    def _judge(self, name: str, pattern: str) -> None:
        """What cannot be read must not land as it stands there: it may be anything."""
        values = self.columns[name]
        if pc.all(matches(values, pattern)).as_py() is False:
            self.tell(doubtful=frozenset([name]))
            kind = r"-?\d+(\.\d+)?" if self.reader.kinds[name] == "decimal" else TIME
            is_wrong = pc.fill_null(pc.invert(matches(values, kind)), False)
            self.columns[name] = pc.if_else(is_wrong, UNREADABLE, values)

    # Where the visit came from

    def add_visit(self) -> None:
        """UTM and click ids: of their own columns, else of the URL of the landing page."""
        url = self.read("page_url")
        of_url = visits_of(url)
        told = {name: self._source(name, of_url[name]) for name in UTM}
        self.columns |= told | {"click_id_kind": self._click_ids(of_url["click_id_kind"])}
        if "referrer" in self.roles:
            host = hosts_of(self.read("referrer"))
            own = pc.fill_null(pc.equal(host, hosts_of(url)), False)
            self.columns["referrer_domain"] = pc.if_else(own, None, host)
        if self.reader.table == "orders":
            of_first = visits_of(self.read("first_page_url"))
            for name in ("utm_source", "utm_medium", "utm_campaign"):
                self.columns[FIRST + name] = self._source(FIRST + name, of_first[name])
        self._add_named_sources()

    def _source(self, role: str, of_url: pa.ChunkedArray) -> pa.ChunkedArray:
        own = self.read(role)
        own = mapped(own, decoded) if own.null_count < len(own) else own
        return without_e_mails(_coalesce(own, of_url))

    def _click_ids(self, of_url: pa.ChunkedArray) -> pa.ChunkedArray:
        """The name of the first click id: of a column of its own, of one that tells the network
        beside it, else of the URL."""
        kinds = []
        for name in CLICK_IDS:
            if name.lower() in self.roles:
                there = pc.is_valid(mapped(self.read(name.lower()), decoded))
                kinds.append(pc.if_else(there, name, None))
        if "click_id" in self.roles:
            networks = self.match.setting("click_networks", {})
            kind = mapped(self.read("click_network"), lambda text: networks.get(text.lower()))
            kinds.append(pc.if_else(pc.is_valid(self.read("click_id")), kind, None))
        return reduce(_coalesce, [*kinds, of_url])

    def _add_named_sources(self) -> None:
        """The source that a CRM tells in a word of its own, with the campaign beside it."""
        if "original_source" not in self.roles:
            return
        word = pc.utf8_lower(self.read("original_source"))
        for name, rule in self.match.setting("sources", {}).items():
            is_it = pc.fill_null(pc.equal(word, name), False)
            for column, text in rule.items():
                value = (
                    pc.utf8_lower(self.read(text))
                    if text in self.roles and column == "utm_source"
                    else self._source(text, self.nothing)
                    if text in self.roles
                    else pa.scalar(text)
                )
                own = self.columns[column]
                self.columns[column] = _coalesce(own, pc.if_else(is_it, value, None))

    # Texts and ids

    def add_texts(self) -> None:
        done = {*self.columns, "user_key", "account_key", "layout"}
        for name, kind in self.reader.kinds.items():
            if kind == "text" and name in self.roles and name not in done:
                self.columns[name] = self._text(name, self.read(name))
        if "currency" in self.columns:
            self.columns["currency"] = mapped(self.columns["currency"], currency_code)
        told = {"currency": self.match.currency} if self.match.currency else {}
        stated = {**self.match.layout.constants, **self._named_by_columns(), **told}
        for name, text in stated.items():
            if name in self.reader.kinds:
                self.columns[name] = _coalesce(self.columns.get(name, self.nothing), text)

    def _named_by_columns(self) -> dict[str, str]:
        """The event that all rows are, where the file has no column of events but others tell."""
        if "event_name" in self.roles:
            return {}
        header = {header_key(cell) for cell in self.match.header}
        known = self.match.setting("events_by_columns", {}).items()
        found = [name for name, columns in known if header & {*columns}]
        return {"event_name": found[0]} if found else {}

    def _text(self, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
        if name in IDS:
            values = self._id(name, values)
        if name.endswith("_id"):
            # an address in the place of an id still tells rows apart
            is_address = pc.fill_null(pc.match_substring(values, "@"), False)
            if pc.any(is_address).as_py():
                hashes = hashed(self.con, pc.if_else(is_address, values, None), self.reader.salt)
                values = pc.if_else(is_address, hashes, values)
            return values
        known = self.match.setting("values", {}).get(name, {})
        if name == "event_name" and self.reader.is_own:
            known = SALES | words()["event_names"]
        if name == "status":
            values = pc.utf8_lower(values)
        if known:
            values = mapped(values, lambda text: known.get(text.lower(), text))
        return without_e_mails(values)

    def _id(self, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
        self.tell(ids={name: count_ids(values)})
        is_decimal = name in self.reading.formats.decimal_ids
        return without_decimals(values) if is_decimal else values

    def _person(self, role: str, change: Callable[..., pa.ChunkedArray] | None = None) -> Any:
        """The hash of the first of a role's columns that names somebody."""
        found = [something(self.cells[cell]) for cell in self.roles.get(role, [])]
        if change:
            found = [change(role, values) for values in found]
        hashes = [hashed(self.con, values, self.reader.salt) for values in found]
        return reduce(_coalesce, hashes, self.nothing)

    def add_event(self) -> None:
        """Device, customer and the event's own id; money only of purchases and refunds."""
        account = self._person("account_key", self._id)
        self.columns["account_key"] = account
        self.columns["user_key"] = _coalesce(self._person("user_key"), account)
        name = self.columns.get("event_name", self.nothing)
        is_order = pc.is_in(name, pa.array(list(SALES)))
        if self.reader.is_own:
            sold = [self.columns.get(column, self.nothing) for column in ("order_id", "revenue")]
            is_sold = pc.and_(*map(pc.is_valid, sold))
            others = pc.unique(name.filter(pc.and_(is_sold, pc.invert(is_order))))
            self.tell(unsold=frozenset(others.drop_null().to_pylist()[:MAX_NAMES]))
        for column in ("order_id", "revenue"):
            if column in self.columns:
                self.columns[column] = pc.if_else(is_order, self.columns[column], None)
        own = self.columns.get("event_id", self.nothing)
        if own.null_count:
            own = _coalesce(own, self._made_id())
        self.columns["event_id"] = own
        for key in ("user_key", "occurred_at", "event_name"):
            if self.columns.get(key, self.nothing).null_count:
                self.tell(doubtful=frozenset([key]))

    def _made_id(self) -> pa.ChunkedArray:
        """The same for the same row, in whichever file it is."""
        told = ("user_key", "occurred_at", "event_name", "order_id", *UTM, "click_id_kind")
        texts = [pc.fill_null(self.columns.get(name, self.nothing), "") for name in told]
        joined = pa.table({"cell": pc.binary_join_element_wise(*texts, "\x1f")})
        self.con.register("joined", joined)
        return self.con.sql("select md5(cell) as id from joined").to_arrow_table()["id"]

    def add_order(self) -> None:
        """The order's state, and its customer: by id, else by e-mail, else the order itself."""
        status = self.columns.get("status", self.nothing)
        if "is_live" in self.roles:
            test = matches(self.read("is_live"), "(?i)false|0|no")
            status = pc.if_else(pc.fill_null(test, False), "test", status)
        if "is_test" in self.roles:
            test = matches(self.read("is_test"), IS_TEST)
            status = pc.if_else(pc.fill_null(test, False), "test", status)
        if "cancelled_at" in self.roles:
            status = pc.if_else(pc.is_valid(self.read("cancelled_at")), "cancelled", status)
        self.columns["status"] = status
        # an order 0 is no nobody
        order = pc.binary_join_element_wise("order ", self.columns["order_id"], "")
        self.columns["account_key"] = reduce(
            _coalesce,
            [
                self._person("account_key", self._id),
                # marked: guests are met again by nothing else
                pc.binary_join_element_wise(
                    pa.scalar("order:"), hashed(self.con, order, self.reader.salt), pa.scalar("")
                ),
            ],
        )
        for key in ("order_id", "account_key", "ordered_at"):
            if self.columns.get(key, self.nothing).null_count:
                self.tell(doubtful=frozenset([key]))

    def hide_unreadable(self) -> None:
        """A row with a cell that cannot be read may have moved: its texts may be of any column."""
        kinds = self.reader.kinds
        judged = [name for name in self.columns if kinds[name] != "text"]
        masks = [pc.fill_null(pc.equal(self.columns[name], UNREADABLE), False) for name in judged]
        mask = reduce(pc.or_, masks)
        if not pc.any(mask).as_py():
            return
        for name, values in self.columns.items():
            if name in judged or name.endswith("_key"):
                continue
            hidden = UNREADABLE if name in ("event_id", "event_name", "order_id") else None
            text = pa.scalar(hidden, pa.string())
            is_hidden = pc.and_(mask, pc.is_valid(values))
            self.columns[name] = pc.if_else(is_hidden, text, values)


def currency_code(text: str) -> str:
    """A code in capitals, also of a sign of money; what is neither stops the build by its name."""
    code = words()["currencies"].get(text, text).upper()
    return code if re.fullmatch("[A-Z]{3}", code) else UNREADABLE


def something(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells without the words for nothing."""
    if values.null_count == len(values):
        return values
    lengths = pc.min_max(pc.binary_length(values)).as_py()
    if lengths["min"] > max(map(len, WORDS_FOR_NOTHING)):
        return values
    nothing = pa.array([*WORDS_FOR_NOTHING, NULL_SIGN.lower()])
    held = pc.is_in(pc.utf8_lower(values), nothing)
    return pc.if_else(held, None, values) if pc.any(held).as_py() else values


def coalesced(cells: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    return reduce(_coalesce, [cells[name] for name in names])


def _coalesce(first: pa.ChunkedArray, other: Any) -> pa.ChunkedArray:
    if isinstance(first, pa.ChunkedArray) and not first.null_count:
        return first
    if isinstance(other, pa.ChunkedArray) and first.null_count == len(first):
        return other
    return pc.coalesce(first, other)


def from_epoch(values: pa.ChunkedArray, per_second: int) -> pa.ChunkedArray:
    """Canonical times of counts since 1970 in UTC."""
    counts = pc.cast(values, pa.int64())
    if per_second < 1000:
        counts = pc.multiply(counts, 1000 // per_second)
    elif per_second > 1000:
        counts = pc.divide(counts, per_second // 1000)
    texts = pc.cast(pc.cast(counts, pa.timestamp("ms")), pa.string())
    return pc.replace_substring_regex(texts, r"\.000$", "")


def in_utc(con: duckdb.DuckDBPyConnection, times: pa.ChunkedArray, zone: str) -> pa.ChunkedArray:
    """Canonical times of a zone's clocks as canonical times in UTC."""
    encoded = times.combine_chunks().dictionary_encode()
    con.register("times", pa.table({"cell": encoded.dictionary}))
    moment = f"timezone({literal(zone)}, try_cast(cell as timestamp))"
    found = con.sql(f"select time_text(cell, {moment}) from times").to_arrow_table()
    return pa.chunked_array([found.column(0).combine_chunks().take(encoded.indices)])
