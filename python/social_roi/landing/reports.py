"""Blocks of cells of a report to rows of `ad_reports`, by its layout.

What only the whole file can tell (its grain, formats, whether it is a pivot table) is assumed and
collected as evidence, block by block; see `rows.write_rows`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial, reduce
from itertools import chain
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from social_roi.landing.formats import (
    NUMBER_KINDS,
    FormatCounts,
    Formats,
    KnownOrder,
    add_up,
    canonical,
    choose_formats,
    matches,
)
from social_roi.landing.ids import IdCounts, add_up_ids, count_ids, with_ids, without_decimals
from social_roi.landing.layouts import MONEY, TIMES, Match, header_key, words
from social_roi.landing.periods import Period
from social_roi.landing.raw_tables import AD_REPORTS
from social_roi.landing.records import Block, Blocks, Reject
from social_roi.landing.report_aside import Aside
from social_roi.landing.report_cells import (
    has_other_than_zero,
    in_units,
    mapped,
    named,
    signs_of,
    without_signs,
)
from social_roi.landing.report_periods import read_periods, read_titles
from social_roi.landing.sql import literal

ENTITIES = {
    "account": ("account_id", "account_name"),
    "campaign": ("campaign_id", "campaign_name"),
    "ad group": ("ad_group_id", "ad_group_name"),
    "ad": ("ad_id", "ad_name"),
}
BREAKDOWNS = {
    "publisher": "publisher",
    "placement": "placement",
    "device": "device_type",
    "age": "age_band",
    "gender": "gender",
    "country": "country",
}
IDS = ("account_id", "campaign_id", "ad_group_id", "ad_id")
KINDS = {column.name: column.kind for column in AD_REPORTS}
PERIOD = ("period_start", "period_end")
# Only between reading and writing: when a connector fetched the row, and of which part of the
# report it is that no column of ours tells.
SYNCED_AT, SEGMENT = "_synced_at", "_segment"
SYNC_KEY = (
    *("period_start", "period_end", SEGMENT),
    *chain(*ENTITIES.values()),
    *BREAKDOWNS.values(),
)


@dataclass(frozen=True)
class Reading:
    """What is taken to hold for the whole file.

    grain: as in `ad_reports`. currency: of the signs in the cells. signs: where these are of
    several currencies, all of them. results: which column `Results` are, if any. is_pivot: names
    stand only in the row above theirs.
    """

    formats: Formats
    grain: str = ""
    currency: str | None = None
    signs: frozenset[str] = frozenset()
    results: str | None = None
    is_pivot: bool = False


@dataclass(frozen=True)
class Evidence:
    """What blocks tell about their file; evidence of several blocks is added up.

    filled: roles with a value. nonzero: measures with another value than 0. periods: all there are.
    kinds: rows by result indicator. signs: currencies by the signs in cells. masked: cells such as
    `<5`, by role. unnamed, subtotals: rows of a pivot table.
    """

    counts: FormatCounts = field(default_factory=FormatCounts)
    filled: frozenset[str] = frozenset()
    nonzero: frozenset[str] = frozenset()
    periods: frozenset[Period] = frozenset()
    signs: frozenset[str] = frozenset()
    kinds: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    unnamed: int = 0
    subtotals: int = 0
    doubtful: frozenset[str] = frozenset()
    ids: Mapping[str, IdCounts] = field(default_factory=dict)

    def __add__(self, other: "Evidence") -> "Evidence":
        sums = {
            one.name: mine | its if isinstance(mine, frozenset) else mine + its
            for one in fields(self)
            if one.name not in ("counts", "ids")
            for mine, its in [(getattr(self, one.name), getattr(other, one.name))]
        }
        counts = add_up([self.counts, other.counts])
        return Evidence(counts=counts, ids=add_up_ids([self.ids, other.ids]), **sums)


class ReportReader:
    """Converts the blocks of one report. titles: the lines above its header."""

    def __init__(
        self,
        match: Match,
        titles: Sequence[str],
        delimiter: str,
        similar: KnownOrder | None = None,
    ) -> None:
        self.match, self.titles, self.delimiter = match, titles, delimiter
        self.similar = similar
        self.cells = {role: f"c{number}" for role, number in match.roles.items()}
        self.times = [role for role in TIMES if role in self.cells]
        present = {
            entity: [self.cells[role] for role in roles if role in self.cells]
            for entity, roles in ENTITIES.items()
        }
        below = [cell for entity in list(ENTITIES)[1:] for cell in present[entity]]
        self.names = list(dict.fromkeys(below or present["account"]))
        self.measures = [
            role for role, kind in KINDS.items() if kind in NUMBER_KINDS and role in self.cells
        ]
        self.aside = Aside(
            self.names,
            [self.cells[role] for role in self.times],
            [self.cells[role] for role in BREAKDOWNS.values() if role in self.cells],
            [self.cells[role] for role in self.measures],
            {f"c{number}": cell.strip() for number, cell in enumerate(match.header)},
            delimiter,
        )
        self.title_period, self.title_zone = read_titles(match, titles)
        self.is_synced = "synced_at" in self.cells
        self.segments = {
            f"c{number}": cell.strip()
            for number, cell in enumerate(match.header)
            if header_key(cell) in words()["segments"]
        }

    def start(self) -> Reading:
        return Reading(Formats(".", None, []))

    def no_evidence(self) -> Evidence:
        return Evidence()

    def doubtful(self, evidence: Evidence) -> frozenset[str]:
        """The columns whose cells have to be looked at, to tell rows that cannot be used."""
        is_told = "ad_platform" in self.cells
        return evidence.doubtful | ({"ad_platform"} if is_told else frozenset())

    def decide(self, evidence: Evidence) -> Reading:
        """What the evidence speaks for."""
        formats = with_ids(self._formats(evidence.counts), evidence.ids)
        results = self._results(evidence.kinds)
        currency = min(evidence.signs) if len(evidence.signs) == 1 else None
        formats.warnings.extend(self._warnings(evidence, results))
        signs = evidence.signs if len(evidence.signs) > 1 and not self._told_currency() else ()
        is_pivot = bool(evidence.unnamed and evidence.subtotals)
        grain = self._grain(evidence)
        return Reading(formats, grain, currency, frozenset(signs), results, is_pivot)

    def prepared(self, blocks: Blocks, reading: Reading) -> Blocks:
        """In a pivot table, names filled down from the row above: one block after the other."""
        if not reading.is_pivot:
            yield from blocks
            return
        last: dict[str, str | None] = {}
        for read in blocks:
            block = read()
            cells = block.cells
            for name in self.names:
                own = named(cells[name]).combine_chunks()
                column = pa.chunked_array([pa.array([last.get(name)], pa.string()), own])
                filled = pc.fill_null_forward(column.combine_chunks())[1:]
                if len(filled):
                    last[name] = filled[-1].as_py()
                cells = _with(cells, name, filled)
            yield partial(_same, Block(cells, block.rejects))

    def convert(
        self,
        con: duckdb.DuckDBPyConnection,
        block: Block,
        reading: Reading,
        constants: Mapping[str, str],
    ) -> tuple[dict[str, Any], list[Reject], Evidence]:
        """The columns of `ad_reports`, what is set aside, and the evidence."""
        cells = block.cells
        for role, cell in self.cells.items():
            if KINDS.get(role, "text") not in NUMBER_KINDS:
                cells = _with(cells, cell, named(cells[cell]))
        cells, rejects, unnamed, subtotals = self.aside.out_of(cells, reading.is_pivot)
        # what was filled down is no evidence against it
        filled_down = int(reading.is_pivot)
        told = Evidence(
            filled=self._filled(cells),
            unnamed=unnamed + filled_down,
            subtotals=subtotals + filled_down,
        )
        columns: dict[str, Any] = {"_source_line": cells["line"]}
        constants = {"layout": self.match.layout.name, "grain": reading.grain, **constants}
        columns |= {
            name: pa.repeat(pa.scalar(value), len(cells)) for name, value in constants.items()
        }
        if self.is_synced:
            columns[SYNCED_AT] = cells[self.cells["synced_at"]]
            if self.segments:
                parts = [pc.fill_null(cells[cell], "") for cell in self.segments]
                columns[SEGMENT] = pc.binary_join_element_wise(*parts, "\n")
        for role, kind in KINDS.items():
            if role in self.cells and kind == "text":
                columns[role] = self._text(role, cells[self.cells[role]], reading)
        ids = {role: count_ids(columns[role]) for role in IDS if role in columns}
        evidence = [told, Evidence(ids=ids)]
        start, end, orders, periods, is_sure = read_periods(
            self.match, cells, reading.formats.date_order, self.title_period
        )
        columns["period_start"], columns["period_end"] = start, end
        doubtful = frozenset() if is_sure else frozenset(PERIOD)
        evidence.append(Evidence(orders, periods=periods, doubtful=doubtful))
        micros = self.match.setting("micros", ())
        for role in self.measures:
            columns[role], seen = self._number(con, role, cells[self.cells[role]], reading)
            if role in micros:
                columns[role] = in_units(columns[role], 6)
            zero = frozenset([role]) if has_other_than_zero(columns[role]) else frozenset()
            evidence.append(seen + Evidence(nonzero=zero))
        evidence.append(self._add_results(con, cells, reading, columns))
        self._add_actions(con, cells, columns)
        self._add_kinds(columns, len(cells))
        if "currency" not in columns and reading.signs and "spend" in self.cells:
            columns["currency"] = signs_of(cells[self.cells["spend"]])
        self._fill_constants(columns, reading, len(cells))
        return columns, block.rejects + rejects, reduce(Evidence.__add__, evidence)

    # The columns

    def _text(self, role: str, values: pa.ChunkedArray, reading: Reading) -> pa.ChunkedArray:
        if role in IDS and pc.any(pc.starts_with(values, "[")).as_py():
            values = pc.replace_substring_regex(values, r"^\[(.*)\]$", r"\1")
        if role in reading.formats.decimal_ids:
            values = without_decimals(values)
        if role == "currency":
            values = pc.utf8_upper(values)
        known = self.match.setting("values", {}).get(role)
        if known:
            values = mapped(values, lambda text: known.get(text, text))
        return values

    def _number(
        self, con: duckdb.DuckDBPyConnection, role: str, values: pa.ChunkedArray, reading: Reading
    ) -> tuple[pa.ChunkedArray, Evidence]:
        """The canonical text of a measure. Plain digits, the usual case, are only looked at."""
        has_point = pc.any(pc.match_substring(values, ".")).as_py()
        plain = r"\d{1,14}\.\d+|\d{1,14}" if KINDS[role] == "decimal" else r"\d{1,14}"
        if (
            not (has_point and reading.formats.decimal_mark == ",")
            and pc.all(matches(values, plain)).as_py() is not False
        ):
            if not has_point:
                return values, Evidence()
            points = pc.sum(pc.match_substring(values, ".")).as_py()
            commas = pc.sum(matches(values, r"[1-9]\d{0,2}(\.\d{3})+|0\.\d{3}")).as_py()
            return values, Evidence(FormatCounts(points=points, commas=commas))
        values, signs, masked = without_signs(values)
        seen = Evidence(
            signs=signs if role in MONEY else frozenset(),
            masked=Counter({role: masked} if masked else {}),
        )
        values, counts = canonical(con, values, KINDS[role], reading.formats)
        return values, seen + Evidence(counts=counts, doubtful=frozenset([role]))

    def _add_results(
        self,
        con: duckdb.DuckDBPyConnection,
        cells: pa.Table,
        reading: Reading,
        columns: dict[str, Any],
    ) -> Evidence:
        """Reads `Results` as the reading says; which kinds there are."""
        if "results" not in self.cells or "result_indicator" not in self.cells:
            return Evidence()
        results = cells[self.cells["results"]]
        indicators = cells[self.cells["result_indicator"]]
        kinds = pc.value_counts(indicators.filter(pc.is_valid(results))).to_pylist()
        told = Evidence(kinds=Counter({one["values"] or "": one["counts"] for one in kinds}))
        if reading.results:
            values, *_ = without_signs(results)
            columns[reading.results], counts = canonical(con, values, "decimal", reading.formats)
            told = told + Evidence(counts=counts, doubtful=frozenset([reading.results]))
            if reading.results == "reported_conversions":
                columns["conversion_kind"] = indicators
        return told

    def _add_actions(
        self, con: duckdb.DuckDBPyConnection, cells: pa.Table, columns: dict[str, Any]
    ) -> None:
        """Counts from lists of `action_type` and `value`, by the layout's ladder."""
        for column, rule in self.match.setting("actions", {}).items():
            if rule["from"] not in self.cells:
                continue
            con.register("texts", pa.table({"cell": cells[self.cells[rule["from"]]]}))
            steps = [
                "list_sum([try_cast(one.value as decimal(18, 4)) for one in actions"
                f" if one.action_type in ({', '.join(map(literal, step))})])"
                for step in rule["ladder"]
            ]
            kinds = " ".join(
                f"when {step} is not null then {literal(' + '.join(names))}"
                for step, names in zip(steps, rule["ladder"], strict=True)
            )
            found = con.sql(f"""
                select
                    rtrim(rtrim(cast(coalesce({", ".join(steps)}) as varchar), '0'), '.') as value,
                    case {kinds} end as kind
                from (
                    select case when json_valid(cell) then from_json(
                        cell, '[{{"action_type": "VARCHAR", "value": "VARCHAR"}}]'
                    ) end as actions
                    from texts
                )
            """).to_arrow_table()
            columns[column] = found["value"]
            if column == "reported_conversions":
                columns["conversion_kind"] = found["kind"]

    def _add_kinds(self, columns: dict[str, Any], rows: int) -> None:
        """What the export calls its clicks and conversions."""
        for column, kind in (
            ("clicks", "clicks_kind"),
            ("reported_conversions", "conversion_kind"),
        ):
            if column in self.cells:
                name = self.match.header[self.match.roles[column]].strip()
                columns[kind] = pa.repeat(pa.scalar(name), rows)
        # one kind of clicks is no second measure
        if self.cells.get("clicks") == self.cells.get("clicks_all"):
            columns.pop("clicks_all", None)

    def _fill_constants(self, columns: dict[str, Any], reading: Reading, rows: int) -> None:
        told = {"currency": self.match.currency}
        if self.title_zone:
            told["report_zone"] = self.title_zone
        known = self.match.layout.constants
        for column in {*told, *known, "currency"}:
            value = told.get(column) or known.get(column)
            if not value and column == "currency":
                value = reading.currency
            if not value:
                continue
            if column in columns:
                columns[column] = pc.fill_null(columns[column], value)
            else:
                columns[column] = pa.repeat(pa.scalar(value), rows)

    # What the evidence says

    def _formats(self, counts: FormatCounts) -> Formats:
        formats = choose_formats(counts, self.delimiter, self.similar)
        warnings = list(formats.warnings)
        mark, order = formats.decimal_mark, formats.date_order
        language = self.match.language
        if counts.undecided and counts.commas == counts.points and language != "en":
            mark = "," if language in words()["decimal_comma"] else "."
            warnings = [one for one in warnings if "numbers" not in one]
        mark = self.match.setting("decimal_mark", mark)
        is_open = formats.is_order_open
        # nobody who writes in these languages, or with a decimal comma, puts the month first
        day_first = mark == "," or language in words()["decimal_comma"]
        if is_open and self.similar is None and day_first:
            order, is_open = "d-m-y", False
            warnings = [one for one in warnings if "dates" not in one]
        fixed = self.match.setting("date_order")
        if fixed and counts.year_last:
            reads = {"m-d-y": counts.months, "d-m-y": counts.days}
            if reads[fixed] >= max(reads.values()) or self.match.layout.settings.get("is_own"):
                order, is_open = fixed, False
                warnings = [one for one in warnings if "dates" not in one]
        return Formats(mark, order, warnings, is_order_open=is_open)

    def _results(self, kinds: Counter[str]) -> str | None:
        if "reported_conversions" in self.cells or not kinds:
            return None
        for column, names in self.match.setting("results", {}).items():
            if column not in self.cells and {header_key(kind) for kind in kinds} <= {*names}:
                return column if len(kinds) == 1 else None
        return None

    def _grain(self, evidence: Evidence) -> str:
        entities = [entity for entity, roles in ENTITIES.items() if {*roles} & evidence.filled] or [
            "account"
        ]
        breakdowns = [name for name, role in BREAKDOWNS.items() if role in evidence.filled]
        # rows of a part that no column of ours tells: never taken for the same report without it
        breakdowns += ["segment"] * bool(self.segments)
        return " x ".join([self._unit(evidence.periods), entities[-1], *breakdowns])

    def _unit(self, periods: frozenset[Period]) -> str:
        if self.times:
            return self.times[0]
        if self.title_period and "period_start" not in self.cells:
            return "day" if self.title_period[0] == self.title_period[1] else "period"
        days = [(end - start).days + 1 for start, end in periods]
        if not days:
            return "unknown period"
        if max(days) == 1:
            return "day"
        if len(periods) > 1 and max(days) <= 7:
            return "week"
        whole = all(start.day == 1 and start.month == end.month for start, end in periods)
        return "month" if len(periods) > 1 and max(days) <= 31 and whole else "period"

    def _warnings(self, evidence: Evidence, results: str | None) -> Iterator[str]:
        unit = self._unit(evidence.periods)
        if self.segments:
            yield (
                f"rows are divided by {', '.join(self.segments.values())}, which is not kept: "
                "beside the same report without it they do not count"
            )
        if unit == "unknown period":
            yield "the period is not known: totals only, no days; export again by day"
        elif unit == "period" and evidence.filled & {*BREAKDOWNS.values()}:
            yield "no day column: shares of the period, and totals where no other export tells them"
        elif unit == "period":
            yield "no day column: totals of the period only; export again by day"
        told = self._told_currency() or "currency" in evidence.filled
        if not told and not evidence.signs:
            yield (
                "the file does not tell its currency: name it in a mapping.yml beside the file "
                "(currency: EUR), else it counts as the project's"
            )
        if not told and len(evidence.signs) > 1:
            yield (
                f"{' and '.join(sorted(evidence.signs))} stand in cells: each row has the currency "
                "of its spend"
            )
        if (
            evidence.kinds
            and not results
            and not {"reported_conversions", "reported_leads"} & self.cells.keys()
        ):
            kinds = ", ".join(kind or "blank" for kind in sorted(evidence.kinds))
            yield (
                f"Results are not read, they count {kinds}; export the columns of purchases or "
                "leads"
            )
        if evidence.masked:
            masked = ", ".join(
                f"{role} {count:,}" for role, count in sorted(evidence.masked.items())
            )
            yield f"masked values such as <5 are unknown: {masked}"
        zeros = [
            role
            for role in self.measures
            if role in evidence.filled and role not in evidence.nonzero
        ]
        if zeros:
            yield f"only zeros in {', '.join(zeros)}: was it asked for in the export?"
        if self.title_period and self.times and evidence.periods:
            first = min(start for start, _ in evidence.periods)
            last = max(end for _, end in evidence.periods)
            if first < self.title_period[0] or last > self.title_period[1]:
                yield (
                    f"rows from {first} to {last}, the title says {self.title_period[0]} to "
                    f"{self.title_period[1]}"
                )

    def _told_currency(self) -> str | None:
        return self.match.currency or self.match.layout.constants.get("currency")

    def _filled(self, cells: pa.Table) -> frozenset[str]:
        roles = [role for role in self.cells if role in KINDS]
        return frozenset(role for role in roles if cells[self.cells[role]].null_count < len(cells))


def _same(block: Block) -> Block:
    return block


def _with(cells: pa.Table, name: str, values: pa.ChunkedArray | pa.Array) -> pa.Table:
    if values is cells[name]:
        return cells
    return cells.set_column(cells.schema.get_field_index(name), name, values)
