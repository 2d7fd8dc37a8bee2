"""What is this file: encoding, delimiter, where the header is, and which raw table it holds."""

import codecs
import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from social_roi.errors import UserError
from social_roi.landing.layouts import Match, header_key, is_rate, why_no_layout, words
from social_roi.landing.mappings import (
    MappingFile,
    identify,
    lacking_columns,
    proposals,
    propose,
    stated_constants,
)
from social_roi.landing.names import in_a_line
from social_roi.landing.persons import text_without_e_mails
from social_roi.landing.raw_tables import LOG_TABLES, RAW_TABLES

# The raw tables whose own columns make a file one of them.
OWN_TABLES = {name: RAW_TABLES[name] for name in RAW_TABLES if name not in LOG_TABLES}
HEAD_BYTES = 256 * 1024
HEADER_WITHIN_LINES = 100
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Shape:
    """How to read a file. `columns` has one contract name, or None if unknown, per file column.

    lines_before_data: physical lines up to and including the header (0 for Parquet). match: how the
    columns fit a layout of reports; titles: the lines above its header. constants: what a
    mapping states for all rows.
    """

    table: str
    columns: tuple[str | None, ...]
    unknown: tuple[str, ...]
    delimiter: str = ""
    lines_before_data: int = 0
    match: Match | None = None
    titles: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)


def kept_out(shape: Shape) -> str:
    """The columns of a file that are not read; of a raw table of one's own, also those of them that
    look like a column which the file lacks: a renamed column is no reason to lose its money."""
    listed = in_a_line(shape.unknown)
    if shape.match:
        return listed
    found = proposals(shape.unknown, shape.table)
    near = [
        f"{cell} looks like {role}" for role, cell in found.items() if role not in shape.columns
    ]
    return listed + (f" ({', '.join(near)}: rename, or say so in a mapping.yml)" if near else "")


def sniff_encoding(path: Path) -> str:
    """The encoding of a text file: by its mark, else `utf-8-sig`, unless most of what is not ASCII
    is no UTF-8: then `cp932` where it reads as Japanese, else `cp1252`. In UTF-16 without a mark,
    the delimiters and digits have a zero in every other byte."""
    with path.open("rb") as file:
        start = file.read(512)
        if start[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
            return "utf-32"
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        even, odd = start[::2].count(0), start[1::2].count(0)
        for zeros, others, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
            if 16 * zeros > len(start) and zeros > 8 * others:
                return encoding
        file.seek(0)
        valid, invalid = 0, 0
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        while chunk := file.read(1 << 20):
            if chunk.isascii() and not decoder.getstate()[0]:
                continue
            text = decoder.decode(chunk)
            without_broken = text.encode("utf-8", "ignore").decode()
            invalid += len(text) - len(without_broken)
            valid += len(without_broken) - len(without_broken.encode("ascii", "ignore"))
    invalid += len(decoder.getstate()[0])
    if invalid <= valid:
        return "utf-8-sig"
    return "cp932" if _is_japanese(path) else "cp1252"


def _is_japanese(path: Path) -> bool:
    """Whether the start of a file is Shift JIS, as spreadsheets in Japan save CSV: it can be read
    so, and holds kana, whose first bytes stand for a low quote and a florin elsewhere. How many is
    no matter: kanji of dates may be the most."""
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    try:
        text = codecs.getincrementaldecoder("cp932")().decode(start)
    except UnicodeDecodeError:
        return False
    kana = len(re.findall("[\u3041-\u30f6\u30fc]", text))
    return kana > 2


class UnknownColumns(UserError):
    """A file whose columns fit nothing. header: its likely header."""

    def __init__(self, message: str, header: Sequence[str]) -> None:
        super().__init__(message)
        self.header = tuple(header)


def sniff_text(name: str, path: Path, mappings: Sequence[MappingFile] = ()) -> Shape:
    """Find delimiter and header: the first line that holds all key columns of a raw table.

    Raises UserError (name, line, found, expected) when no line does.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    text = codecs.getincrementaldecoder("utf-8-sig")("replace").decode(head)
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)[:HEADER_WITHIN_LINES]
    if not "".join(lines).strip():
        raise UserError(f"{name}: the file is empty; expected a header line and rows; remove it")
    best: tuple[tuple[int, int], int, list[str], str] = ((-1, 0), 1, [], ",")
    for number, line in enumerate(lines):
        for delimiter in DELIMITERS:
            reader = csv.reader(lines[number:], delimiter=delimiter, skipinitialspace=True)
            try:
                header = next(reader, []) if line.strip() else []
            except csv.Error:  # a cell beyond what a header can hold
                header = []
            last_line = number + reader.line_num
            titles = tuple(line.strip() for line in lines[:number] if line.strip())
            shape = _shape(f"{name}, line {last_line}", header, mappings)
            if shape:
                return replace(
                    shape, delimiter=delimiter, lines_before_data=last_line, titles=titles
                )
            # the header is the line with most columns known, else with most cells
            known = max(len(_known(header, table)) for table in OWN_TABLES)
            rank = (max(known, len(proposals(header))), len(list(filter(None, header))))
            if rank > best[0]:
                best = (rank, number + 1, header, delimiter)
    return shape_of(name, best[2], best[1], mappings)


def shape_of(
    name: str, header: Sequence[str], header_line: int = 0, mappings: Sequence[MappingFile] = ()
) -> Shape:
    """The shape for a header. Raises UserError when the columns match nothing known."""
    where = f"{name}, line {header_line}" if header_line else name
    shape = _shape(where, header, mappings)
    if shape is None:
        raise UnknownColumns(f"{where}: {_why_no_table(header, mappings)}", header)
    return replace(shape, lines_before_data=header_line)


def _shape(where: str, header: Sequence[str], mappings: Sequence[MappingFile]) -> Shape | None:
    """By the user's mapping, by the contract's own columns, or by a layout, in this order."""
    own = [one for one in mappings if one.own]
    table = None if own and identify(where, header, own) else find_table(header)
    # a log has all that a table of users needs
    if table and not (table == "users" and _is_known_log(where, header, mappings)):
        return _contract_shape(where, table, header, stated_constants(mappings))
    match = identify(where, header, mappings)
    if match is None:
        return None
    if match.layout.table in LOG_TABLES:
        return _log_shape(match)
    used = {*match.roles.values()}
    unknown = tuple(
        cell.strip()
        for number, cell in enumerate(header)
        if number not in used and cell.strip() and not is_rate(cell)
    )
    columns: list[str | None] = [None] * len(header)
    if match.layout.table != "ad_reports":
        for role, number in match.roles.items():
            columns[number] = role
    constants = match.layout.constants
    return Shape(match.layout.table, tuple(columns), unknown, match=match, constants=constants)


def _is_known_log(where: str, header: Sequence[str], mappings: Sequence[MappingFile]) -> bool:
    match = identify(where, header, mappings)
    return match is not None and match.layout.table in LOG_TABLES


def _log_shape(match: Match) -> Shape:
    """A log or a list of orders. `columns` has the role of each cell that is read."""
    columns: list[str | None] = [None] * len(match.header)
    for role, cells in match.cells().items():
        for cell in cells:
            number = int(cell[1:].split(".")[0])
            columns[number] = columns[number] or role
    for cell in match.pairs():
        columns[int(cell[1:])] = "pairs"
    unknown = tuple(
        cell.strip()
        for cell, role in zip(match.header, columns, strict=True)
        if role is None and cell.strip()
    )
    return Shape(match.layout.table, tuple(columns), unknown, match=match)


def _contract_shape(
    where: str, table: str, header: Sequence[str], constants: Mapping[str, str]
) -> Shape:
    by_key = {_key(column.name): column.name for column in RAW_TABLES[table]}
    columns = tuple(by_key.get(_key(cell)) for cell in header)
    for column in filter(None, columns):
        if columns.count(column) > 1:
            raise UserError(
                f"{where}: column {column} is there {columns.count(column)} times, expected once; "
                "rename or remove the others"
            )
    unknown = tuple(
        cell.strip()
        for cell, column in zip(header, columns, strict=True)
        if column is None and cell.strip()
    )
    stated = {name: text for name, text in constants.items() if name in by_key.values()}
    return Shape(table, columns, unknown, constants=stated)


# What a log of pages, events or orders has beside user_id, and a table of users has not.
LOG_COLUMNS = {
    *("timestamp", "time", "occurredat", "receivedat", "sentat", "originaltimestamp", "createdat"),
    *("event", "eventid", "eventname", "eventtype", "eventdate", "eventtimestamp", "messageid"),
    *("sessionid", "gasessionid", "anonymousid", "userpseudoid", "orderid", "transactionid"),
    *("url", "pageurl", "pagepath", "pagelocation", "contextpageurl"),
}
USER_ATTRIBUTES = ("age", "gender", "location", "device_type")


def is_log(header: Sequence[str]) -> bool:
    """Whether a file with a user_id is a log of what users did, not a table of users."""
    keys = {_key(cell) for cell in header}
    return "userid" in keys and bool(keys & LOG_COLUMNS)


def find_table(header: Sequence[str]) -> str | None:
    """The raw table whose key columns are all in the header, with the most columns in common.

    None if there is none, if two fit equally, or if the file is rather another table that lacks a
    key column (an export of events without their time has all that `users` needs).
    """
    common = {table: len(_known(header, table)) for table in OWN_TABLES}
    whole = [table for table in OWN_TABLES if not _lacking(header, table)]
    is_bare = common["users"] == 1 < len(list(filter(None, map(_key, header))))
    if "users" in whole and (is_log(header) or is_bare):
        whole.remove("users")
    best = sorted(whole, key=lambda table: -common[table])
    if not best or (len(best) > 1 and common[best[0]] == common[best[1]]):
        return None
    rather = any(
        common[table] > common[best[0]] and 2 * len(_lacking(header, table)) < len(_keys(table))
        for table in OWN_TABLES
        if table not in whole
    )
    return None if rather else best[0]


def _why_no_table(header: Sequence[str], mappings: Sequence[MappingFile]) -> str:
    found = ", ".join(cell.strip() for cell in header if cell.strip())[:200] or "no columns"
    # a file without a header shows its first row
    found = text_without_e_mails(found)
    if refusal := _refusal(header):
        return f"found the columns {found}, which are {refusal}"
    common = {table: len(_known(header, table)) for table in OWN_TABLES}
    nearest = max(OWN_TABLES, key=lambda table: common[table])
    lacking = ", ".join(_lacking(header, nearest))
    for one in mappings:
        if one.own:
            names = ", ".join(lacking_columns(one.own, header))
            return f"found the columns {found}; {one.source} names {names}, which are not there"
    if is_log(header) and common[nearest] <= 2:
        return (
            f"found the columns {found}, which are a log of what users did and no table of users; "
            "say which is which in a mapping.yml beside the file (table: web_events), or leave it "
            "out"
        )
    if nearest == "users" and not lacking:
        return (
            f"found the columns {found}; expected also one of {', '.join(USER_ATTRIBUTES)} for "
            "users; add or rename one"
        )
    if common[nearest] and not lacking:
        equal = " and ".join(t for t in OWN_TABLES if common[t] == common[nearest])
        return f"found the columns {found}, which fit {equal} alike; remove those of one of them"
    if near := why_no_layout(header):
        return f"found the columns {found}; {near}"
    table, proposed = propose(header)
    if table:
        close = ", ".join(
            f"{cell} looks like {role}"
            for role, cell in proposed.items()
            if _key(cell) != _key(role)
        )
        return (
            f"found the columns {found}, which no layout has; {close}: say so in a mapping file, "
            "mapping.yml beside the data (social-roi land --explain FILE prints a draft)"
        )
    # words such as impressions are anybody's, those with an underscore are ours
    there = {*_keys(nearest)} - {*_lacking(header, nearest)}
    if not any("_" in key for key in there):
        tables = "; ".join(f"{table}: {', '.join(_keys(table))}" for table in OWN_TABLES)
        return (
            f"found the columns {found}, expected those of one raw table ({tables}) or an export "
            "of an ad manager; for a sheet of your own, or an export in another language, say "
            "which column is which in a mapping.yml beside it (social-roi land --explain FILE "
            "prints a draft)"
        )
    return (
        f"found the columns {found}; expected also {lacking} for {nearest}, the nearest raw table; "
        "add or rename them"
    )


def _refusal(header: Sequence[str]) -> str | None:
    """What a report is that can be told by its columns and holds nothing to work with."""
    keys = {header_key(cell) for cell in header}
    found = (one["line"] for one in words()["refused"] if keys & {*one["columns"]})
    return next(found, None)


def _key(name: str) -> str:
    """Column names compare without case, blanks, hyphens and underscores."""
    return re.sub(r"[\W_]", "", name).lower()


def _keys(table: str) -> list[str]:
    return [column.name for column in OWN_TABLES[table] if column.is_key]


def _known(header: Sequence[str], table: str) -> set[str]:
    return {_key(cell) for cell in header} & {_key(column.name) for column in OWN_TABLES[table]}


def _lacking(header: Sequence[str], table: str) -> list[str]:
    known = _known(header, table)
    return [name for name in _keys(table) if _key(name) not in known]
