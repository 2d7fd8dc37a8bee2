"""Blocks of cells to rows of a raw table: total rows set aside, text made canonical, written."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import reduce
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple

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
    id_warnings,
    without_decimals,
)
from social_roi.landing.raw_tables import RAW_TABLES, Column, landed_columns
from social_roi.landing.records import RECORD_CHARACTERS, Block, Blocks, Reject, null_if
from social_roi.landing.sniff import Layout
from social_roi.landing.sql import literal

TOTAL_WORDS = r"(?s)(grand[ -]?|sub[ -]?)?totals?\b.*|summary\b.*"
NO_TEXT = "--"
QUOTE = '"'
WORKERS = 2


def write_rows(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    read: Callable[[], Blocks],
    part: Path,
    constants: dict[str, str],
    similar: KnownOrder | None = None,
) -> tuple[Formats, int]:
    """Write the rows of a file as Parquet and its rejects to the table `rejects`.

    constants: the columns that are the same in all rows. similar: see choose_formats. Returns the
    formats and the number of rows. The usual formats are assumed until a block tells otherwise:
    then the file is read and written again, and once more if the rest of it tells yet otherwise.
    """
    schema = _schema(layout.table)
    # A dictionary that grows large costs time and saves no space.
    encoding = {
        "use_dictionary": [name for name in schema.names if name != "_source_line"],
        "dictionary_pagesize_limit": 1 << 16,
    }
    formats = Formats(".", None, [])
    for is_first_try in chain([True], repeat(False)):
        con.execute(
            "create or replace temp table rejects (line bigint, reason varchar, record varchar)"
        )
        counts, ids, rows = FormatCounts(), {}, 0
        with pq.ParquetWriter(part, schema, **encoding) as writer:
            for converted in _converted_in_order(con, layout, read(), formats, constants):
                writer.write_table(converted.rows)
                rows += converted.rows.num_rows
                if converted.rejects:
                    con.execute(
                        "insert into rejects select unnest($1), unnest($2), unnest($3)",
                        [list(column) for column in zip(*converted.rejects, strict=True)],
                    )
                counts = add_up([counts, converted.format_counts])
                ids = add_up_ids([ids, converted.id_counts])
                if is_first_try and _formats_of(counts, ids, layout, similar) != formats:
                    break
        assumed, formats = formats, _formats_of(counts, ids, layout, similar)
        if formats == assumed:
            break
    before_text = literal(BLANKS + layout.delimiter + QUOTE)
    con.execute(f"""
        update rejects set reason = 'total row'
        where
            reason like 'expected %'
            and regexp_full_match(lower(ltrim(record, {before_text})), {literal(TOTAL_WORDS)})
    """)
    return formats, rows


def _formats_of(
    counts: FormatCounts, ids: dict[str, IdCounts], layout: Layout, similar: KnownOrder | None
) -> Formats:
    formats = choose_formats(counts, layout.delimiter, similar)
    decimal = frozenset(column for column, of_column in ids.items() if of_column.are_all_numbers)
    return replace(formats, decimal_ids=decimal, warnings=[*formats.warnings, *id_warnings(ids)])


def _schema(table: str) -> pa.Schema:
    types = {"text": pa.string(), "bigint": pa.int64()}
    return pa.schema([(name, types[kind]) for name, kind in landed_columns()[table].items()])


class Converted(NamedTuple):
    """What becomes of a block: its rows, its rejects, and the evidence for the formats."""

    rows: pa.Table
    rejects: list[Reject]
    format_counts: FormatCounts
    id_counts: dict[str, IdCounts]


def _converted_in_order(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    blocks: Blocks,
    formats: Formats,
    constants: dict[str, str],
) -> Iterator[Converted]:
    """What becomes of each block, by some threads, in the order of the blocks."""

    def convert(own: duckdb.DuckDBPyConnection, block: Callable[[], Block]) -> Converted:
        with own:
            return convert_block(own, layout, block(), formats, constants)

    waiting: deque[Future[Converted]] = deque()
    with ThreadPoolExecutor(WORKERS) as pool:
        for block in blocks:
            waiting.append(pool.submit(convert, con.cursor(), block))
            if len(waiting) > WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def convert_block(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    block: Block,
    formats: Formats,
    constants: dict[str, str],
) -> Converted:
    cells, total_rows = _set_aside(layout, block.cells)
    columns = {name: pa.repeat(pa.scalar(value), len(cells)) for name, value in constants.items()}
    columns["_source_line"] = cells["line"]
    counts, ids = [], {}
    for cell, column in contract_cells(layout).items():
        if column.kind == "text":
            text = null_if(cells[cell], NO_TEXT)
            if column.name.endswith("_id"):
                ids[column.name] = count_ids(text)
            is_decimal = column.name in formats.decimal_ids
            columns[column.name] = without_decimals(text) if is_decimal else text
        else:
            columns[column.name], told = canonical(con, cells[cell], column.kind, formats)
            counts.append(told)
    schema = _schema(layout.table)
    nothing = pa.nulls(len(cells), pa.string())
    arrays = [columns.get(name, nothing) for name in schema.names]
    rows = pa.table(arrays, schema=schema)
    return Converted(rows, block.rejects + total_rows, add_up(counts), ids)


def _set_aside(layout: Layout, cells: pa.Table) -> tuple[pa.Table, list[Reject]]:
    """The records among the cells, and the total rows as rejects; rows without a value are neither.

    A total row has a total word in its first filled cell and no other name, code or date among the
    key columns.
    """
    names = [f"c{i}" for i in range(len(layout.columns))]
    first = cells["c0"]
    for name in names[1:]:
        if not first.null_count:
            break
        first = pc.coalesce(first, cells[name])
    keys = [
        cell
        for cell, column in contract_cells(layout).items()
        if column.is_key and column.kind not in NUMBER_KINDS
    ]
    other_keys = [pc.fill_null(pc.not_equal(cells[cell], first), False) for cell in keys]
    is_alone = pc.invert(reduce(pc.or_, other_keys))
    if not pc.any(is_alone).as_py():
        return cells, []
    is_total = matches(pc.utf8_lower(first), TOTAL_WORDS)
    is_aside = pc.and_(is_alone, pc.fill_null(is_total, True))
    rejects = []
    for row in cells.filter(is_aside).to_pylist():
        texts = [row[name] or "" for name in names]
        if any(texts):
            record = layout.delimiter.join(texts)[:RECORD_CHARACTERS]
            rejects.append((row["line"], "total row", record))
    return cells.filter(pc.invert(is_aside)), rejects


def contract_cells(layout: Layout) -> dict[str, Column]:
    """The cells that the contract knows, with their columns."""
    contract = {column.name: column for column in RAW_TABLES[layout.table]}
    return {f"c{i}": contract[name] for i, name in enumerate(layout.columns) if name}
