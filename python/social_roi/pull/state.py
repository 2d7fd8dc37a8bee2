"""What was pulled of an account: whole files, which days they cover, and pages of those to come.

<folder>/<platform>/<account>/<report>/<month>.json   whole reports
<folder>/<platform>/<account>/<report>/<month>_replaced.json   days that have changed, as they were
<folder>/<platform>/<account>/.state.json             the days of each
<folder>/<platform>/<account>/.partial/               pages of reports that are not whole yet
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from social_roi.errors import UserError
from social_roi.pull.replaced import REPLACED, as_files, changed_days

STATE, PARTIAL = ".state.json", ".partial"
# Pages of a report that was begun earlier are left, since its figures have moved on.
PARTIAL_AGE = timedelta(hours=12)


class Piece(NamedTuple):
    """One report of the days from first to last, which are of one month."""

    report: str
    first: date
    last: date

    @property
    def month(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def days(self) -> str:
        return f"{self.first}_{self.last}"

    @property
    def told(self) -> str:
        return f"{self.report} {self.first} to {self.last}"

    def halves(self) -> "tuple[Piece, Piece]":
        middle = self.first + (self.last - self.first) // 2
        after = middle + timedelta(days=1)
        return self._replace(last=middle), self._replace(first=after)


@dataclass
class Covered:
    """What the files of one report and month hold. pulled: when, in ISO. run: when the run that
    did it began, which tells it apart from others."""

    first: str
    last: str
    pulled: str
    run: str
    rows: int
    files: list[str]


@dataclass
class State:
    """As in `.state.json`. until: the last day of the last pull that was finished. run: `started`,
    `since` and `until` of one that was not. reports: by report and month."""

    until: str | None = None
    run: dict[str, str] = field(default_factory=dict)
    reports: dict[str, dict[str, Covered]] = field(default_factory=dict)


class Account:
    """The folder of one account. changed: is told of every file that landing may see, and of the
    state, once it is written or removed."""

    def __init__(self, folder: Path, changed: Callable[[Path], None] = lambda path: None) -> None:
        self.folder = folder
        self._changed = changed
        self.state = self._read()

    def rows(self) -> int:
        months = self.state.reports.values()
        return sum(covered.rows for report in months for covered in report.values())

    def save(self) -> None:
        _write(self.folder / STATE, json.dumps(asdict(self.state), indent=1))
        self._changed(self.folder / STATE)

    def partial(self, piece: Piece, now: datetime) -> "Partial":
        return Partial(self.folder / PARTIAL / f"{piece.report}_{piece.days}", now)

    def publish(
        self, piece: Piece, parts: Sequence[tuple[Piece, "Partial"]], now: datetime, most: int
    ) -> int:
        """Put the whole reports in the place of what was there of the month; returns the rows.

        Days that they change are kept in files of at most `most` bytes. Each file appears whole, by
        a rename. The state follows: until then the former one would have the days pulled again.
        """
        files, rows = self._keep_replaced(piece, parts, now, most), 0
        for part, partial in parts:
            name = piece.month if len(parts) == 1 else part.days
            files.append(f"{piece.report}/{name}.json")
            rows += partial.move_to(self.folder / files[-1])
            self._changed(self.folder / files[-1])
        months = self.state.reports.setdefault(piece.report, {})
        former = {*(months[piece.month].files if piece.month in months else ())}
        # also those that a crash left without a state
        left = (self.folder / piece.report).glob(f"{piece.month}*.json")
        former |= {f"{piece.report}/{path.name}" for path in left}
        for name in former - {*files}:
            (self.folder / name).unlink(missing_ok=True)
            self._changed(self.folder / name)
        first, last = str(piece.first), str(piece.last)
        run = self.state.run["started"]
        months[piece.month] = Covered(first, last, now.isoformat(), run, rows, files)
        self.save()
        return rows

    def _keep_replaced(
        self, piece: Piece, parts: Sequence[tuple[Piece, "Partial"]], now: datetime, most: int
    ) -> list[str]:
        """Write the days that the parts change as they were; returns the files."""
        covered = self.state.reports.get(piece.report, {}).get(piece.month)
        former = [self.folder / name for name in covered.files] if covered else []
        # also those that a crash left without a state
        known = sorted((self.folder / piece.report).glob(f"{piece.month}{REPLACED}*.json"))
        new = [page for _, partial in parts for page in partial.pages()]
        at = now.isoformat(" ", "seconds")
        changed = changed_days([path for path in former if path not in known], new, known, at)
        files = []
        for number, text in enumerate(as_files(changed, most), start=1):
            suffix = f"{REPLACED}_{number}" if number > 1 else REPLACED
            files.append(f"{piece.report}/{piece.month}{suffix}.json")
            _write(self.folder / files[-1], text)
            self._changed(self.folder / files[-1])
        return files

    def finish(self) -> None:
        """The run has all it wanted."""
        until = self.state.run.get("until", "")
        self.state.until = max(until, self.state.until or "") or None
        self.state.run = {}
        self.save()
        shutil.rmtree(self.folder / PARTIAL, ignore_errors=True)

    def _read(self) -> State:
        path = self.folder / STATE
        if not path.exists():
            return State()
        try:
            kept = json.loads(path.read_text("utf-8"))
            kept["reports"] = {
                report: {month: Covered(**covered) for month, covered in months.items()}
                for report, months in kept["reports"].items()
            }
            return State(**kept)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UserError(
                f"{path}: cannot be read; remove the file, and the days are pulled again"
            ) from error


class Partial:
    """The pages of one piece as they come in. `notes` outlive an interrupt: whatever is needed to
    go on behind the last page."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.folder = folder
        self._now = now
        self.notes: dict[str, Any] = {}
        try:
            kept = json.loads((folder / "notes.json").read_text("utf-8"))
            if now - datetime.fromisoformat(kept["begun"]) < PARTIAL_AGE:
                self.notes = kept
        except (OSError, ValueError, KeyError, TypeError):
            pass
        if not self.notes:
            self.clear()

    @property
    def is_whole(self) -> bool:
        return bool(self.notes.get("whole"))

    @property
    def size(self) -> int:
        return sum(page.stat().st_size for page in self.pages())

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.notes = {"begun": self._now.isoformat(), "pages": 0, "rows": 0}

    def note(self, **notes: Any) -> None:
        self.notes |= notes
        _write(self.folder / "notes.json", json.dumps(self.notes))

    def add_page(self, text: str, rows: int, **notes: Any) -> None:
        """Keep a whole page. It counts once the notes are written, which say how to go on."""
        number = self.notes["pages"] + 1
        _write(self.folder / f"{number:06}.json", text)
        self.note(pages=number, rows=self.notes["rows"] + rows, **notes)

    def move_to(self, path: Path) -> int:
        """All pages as one file of JSON documents in a row; returns its rows."""
        whole = self.folder / "whole.json"
        with whole.open("wb") as file:
            for page in self.pages():
                file.write(page.read_bytes())
                file.write(b"\n")
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.replace(path)
        rows = self.notes["rows"]
        shutil.rmtree(self.folder, ignore_errors=True)
        return rows

    def pages(self) -> list[Path]:
        """The whole pages that are there, the first first."""
        names = [f"{number:06}.json" for number in range(1, self.notes["pages"] + 1)]
        return [self.folder / name for name in names]


def pulled_accounts(folder: Path) -> Iterator[str]:
    """A line on each account that was pulled: its days and rows."""
    for path in sorted(folder.glob(f"*/*/{STATE}")):
        account = Account(path.parent)
        months = [one for report in account.state.reports.values() for one in report.values()]
        told = "nothing yet"
        if months:
            days = f"{min(one.first for one in months)} to {max(one.last for one in months)}"
            told = f"{days}, {account.rows():,} rows"
        unfinished = "; interrupted, pull again" if account.state.run else ""
        yield f"{path.parent.relative_to(folder).as_posix()}: {told}{unfinished}"


def pieces_to_pull(
    state: State,
    reports: Sequence[str],
    since: date,
    until: date,
    *,
    restated_days: int,
    again: bool = False,
) -> list[Piece]:
    """The pieces that a run has to pull, the oldest month first.

    A month is pulled as a whole, from the first to the last of its days that anybody ever asked
    for, so that its file replaces the former one and no gap is left inside. Left out are those
    whose days are all older than the platform restates, as they were pulled, and those that this
    run has pulled before it was interrupted. again: pulls also the former.
    """
    found = []
    for first, last in months(since, until):
        for report in reports:
            covered = state.reports.get(report, {}).get(f"{first:%Y-%m}")
            if covered is None:
                found.append(Piece(report, first, last))
                continue
            own_first, own_last = map(date.fromisoformat, (covered.first, covered.last))
            piece = Piece(report, min(first, own_first), max(last, own_last))
            is_same = (piece.first, piece.last) == (own_first, own_last)
            is_done = covered.run == state.run.get("started")
            settles = own_last + timedelta(days=restated_days)
            is_settled = datetime.fromisoformat(covered.pulled).date() > settles and not again
            if not is_same or not (is_done or is_settled):
                found.append(piece)
    return found


def months(since: date, until: date) -> Iterator[tuple[date, date]]:
    """The first and last day of each month's part of a range."""
    first = since
    while first <= until:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield first, min(until, following - timedelta(days=1))
        first = following


def first_day(state: State, since: date | None, until: date, rules: Mapping[str, int]) -> date:
    """Where a run begins: what is asked for, but never behind a gap; else where the last one ended
    less the days that are restated; else the days of a first pull."""
    begun = [date.fromisoformat(state.run["since"])] if state.run else []
    lasts = [max(one.last for one in months.values()) for months in state.reports.values()]
    ended = state.until or min(lasts, default=None)
    if since is not None:
        following = date.fromisoformat(ended) + timedelta(days=1) if ended else since
        return min(since, following)
    if state.until is None:
        return begun[0] if begun else until - timedelta(days=rules["first_days"] - 1)
    last = min(date.fromisoformat(state.until), until)
    return min([last - timedelta(days=rules["restated_days"] - 1), *begun])


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(text, "utf-8")
    new.replace(path)
