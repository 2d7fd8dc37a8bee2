"""Blocks of cells to rows of a raw table: total rows set aside, text made canonical, written."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from social_roi.landing.formats import (
    BLANKS,
    NUMBER_KINDS,
    FormatCounts,
    Formats,
    KnownOrder,
    add_up,
    canonical,
    choose_formats,
    matches,
)
from social_roi.landing.ids import (
    IdCounts,
    add_up_ids,
    count_ids,
    with_ids,
    without_decimals,
)
from social_roi.landing.layouts import words
from social_roi.landing.logs import LogReader
from social_roi.landing.persons import Salt
from social_roi.landing.raw_tables import LOG_TABLES, RAW_TABLES, Column, landed_columns
from social_roi.landing.records import RECORD_CHARACTERS, Block, Blocks, Reject, null_if
from social_roi.landing.report_cells import mapped
from social_roi.landing.reports import SEGMENT, SYNC_KEY, SYNCED_AT, ReportReader
from social_roi.landing.sniff import Shape
from social_roi.landing.sql import copy_rows, literal, parquet_rows
from social_roi.landing.unusable import LATER_SYNC

TOTAL_WORDS = r"(?s)(grand[ -]?|sub[ -]?)?totals?\b.*|summary\b.*"
NO_TEXT = "--"
QUOTE = '"'
WORKERS = 2
SAMPLE_ROWS = 5_000
# The first block, the whole file, and again where the rest of it told otherwise.
ATTEMPTS = 4


class Reading(Protocol):
    """What is assumed of a whole file. Readings that read the same are equal."""

    formats: Formats


class Reader(Protocol):
    """Converts the blocks of one file; evidence of its blocks is added up."""

    def start(self) -> Reading: ...

    def no_evidence(self) -> Any: ...

    def decide(self, evidence: Any) -> Reading: ...

    def doubtful(self, evidence: Any) -> frozenset[str] | None: ...

    def prepared(self, blocks: Blocks, reading: Reading) -> Blocks: ...

    def convert(
        self,
        con: duckdb.DuckDBPyConnection,
        block: Block,
        reading: Reading,
        constants: Mapping[str, str],
    ) -> tuple[dict[str, Any], list[Reject], Any]: ...


def reader_of(shape: Shape, similar: KnownOrder | None, salt: Salt) -> Reader:
    if shape.match and shape.match.layout.table == "ad_reports":
        return ReportReader(shape.match, shape.titles, shape.delimiter, similar)
    if shape.match and shape.table in LOG_TABLES:
        return LogReader(shape.match, shape.delimiter, salt.text, similar)
    return ContractReader(shape, similar)


def write_rows(
    con: duckdb.DuckDBPyConnection,
    shape: Shape,
    read: Callable[[], Blocks],
    part: Path,
    constants: dict[str, str],
    salt: Salt,
    similar: KnownOrder | None = None,
) -> "Written":
    """Write the rows of a file as Parquet and its rejects to the table `rejects`.

    constants: the columns that are the same in all rows. salt: of persons. similar: see
    choose_formats. The usual reading is assumed until a block tells otherwise: then the file is
    read and written again, and once more if the rest of it tells yet otherwise.
    """
    reader = reader_of(shape, similar, salt)
    schema = _schema(shape.table)
    is_synced = getattr(reader, "is_synced", False)
    if is_synced:
        for name in (SYNCED_AT, SEGMENT):
            schema = schema.append(pa.field(name, pa.string()))
    # A dictionary that grows large costs time and saves no space.
    encoding = {
        "use_dictionary": [name for name in schema.names if name != "_source_line"],
        "dictionary_pagesize_limit": 1 << 16,
    }
    reading = reader.start()
    if isinstance(reader, ReportReader):
        reading = _learned(con, reader, read, constants)
    for attempt in range(ATTEMPTS):
        con.execute(
            "create or replace temp table rejects (line bigint, reason varchar, record varchar)"
        )
        evidence, rows = reader.no_evidence(), 0
        with pq.ParquetWriter(part, schema, **encoding) as writer:
            for converted in _converted_in_order(con, reader, read(), reading, constants):
                columns = converted.columns
                count = len(columns["_source_line"])
                nothing = pa.nulls(count, pa.string())
                arrays = [columns.get(name, nothing) for name in schema.names]
                writer.write_table(pa.table(arrays, schema=schema))
                rows += count
                if converted.rejects:
                    con.execute(
                        "insert into rejects select unnest($1), unnest($2), unnest($3)",
                        [list(column) for column in zip(*converted.rejects, strict=True)],
                    )
                evidence = evidence + converted.evidence
                if not attempt and reader.decide(evidence) != reading:
                    break
        assumed, reading = reading, reader.decide(evidence)
        if reading == assumed:
            break
    if shape.table not in LOG_TABLES:
        _name_totals(con, shape)
    if is_synced:
        rows = _keep_latest_sync(con, part)
    return Written(reading, rows, reader.doubtful(evidence))


class Written(NamedTuple):
    """doubtful: the only columns that may make a row unusable; None: any."""

    reading: Reading
    rows: int
    doubtful: frozenset[str] | None


def _learned(
    con: duckdb.DuckDBPyConnection,
    reader: ReportReader,
    read: Callable[[], Blocks],
    constants: dict[str, str],
) -> Reading:
    """What the first rows tell, which is nearly always what the whole file tells."""
    reading = reader.start()
    for block in read():
        first = block()
        sample = Block(first.cells.slice(0, SAMPLE_ROWS), [])
        *_, evidence = reader.convert(con, sample, reading, constants)
        return reader.decide(evidence)
    return reading


def _keep_latest_sync(con: duckdb.DuckDBPyConnection, part: Path) -> int:
    """Of the rows that a connector fetched several times, the latest; how many rows there are."""
    numbered = f"""
        select *, row_number() over (
            partition by {", ".join(SYNC_KEY)} order by {SYNCED_AT} desc, _source_line desc
        ) as sync
        from {parquet_rows(part)}
    """
    con.execute(f"""
        insert into rejects
        select _source_line, '{LATER_SYNC}', concat_ws(',', {", ".join(SYNC_KEY)})
        from ({numbered}) where sync > 1
    """)
    whole = part.rename(part.with_suffix(".synced"))
    numbered = numbered.replace(parquet_rows(part), parquet_rows(whole))
    columns = {name: name for name in landed_columns()["ad_reports"]}
    rows = copy_rows(
        con, columns, f"(select * from ({numbered}) where sync = 1 order by _source_line)", part
    )
    whole.unlink()
    return rows


def _name_totals(con: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    """Say of records of another width that they are total rows, or the lines below a report."""
    before_text = literal(BLANKS + shape.delimiter + QUOTE)
    con.execute(f"""
        update rejects set reason = 'total row'
        where
            reason like 'expected %'
            and regexp_full_match(lower(ltrim(record, {before_text})), {literal(TOTAL_WORDS)})
    """)
    if shape.match:
        footers = "|".join(words()["footers"])
        con.execute(f"""
            update rejects set reason = 'footer row'
            where
                reason like 'expected %'
                and (reason like '%found 1' or regexp_matches(lower(record), {literal(footers)}))
        """)


def _schema(table: str) -> pa.Schema:
    types = {"text": pa.string(), "bigint": pa.int64()}
    return pa.schema([(name, types[kind]) for name, kind in landed_columns()[table].items()])


class Converted(NamedTuple):
    """What becomes of a block: columns of its rows, its rejects, the evidence for the reading."""

    columns: dict[str, Any]
    rejects: list[Reject]
    evidence: Any


def _converted_in_order(
    con: duckdb.DuckDBPyConnection,
    reader: Reader,
    blocks: Blocks,
    reading: Reading,
    constants: dict[str, str],
) -> Iterator[Converted]:
    """What becomes of each block, by some threads, in the order of the blocks."""

    def convert(own: duckdb.DuckDBPyConnection, block: Callable[[], Block]) -> Converted:
        with own:
            return Converted(*reader.convert(own, block(), reading, constants))

    waiting: deque[Future[Converted]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        for block in reader.prepared(blocks, reading):
            waiting.append(pool.submit(convert, con.cursor(), block))
            if len(waiting) > WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class ContractReading(NamedTuple):
    """Only the formats have to be learned where the columns are the contract's."""

    formats: Formats


@dataclass(frozen=True)
class Counted:
    """Format counts and how ids are written, as evidence."""

    counts: FormatCounts = field(default_factory=FormatCounts)
    ids: Mapping[str, IdCounts] = field(default_factory=dict)

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(add_up([self.counts, other.counts]), add_up_ids([self.ids, other.ids]))


class ContractReader:
    """Converts the blocks of a file that has the contract's own columns."""

    def __init__(self, shape: Shape, similar: KnownOrder | None) -> None:
        self.shape, self.similar = shape, similar

    def start(self) -> ContractReading:
        return ContractReading(Formats(".", None, []))

    def no_evidence(self) -> Counted:
        return Counted()

    def decide(self, evidence: Counted) -> ContractReading:
        formats = choose_formats(evidence.counts, self.shape.delimiter, self.similar)
        return ContractReading(with_ids(formats, evidence.ids))

    def doubtful(self, evidence: Counted) -> None:
        """Any column may hold what cannot be used."""

    def prepared(self, blocks: Blocks, reading: ContractReading) -> Blocks:
        return blocks

    def convert(
        self,
        con: duckdb.DuckDBPyConnection,
        block: Block,
        reading: ContractReading,
        constants: Mapping[str, str],
    ) -> tuple[dict[str, Any], list[Reject], Counted]:
        cells, total_rows = _set_aside(self.shape, block.cells)
        formats = reading.formats
        columns: dict[str, Any] = {
            name: pa.repeat(pa.scalar(value), len(cells)) for name, value in constants.items()
        }
        columns["_source_line"] = cells["line"]
        counts, ids = [], {}
        for cell, column in contract_cells(self.shape).items():
            if column.kind == "text":
                text = null_if(cells[cell], NO_TEXT)
                if column.name.endswith("_id"):
                    ids[column.name] = count_ids(text)
                if column.name == "event_type":
                    text = mapped(text, lambda word: event_type(word) or word)
                is_decimal = column.name in formats.decimal_ids
                columns[column.name] = without_decimals(text) if is_decimal else text
            else:
                columns[column.name], told = canonical(con, cells[cell], column.kind, formats)
                counts.append(told)
        for name, text in self.shape.constants.items():
            if name in columns:
                columns[name] = pc.fill_null(columns[name], text)
            else:
                columns[name] = pa.repeat(pa.scalar(text), len(cells))
        return columns, block.rejects + total_rows, Counted(add_up(counts), ids)


def event_type(word: str) -> str | None:
    """What a source's word for an event is here; None for one of ours, and for unknown ones."""
    return words()["event_types"].get(word.lower())


def _set_aside(shape: Shape, cells: pa.Table) -> tuple[pa.Table, list[Reject]]:
    """The records among the cells, and the total rows as rejects; rows without a value are neither.

    A total row has a total word in its first filled cell and no other name, code or date among the
    key columns.
    """
    names = [f"c{i}" for i in range(len(shape.columns))]
    first = cells["c0"]
    for name in names[1:]:
        if not first.null_count:
            break
        first = pc.coalesce(first, cells[name])
    keys = [
        cell
        for cell, column in contract_cells(shape).items()
        if column.is_key and column.kind not in NUMBER_KINDS
    ]
    other_keys = [pc.fill_null(pc.not_equal(cells[cell], first), False) for cell in keys]
    is_alone = pc.invert(reduce(pc.or_, other_keys))
    if not pc.any(is_alone).as_py():
        return cells, []
    is_total = matches(pc.utf8_lower(first), TOTAL_WORDS)
    is_aside = pc.and_(is_alone, pc.fill_null(is_total, True))
    rejects = []
    # a row without a first filled cell has none, and is left out
    total_rows = cells.filter(pc.and_(is_aside, pc.is_valid(first)))
    texts = (total_rows[name].to_pylist() for name in names)
    for line, *record in zip(total_rows["line"].to_pylist(), *texts, strict=True):
        text = shape.delimiter.join(cell or "" for cell in record)
        rejects.append((line, "total row", text[:RECORD_CHARACTERS]))
    return cells.filter(pc.invert(is_aside)), rejects


def contract_cells(shape: Shape) -> dict[str, Column]:
    """The cells that the contract knows, with their columns."""
    contract = {column.name: column for column in RAW_TABLES[shape.table]}
    return {f"c{i}": contract[name] for i, name in enumerate(shape.columns) if name}
