"""Mapping files: a user's own word on which column of a sheet is which.

`mapping.yml` beside the data, or above it in the folder given, or by `--mapping`. Several mappings
stand in one file as a list or as YAML documents (`---`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from social_roi.errors import UserError
from social_roi.inputs import MAPPING, mapping_of
from social_roi.landing.formats import NUMBER_KINDS
from social_roi.landing.layouts import (
    CONSTANTS,
    HELPERS,
    LOG_HELPERS,
    TIMES,
    Layout,
    Match,
    header_key,
    is_rate,
    layout_from,
    layouts,
    recognise,
    without_currency,
    words,
)
from social_roi.landing.raw_tables import LOG_TABLES, RAW_TABLES

SETTINGS = ("date_order", "decimal_mark", "time_zone")
KEYS = ("files", "layout", "table", "columns", *SETTINGS)
# What a log or a list of orders has to tell; the rest is made of it. Leads have no revenue.
LEAST = {"web_events": ("user_key", "occurred_at"), "orders": ("order_id", "ordered_at")}
CHOICES = {"date_order": ("m-d-y", "d-m-y"), "decimal_mark": (".", ",")}


@dataclass(frozen=True)
class MappingFile:
    """One mapping. own: the layout that its columns make; None if it only states constants.

    text: the whole file, part of the identity of what it is applied to.
    """

    source: str
    files: str = "*"
    layout: str | None = None
    own: Layout | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


def mappings_for(name: str, path: Path, given: Path | None) -> list[MappingFile]:
    """The mappings that apply to a file: of the one given, else of the nearest mapping.yml beside
    or above it, within the part of the path that is its name. Raises UserError for a broken one."""
    source = given or mapping_of(name, path)
    if source is None:
        return []
    base = name.rsplit("/", 1)[-1]
    found = read_mappings(source)
    return [one for one in found if fnmatchcase(base, one.files) or one.files == name]


def read_mappings(path: Path) -> tuple[MappingFile, ...]:
    """The mappings in a file. Raises UserError (file, key, what to do)."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise UserError(f"{path}: the mapping file cannot be read ({reason})") from error
    try:
        documents = [
            one
            for document in yaml.safe_load_all(text)
            for one in (document if isinstance(document, list) else [document])
            if one is not None
        ]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{path}{line}: no valid YAML; write lines such as spend: Cost") from error
    return tuple(_mapping(path, number, one, text) for number, one in enumerate(documents))


def _mapping(path: Path, number: int, content: Any, text: str) -> MappingFile:
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected keys such as columns and currency, found {content!r}")
    table = content.get("table", "ad_reports")
    if table not in RAW_TABLES:
        raise UserError(f"{path}: table {table!r}; expected one of {', '.join(RAW_TABLES)}")
    contract = [column.name for column in RAW_TABLES[table]]
    unknown = [key for key in content if key not in (*KEYS, *contract)]
    if unknown:
        raise UserError(
            f"{path}: {unknown[0]!r} is no key; expected columns, currency, ad_platform, "
            "date_order, decimal_mark, time_zone, files, layout, table or a column of the raw table"
        )
    for key, choices in CHOICES.items():
        if key in content and content[key] not in choices:
            raise UserError(f"{path}: {key} {content[key]!r}; expected {' or '.join(choices)}")
    zone = content.get("time_zone")
    if zone is not None and not _is_zone(zone):
        raise UserError(f"{path}: time_zone {zone!r}; expected a name such as Europe/Berlin or UTC")
    known = {layout.name for layout in layouts()}
    if content.get("layout", None) not in (None, *known):
        raise UserError(f"{path}: layout {content['layout']!r}; expected one of {sorted(known)}")
    constants = {key: str(content[key]) for key in contract if content.get(key) is not None}
    settings = {key: content[key] for key in SETTINGS if key in content}
    own = None
    if content.get("columns"):
        own = _own_layout(path, number, table, content["columns"], constants, settings)
    files = str(content.get("files", "*"))
    return MappingFile(str(path), files, content.get("layout"), own, constants, settings, text)


def _own_layout(
    path: Path,
    number: int,
    table: str,
    columns: Any,
    constants: Mapping[str, str],
    settings: Mapping[str, Any],
) -> Layout:
    kinds = {column.name: column.kind for column in RAW_TABLES[table]}
    roles = [*kinds, *(HELPERS if table == "ad_reports" else ())]
    roles += LOG_HELPERS if table in LOG_TABLES else ()
    if not isinstance(columns, dict):
        raise UserError(f"{path}: columns is no list of pairs; write lines such as spend: Cost")
    for role, name in columns.items():
        if role not in roles:
            raise UserError(
                f"{path}: columns has {role!r}, which {table} has not; write our column first, "
                f"then yours (spend: Cost). Ours: {', '.join(roles)}"
            )
        if kinds.get(role) in NUMBER_KINDS and is_rate(str(name)):
            raise UserError(
                f"{path}: {role} is a count or sum, and {name!r} looks like a rate or a cost per "
                "piece, which cannot be added up; name the column of the sum"
            )
    told = {*columns, *constants}
    required = {column.name for column in RAW_TABLES[table] if column.is_key}
    if table in LOG_TABLES:
        required = set(LEAST[table])
    if table == "ad_reports":
        required = {"ad_platform"}
        if not told & {*TIMES, "period_start"}:
            raise UserError(f"{path}: columns does not tell the day; add a line such as day: Date")
    if missing := sorted(required - told):
        raise UserError(
            f"{path}: {missing[0]} is not told; add it to columns, or once for all rows, such as "
            f"{missing[0]}: {'Meta' if missing[0] == 'ad_platform' else '...'}"
        )
    content = {
        "languages": {"own": {role: str(name) for role, name in columns.items()}},
        "required": list(columns),
        "is_own": True,
        **settings,
    }
    if table == "web_events" and "event_name" not in told:
        constants = {**constants, "event_name": "page_view"}
    own = layout_from("own_sheet", content)
    return replace(own, table=table, constants=dict(constants))


def _is_zone(name: Any) -> bool:
    con = duckdb.connect()
    found = con.execute("select count(*) from pg_timezone_names() where name = $1", [str(name)])
    return found.fetchall() == [(1,)]


def identify(where: str, header: Sequence[str], mappings: Sequence[MappingFile]) -> Match | None:
    """How a header fits a mapping, else a layout; with what mappings state for all rows."""
    for one in mappings:
        if one.own and (match := recognise(where, header, [one.own])):
            return match
    stated = [one for one in mappings if not one.own]
    only = {one.layout for one in stated if one.layout}
    match = recognise(where, header, [one for one in layouts() if not only or one.name in only])
    if not match or not stated:
        return match
    constants, settings = dict(match.layout.constants), dict(match.layout.settings)
    for one in stated:
        constants |= {key: value for key, value in one.constants.items() if key in CONSTANTS}
        settings |= one.settings | ({"is_own": True} if one.settings else {})
    return replace(match, layout=replace(match.layout, constants=constants, settings=settings))


def stated_constants(mappings: Sequence[MappingFile]) -> dict[str, str]:
    """What mappings without columns state for all rows of a file in the contract's columns."""
    return {key: text for one in mappings if not one.own for key, text in one.constants.items()}


def lacking_columns(own: Layout, header: Sequence[str]) -> list[str]:
    """The columns that a mapping names and a file has not."""
    there = {header_key(cell) for cell in header}
    there |= {header_key(without_currency(cell)[0]) for cell in header}
    names = [name for roles in own.languages.values() for (name,) in roles.values()]
    return [name for name in names if header_key(name) not in there]


def propose(header: Sequence[str]) -> tuple[str | None, dict[str, str]]:
    """The raw table that a file could be by a mapping, and its columns by ours; (None, {}) if the
    names tell too little."""
    for table in ("ad_interactions", "ad_events"):
        found = proposals(header, table)
        if {column.name for column in RAW_TABLES[table] if column.is_key} <= found.keys():
            return table, found
    for table in ("orders", "web_events"):
        found = proposals(header, table)
        tells = {"revenue", "utm_source"} if table == "orders" else set()
        is_one = (tells or {"page_url", "utm_source", "referrer"}) & found.keys()
        if is_one and {*LEAST[table]} <= found.keys():
            return table, found
    found = proposals(header)
    if "spend" in found and {*TIMES, "period_start"} & found.keys():
        return "ad_reports", found
    persons = _persons(header)
    is_list = "user_id" in persons and not {"spend", "impressions", "clicks"} & found.keys()
    return ("users", persons) if is_list and len(persons) > 2 else (None, {})


def _persons(header: Sequence[str]) -> dict[str, str]:
    """Columns of `users`; in a list of persons a column `id` is theirs."""
    found = proposals(header, "users")
    ids = [cell.strip() for cell in header if header_key(cell) == "id"]
    return {"user_id": ids[0], **found} if ids and "user_id" not in found else found


def proposals(header: Sequence[str], table: str = "ad_reports") -> dict[str, str]:
    """Columns of a raw table and the columns of a file that look like them, each at most once."""
    found: dict[str, str] = {}
    roles = [*TIMES] if table == "ad_reports" else []
    roles += [column.name for column in RAW_TABLES[table]]
    roles += ["page_url", "referrer"] if table in LOG_TABLES else []
    roles = [
        role for role in roles if role not in ("period_end", "grain", "layout", "click_id_kind")
    ]
    by_names = _names_of(is_reports=table == "ad_reports")
    cells = {cell.strip(): header_key(without_currency(cell)[0]) for cell in header if cell.strip()}
    # a name of our own first, then the longer ones
    for exact in (True, False):
        for role in roles:
            names = {role, role.replace("_", " ")} if exact else by_names.get(role, set())
            fitting = [
                cell
                for cell, key in cells.items()
                if {key, re.sub("[_-]", " ", key)} & names
                and cell not in found.values()
                and not is_rate(cell)
            ]
            if fitting and role not in found:
                found[role] = fitting[0]
    return {role: found[role] for role in roles if role in found}


@cache
def _names_of(is_reports: bool) -> dict[str, set[str]]:
    """What people and, of reports, platforms call each of our columns."""
    names = {role: {header_key(name) for name in known} for role, known in words()["names"].items()}
    if is_reports:
        for layout in layouts():
            if layout.table != "ad_reports":
                continue
            for language in layout.keys.values():
                for role, keys in language.items():
                    names.setdefault(role, set()).update(keys)
    return names


def draft(name: str, header: Sequence[str], currency: str | None = None) -> str:
    """A mapping file for a sheet, as far as the names of its columns tell."""
    table, found = propose(header)
    found = found or proposals(header)
    cells = [cell.strip() for cell in header if cell.strip()]
    others = [cell for cell in cells if cell not in found.values()]
    lines = [f"# {MAPPING}: which column of {name} is which; ours first, then yours"]
    if table not in (None, "ad_reports"):
        lines.append(f"table: {table}")
    lines += ["columns:", *(f"  {role}: {_quoted(cell)}" for role, cell in found.items())]
    if others:
        lines.append(f"  # not used: {', '.join(others)}")
    if table in LOG_TABLES:
        lines.append("# time_zone: Europe/Berlin  # the zone of times that name none; else UTC")
    if table is None and "spend" not in found:
        lines.append(
            "# of a log of the site or a list of orders: table: web_events or table: orders,"
        )
        lines.append("# with the columns that docs/journeys.md names (user_key, order_id, ...)")
    if table in (None, "ad_reports"):
        if not {*TIMES, "period_start"} & found.keys():
            lines.append("  day: ...  # the column of the day")
        if "spend" not in found:
            lines.append("  spend: ...  # the column of the money spent")
        if "ad_platform" not in found:
            lines.append("ad_platform: ...  # who bills, such as Meta or Google Ads")
        if "currency" not in found:
            lines.append(f"currency: {currency or '...'}  # of all money in the file")
    return "\n".join(lines)


def _quoted(cell: str) -> str:
    is_plain = re.fullmatch(r"\w[\w ./()-]*", cell) and yaml.safe_load(cell) == cell
    return cell if is_plain else "'" + cell.replace("'", "''") + "'"
