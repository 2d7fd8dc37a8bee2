"""Names from outside: object keys as local paths, later downloads, and many names in one line."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from social_roi.errors import UserError
from social_roi.landing.layouts import words

NAMES_SHOWN, NAME_CHARACTERS = 40, 100


def in_a_line(names: Sequence[str]) -> str:
    """Names for a message, the first 40 of them, each with at most 100 characters."""
    shown = [
        name if len(name) <= NAME_CHARACTERS else f"{name[:NAME_CHARACTERS]}..."
        for name in names[:NAMES_SHOWN]
    ]
    more = len(names) - NAMES_SHOWN
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


class Download(NamedTuple):
    """A later download of a report: the file before it, and how many came before."""

    earlier: str
    rank: int


@cache
def copy_marks() -> tuple[re.Pattern[str], ...]:
    """What a browser, Windows and macOS add to a name that is taken: ` (1)`, ` - Copy (2)`,
    ` copy 3`, in the languages of words.yml."""
    copy = "|".join(words()["copies"])
    return (
        re.compile(rf"(.+?)(?: - | |の)(?:{copy})(?: ?\(?(\d{{1,3}})\)?)?", re.IGNORECASE),
        re.compile(r"(.+?) ?\((\d{1,3})\)"),
    )


def later_downloads(names: Iterable[str]) -> dict[str, Download]:
    """Those of the names that a browser gave to a report which was there already, as `x (1).csv`
    beside `x.csv`. The number tells the order; an alphabetical one would have it the other way."""
    reports: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for name in names:
        folder, slash, file = name.rpartition("/")
        stem, dot, suffix = file.partition(".")
        found = next(filter(None, (mark.fullmatch(stem) for mark in copy_marks())), None)
        number = int(found[2] or 1) if found else 0
        stem = found[1] if found else stem
        reports[folder + slash + stem, dot + suffix].append((number, name))
    return {
        name: Download(downloads[rank - 1][1], rank)
        for downloads in map(sorted, reports.values())
        for rank, (_, name) in enumerate(downloads)
        if rank
    }


def path_below(folder: Path, name: str, shown: str) -> Path:
    """The path of a name with slashes below a folder, and nowhere else.

    shown: the whole name, for the message. Raises UserError for a name that would leave the folder
    (`../x`, `/x`) or be the same path as another name (`a//x` and `a/./x` are `a/x`).
    """
    if not name.isprintable():
        raise UserError(f"{shown!a}: the name cannot be written as text; rename or remove it")
    if not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise UserError(
            f"{shown}: a part of the name is empty, '.' or '..', which would be a path outside its "
            "folder or that of another name; rename or remove it"
        )
    return folder / name
