"""Layouts as data: which column of an export is which column of a raw table.

One YAML per layout in `layouts/`, read as it stands there; a user's mapping file has the same keys.
A layout is recognised by its required columns, all in one language.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from social_roi.errors import UserError
from social_roi.landing.raw_tables import LOG_TABLES
from social_roi.landing.visits import CLICK_IDS, UTM

# the same as SafeLoader in a tenth of its time, where libyaml is there
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FOLDER = Path(__file__).parent / "layouts"
# Roles of columns that are no columns of `ad_reports` themselves.
TIMES = ("day", "week", "month")
HELPERS = (*TIMES, "results", "result_indicator", "actions", "action_values", "synced_at")
# The same of logs and orders: what lands of them is made of these.
LOG_HELPERS = (
    *("page_url", "referrer", "click_id", "click_network", *map(str.lower, CLICK_IDS)),
    *("first_page_url", "cancelled_at", "is_test", "is_live"),
    *("is_won", "original_source", "drill_down_1", "drill_down_2"),
)
MONEY = ("spend", "reported_revenue")
CURRENCY_AT_END = re.compile(r"^(.*\S) *[(\[] ?([A-Z]{3}|[^\w\s()\[\]]{1,3}|[A-Z]{1,2}\$) ?[)\]]$")


@dataclass(frozen=True)
class Layout:
    """One layout; see layouts/meta_ads_manager.yml for what its keys mean.

    languages: names of the columns by role, most wanted first, by language. `table` is another one
    only in a mapping file.
    """

    name: str
    languages: Mapping[str, Mapping[str, Sequence[str]]]
    required: Sequence[Sequence[str]]
    marks: frozenset[str] = frozenset()
    table: str = "ad_reports"
    constants: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, Mapping[str, Sequence[str]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # compared far more often than read
        keys = {
            language: {role: tuple(map(header_key, names)) for role, names in roles.items()}
            for language, roles in self.languages.items()
        }
        object.__setattr__(self, "keys", keys)


@dataclass(frozen=True)
class Match:
    """A header that fits a layout: which cell has which role.

    roles: cell by role, an index into the header. currency: as the header tells it.
    """

    layout: Layout
    language: str
    header: tuple[str, ...]
    roles: Mapping[str, int]
    currency: str | None = None

    def cells(self) -> dict[str, list[str]]:
        """All cells that a role has, the most wanted first: `c3` of the header, `p3.gclid` of the
        key of a list of pairs in it."""
        there = _keys(self.header)
        cells = {name: f"c{number}" for name, (number, _) in there.items()}
        for cell, keys in self.pairs().items():
            name = header_key(self.name_of(cell))
            for key, own in keys.items():
                cells.setdefault(f"{name}.{key}", own)
        found = {
            role: list(dict.fromkeys(cells[name] for name in names if name in cells))
            for role, names in self.layout.keys[self.language].items()
        }
        return {role: own for role, own in found.items() if own}

    def pairs(self) -> dict[str, dict[str, str]]:
        """The cells with lists of keys and values: by key the column that it becomes."""
        found: dict[str, dict[str, str]] = {}
        wanted = {name for names in self.layout.keys[self.language].values() for name in names}
        for number, cell in enumerate(self.header):
            name = header_key(cell)
            if name not in map(header_key, self.setting("pairs", ())):
                continue
            keys = sorted(
                one.removeprefix(f"{name}.") for one in wanted if one.startswith(f"{name}.")
            )
            found[f"c{number}"] = {key: f"p{number}.{key}" for key in keys}
        return found

    def name_of(self, cell: str) -> str:
        """The header of a cell, or of the list that it is of."""
        found = re.match(r"[cp](\d+)(\..*)?", cell)
        return self.header[int(found[1])].strip() + (found[2] or "") if found else cell

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting of the language, else of the layout."""
        own = self.layout.settings.get(f"{name}/{self.language}")
        return own if own is not None else self.layout.settings.get(name, default)


@cache
def words() -> dict[str, Any]:
    """The words of reports that are the same on all platforms (words.yml)."""
    return yaml.safe_load((FOLDER.parent / "words.yml").read_text("utf-8"))


@cache
def layouts() -> tuple[Layout, ...]:
    return tuple(
        layout_from(path.stem, yaml.load(path.read_text("utf-8"), LOADER))
        for path in sorted(FOLDER.rglob("*.yml"))
    )


def layout_from(name: str, content: Mapping[str, Any]) -> Layout:
    """The layout of a YAML's content."""
    settings = {
        key: value
        for key, value in content.items()
        if key not in ("languages", "required", "marks", "table", *CONSTANTS)
    }
    languages = {}
    for language, names in content["languages"].items():
        names = dict(names)
        for key in ("date_order", "decimal_mark"):
            if key in names:
                settings[f"{key}/{language}"] = names.pop(key)
        languages[language] = {role: _as_list(value) for role, value in names.items()}
        if content.get("table") in LOG_TABLES:
            # whatever a source calls the rest, these have names of their own
            for role in (*UTM, *map(str.lower, CLICK_IDS)):
                own = languages[language].setdefault(role, [])
                own += [name for name in (role, role.replace("_", " ")) if name not in own]
    return Layout(
        name,
        languages,
        [_as_list(role) for role in content["required"]],
        frozenset(header_key(mark) for mark in content.get("marks", ())),
        content.get("table", "ad_reports"),
        {key: str(content[key]) for key in CONSTANTS if content.get(key) is not None},
        settings,
    )


# What a layout or a mapping file may state once for all rows.
CONSTANTS = (
    "ad_platform",
    "account_id",
    "account_name",
    "currency",
    "publisher",
    "attribution_setting",
    "report_zone",
    "event_name",
)


@lru_cache(1 << 16)
def header_key(text: str) -> str:
    """How header words compare: NFKC, lower case, one kind of apostrophe, single blanks."""
    text = unicodedata.normalize("NFKC", text).lower().strip().strip("\ufeff\"'")
    return re.sub(r"\s+", " ", re.sub("[\u2018\u2019\u02bc\u0060\u00b4]", "'", text))


def without_currency(text: str) -> tuple[str, str | None]:
    """A header without its currency, and that currency: `Cost (EUR)` is `Cost`, `EUR`."""
    found = CURRENCY_AT_END.match(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return text, None
    code = words()["currencies"].get(found[2], found[2])
    return (found[1], code) if re.fullmatch("[A-Z]{3}", code) else (text, None)


def recognise(where: str, header: Sequence[str], known: Sequence[Layout]) -> Match | None:
    """The layout whose required columns are all in the header, in one language.

    A single known layout was asked for. Raises UserError when two layouts fit, when the languages
    are mixed or when a column is there twice.
    """
    there, fitting = _keys(header), []
    for layout in known:
        if layout.marks and not layout.marks & there.keys():
            continue
        matches = [_match(layout, language, header, there) for language in layout.languages]
        whole = [match for match in matches if not lacking(match)]
        if len(known) > 1:
            whole = [match for match in whole if not is_own_sheet(match)]
        if whole:
            fitting.append(max(whole, key=lambda match: len(match.roles)))
    if not fitting:
        return None
    # a mark is what no other platform has
    marked = [match for match in fitting if match.layout.marks]
    if len(marked) == 1:
        fitting = marked
    if len(fitting) > 1:
        names = " and ".join(match.layout.name for match in fitting)
        raise UserError(
            f"{where}: the columns fit the layouts {names} alike; say which in a mapping.yml "
            f"beside the file, such as: layout: {fitting[0].layout.name}"
        )
    [match] = fitting
    _refuse_mixed_languages(where, match)
    _refuse_repeated_columns(where, match)
    _refuse_two_currencies(where, match)
    return match


def is_own_sheet(match: Match) -> bool:
    """Whether a header with a platform's words is a person's own: a column that the layout does not
    read tells the platform, or the days of a report that would have none."""
    layout, names = match.layout, words()["names"]
    if layout.table != "ad_reports" or layout.marks:
        return False
    used = set(match.roles.values())
    left = {header_key(cell) for number, cell in enumerate(match.header) if number not in used}
    left -= {*words()["segments"]}
    has_days = bool({*TIMES, "period_start"} & match.roles.keys())
    days = {word for unit in TIMES for word in names[unit]}
    told = "ad_platform" in layout.constants and left & {*names["ad_platform"]}
    return bool(told or (not has_days and left & days))


def lacking(match: Match) -> list[str]:
    """The required columns that are not there, as the layout's language calls them."""
    names = match.layout.languages[match.language]
    return [
        next((names[role][0] for role in roles if role in names), roles[0])
        for roles in match.layout.required
        if not any(role in match.roles for role in roles)
    ]


def why_no_layout(header: Sequence[str]) -> str | None:
    """What keeps a header from the layout that it nearly fits; None if it is near none."""
    there = _keys(header)
    matches = [
        _match(layout, language, header, there)
        for layout in layouts()
        for language in layout.languages
        if not layout.marks or layout.marks & there.keys()
    ]
    best = max(matches, key=lambda match: (len(set(match.roles.values())), -len(lacking(match))))
    # half of the required columns, and more than any sheet of one's own would have by chance
    missing = lacking(best)
    if (
        not missing
        or len(missing) * 2 > len(best.layout.required)
        or len(set(best.roles.values())) < 3
    ):
        return None
    if foreign := foreign_columns(best):
        column, language = next(iter(foreign.items()))
        return (
            f"column {column} is {language!r}, the others are {best.language!r} "
            f"({best.layout.name}); export the file in one language, or rename the column"
        )
    if best.layout.name == "fivetran_ad_reporting" or not _is_typical(best):
        return None
    return (
        f"an export in the layout {best.layout.name} needs also {', '.join(missing)}; add the "
        "column to the export"
    )


def _is_typical(match: Match) -> bool:
    """Whether some column that was found is this layout's alone."""
    others = {
        name
        for layout in layouts()
        if layout.name != match.layout.name
        for language in layout.languages
        for name in _names(layout, language)
    } | {header_key(name) for names in words()["names"].values() for name in names}
    keys = {
        header_key(without_currency(match.header[number])[0]) for number in match.roles.values()
    }
    return bool(keys - others)


def is_rate(name: str) -> bool:
    """Whether a header names a rate, an average or a cost per piece."""
    return any(re.search(pattern, header_key(name)) for pattern in words()["rates"])


def foreign_columns(match: Match) -> dict[str, str]:
    """Columns that another language of the layout knows: language by column, where this one does
    not use them."""
    used, found = set(match.roles.values()), {}
    own = _names(match.layout, match.language)
    for number, cell in enumerate(match.header):
        keys = {header_key(cell), header_key(without_currency(cell)[0])}
        if number in used or keys & own.keys():
            continue
        for language in match.layout.languages:
            if keys & _names(match.layout, language).keys():
                found.setdefault(cell.strip(), language)
    return found


def _refuse_mixed_languages(where: str, match: Match) -> None:
    for column, language in foreign_columns(match).items():
        raise UserError(
            f"{where}: column {column} is {language!r}, the others are {match.language!r} "
            f"({match.layout.name}); export the file in one language, or rename the column"
        )


def _refuse_repeated_columns(where: str, match: Match) -> None:
    keys = [header_key(cell) for cell in match.header]
    # where days stand in a column of their own, the period of the report is not read
    unread = ("period_start", "period_end") if {*TIMES} & match.roles.keys() else ()
    for number in [number for role, number in match.roles.items() if role not in unread]:
        if keys.count(keys[number]) > 1:
            raise UserError(
                f"{where}: column {match.header[number].strip()} is there "
                f"{keys.count(keys[number])} times, expected once; rename or remove the others"
            )


def _refuse_two_currencies(where: str, match: Match) -> None:
    names = {name for role in MONEY for name in match.layout.keys[match.language].get(role, ())}
    money = {cell: without_currency(cell) for cell in match.header}
    told = {
        currency: cell
        for cell, (name, currency) in money.items()
        if currency and header_key(name) in names
    }
    if len(told) > 1:
        raise UserError(
            f"{where}: the columns {' and '.join(told.values())} are in two currencies; export "
            "them in one"
        )


def _match(
    layout: Layout,
    language: str,
    header: Sequence[str],
    there: Mapping[str, tuple[int, str | None]],
) -> Match:
    roles, currencies = {}, {}
    for role, names in layout.keys[language].items():
        for name in names:
            if name in there:
                number, currency = there[name]
                roles[role] = number
                if currency:
                    currencies.setdefault(currency, number)
                break
    currency = next(iter(currencies), None)
    if "spend" in roles:
        currency = without_currency(header[roles["spend"]])[1] or currency
    return Match(layout, language, tuple(header), roles, currency)


def _keys(header: Sequence[str]) -> dict[str, tuple[int, str | None]]:
    """The first cell with each name, and its currency; a whole name goes before a shortened one."""
    there: dict[str, tuple[int, str | None]] = {}
    for number, cell in enumerate(header):
        there.setdefault(header_key(cell), (number, None))
    for number, cell in enumerate(header):
        name, currency = without_currency(cell)
        if currency:
            there.setdefault(header_key(name), (number, currency))
    there.pop("", None)
    return there


def _names(layout: Layout, language: str) -> dict[str, str]:
    """The role that each name has in a language."""
    return {name: role for role, names in layout.keys[language].items() for name in names}


def _as_list(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
