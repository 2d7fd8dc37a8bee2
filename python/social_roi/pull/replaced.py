"""Days that a later pull changed, as they were before: files for landing beside those that count.

Each row has `replaced_at`, by which it counts nowhere and `rpt_restated_days` knows it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from social_roi.errors import UserError

REPLACED = "_replaced"
Rows = dict[str, list[Mapping[str, Any]]]


def changed_days(
    former: Iterable[Path], new: Iterable[Path], known: Iterable[Path], replaced_at: str
) -> Rows:
    """Rows by day, of days that `new` tells otherwise than `former` or no longer tells: as they
    were before they last changed.

    known: what the pulls before this one had replaced. Another name is no change.
    """
    was = _by_day(former)
    will = {day: _figures(rows) for day, rows in _by_day(new).items()} if was else {}
    return _by_day(known) | {
        day: [{**row, "replaced_at": replaced_at} for row in rows]
        for day, rows in was.items()
        if _figures(rows) != will.get(day)
    }


def as_files(rows: Rows, most: int) -> Iterator[str]:
    """The rows as JSON lines, in texts of at most so many bytes."""
    lines, size = list[str](), 0
    for day in sorted(rows):
        for row in rows[day]:
            line = json.dumps(row)
            if lines and size + len(line) + 1 > most:
                yield "\n".join(lines)
                lines, size = [], 0
            lines.append(line)
            size += len(line) + 1
    if lines:
        yield "\n".join(lines)


def _by_day(files: Iterable[Path]) -> Rows:
    # landing takes longer to import than a pull with nothing new may take
    from social_roi.landing.workbooks import flat, json_records

    found: Rows = defaultdict(list)
    for path in files:
        try:
            for row in json_records(path.name, path.read_text("utf-8")):
                cells = flat(row)
                if day := cells.get("date_start") or cells.get("segments.date"):
                    found[day].append(row)
        except (OSError, ValueError, UserError):
            # somebody removed or changed the file: what it told is not known any more
            continue
    return dict(found)


def _figures(rows: Iterable[Mapping[str, Any]]) -> Counter[tuple[tuple[str, str], ...]]:
    """The rows without their names, in any order."""
    from social_roi.landing.workbooks import flat

    return Counter(
        tuple(sorted(cell for cell in flat(row).items() if not cell[0].lower().endswith("name")))
        for row in rows
    )
