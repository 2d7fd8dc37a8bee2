"""A pull: each account's reports, month by month, each kept as soon as it is whole."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from social_roi.errors import UserError
from social_roi.pull.credentials import Credentials, credentials
from social_roi.pull.google import Google
from social_roi.pull.http import Http, Refused, TooMuch
from social_roi.pull.interfaces import account_number, addresses, interfaces
from social_roi.pull.meta import Meta
from social_roi.pull.state import PARTIAL_AGE, Account, Partial, Piece, first_day, pieces_to_pull

# Landing reads JSON up to 64 MB; a report with more is kept in several files.
FILE_BYTES = 60 << 20


@dataclass(frozen=True)
class Wanted:
    """What is asked for of one platform (`meta`, `google`).

    since, until: days, None for the usual ones. accounts: as a person writes them; none for those
    of the environment, else those that were pulled before. again: also months that the platform no
    longer restates. any_address: base addresses may name any host.
    """

    platform: str
    since: date | None = None
    until: date | None = None
    accounts: Sequence[str] = ()
    again: bool = False
    any_address: bool = False


def pull(
    wanted: Wanted,
    folder: Path,
    *,
    report: Callable[[str], None],
    progress: Callable[[str], None] = lambda line: None,
    changed: Callable[[Path], None] = lambda path: None,
    most: int = FILE_BYTES,
) -> int:
    """Pull all accounts of a platform into `folder`; returns the rows that are there of them.

    report: gets a line on each account and on each wait. progress: the state of work. changed: see
    `state.Account`. most: bytes of one file. Raises UserError in one line that names what to do;
    what is whole is kept.
    """
    rules = interfaces()[wanted.platform]
    secrets = credentials(rules["name"], rules["secrets"])

    def told(line: str) -> None:
        report(secrets.without(line))

    with _told_in_a_line(secrets, folder):
        where = addresses(rules, any_address=wanted.any_address)
        found = _accounts(wanted, rules, secrets, folder)
        rows = 0
        for number in found:
            client = Http(rules["name"], interfaces()["patience"], secrets, told)
            name = rules["account"]["folder"].format(number)
            kept = Account(folder / wanted.platform / name, changed)
            if wanted.platform == "meta":
                source: Meta | Google = Meta(rules, where, secrets, client, number, progress)
            else:
                login = secrets.plain(rules["login_customer"])
                source = Google(rules, where, secrets, client, number, progress, login)
            try:
                rows += _pull_account(wanted, source, kept, client, most, told)
            except Refused as refused:
                raise UserError(f"{rules['name']}, {name}: {_advised(rules, refused)}") from None
        return rows


def _pull_account(
    wanted: Wanted,
    source: Meta | Google,
    kept: Account,
    client: Http,
    most: int,
    report: Callable[[str], None],
) -> int:
    try:
        zone = source.zone()
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UserError(
            f"{client.name}: the account's time zone is not known here ({error}); install tzdata"
        ) from None
    except TooMuch as too_much:
        raise UserError(
            f"{client.name}: the answer about the account is {too_much}; check the base address"
        ) from None
    now = client.now()
    today = now.astimezone(zone).date()
    since, until = _days(wanted, kept, client.name, today)
    started = now
    if run := kept.state.run:
        begun = datetime.fromisoformat(run["started"])
        started = begun if now - begun < PARTIAL_AGE else now
        until = max(until, date.fromisoformat(run["until"])) if wanted.until is None else until
    kept.state.run = {
        "started": started.isoformat(),
        "since": str(since),
        "until": str(until),
    }
    kept.save()
    reports = list(source.rules["reports"])
    todo = pieces_to_pull(
        kept.state,
        reports,
        since,
        until,
        restated_days=interfaces()["restated_days"],
        again=wanted.again,
    )
    # a month whose first days are no longer told keeps what it has
    todo = [piece for piece in todo if piece.first >= _earliest(today, interfaces()["months"])]
    rows = 0
    for month, pieces in groupby(todo, key=lambda piece: piece.month):
        of_month = sum(_pull_piece(source, kept, piece, client, most) for piece in pieces)
        report(f"{client.name} {kept.folder.name}: {month}, {of_month:,} rows")
        rows += of_month
    kept.finish()
    told = f"{client.name} {kept.folder.name}: {since} to {until}"
    if not todo:
        report(f"{told}, nothing to pull: all of it is older than the platform restates")
    elif not rows:
        report(f"{told}, no ads were shown in these days")
    else:
        report(f"{told}, {len(reports)} reports, {rows:,} rows pulled")
    return kept.rows()


def _days(wanted: Wanted, kept: Account, name: str, today: date) -> tuple[date, date]:
    """The first and the last day, by the account's calendar."""
    until = wanted.until or today - timedelta(days=1)
    if until >= today:
        raise UserError(
            f"--until {until}: in the account's time zone it is {today} now, and {name} has not "
            f"counted that day to its end; give {today - timedelta(days=1)} or earlier"
        )
    earliest = _earliest(today, interfaces()["months"])
    if wanted.since and wanted.since < earliest:
        raise UserError(f"--since {wanted.since}: {name} tells days from {earliest} on; give that")
    since = max(first_day(kept.state, wanted.since, until, interfaces()), earliest)
    if since > until:
        raise UserError(f"--since {since} is after the last day, {until}; give an earlier one")
    return since, until


def _earliest(today: date, months: int) -> date:
    """The first day that a platform still tells: the day after that of so many months ago."""
    month = today.year * 12 + today.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=today.day - 1), last) + timedelta(days=1)


def _pull_piece(source: Meta | Google, kept: Account, piece: Piece, client: Http, most: int) -> int:
    """Pull one piece in as many parts as it takes; returns its rows."""
    waiting, parts = [piece], list[tuple[Piece, Partial]]()
    while waiting:
        part = waiting.pop(0)
        partial = kept.partial(part, client.now())
        try:
            if not partial.notes.get("is_split"):
                source.pull(part, partial, most)
                parts.append((part, partial))
                continue
        except TooMuch as too_much:
            if part.first == part.last:
                raise UserError(
                    f"{client.name}, {part.report} {part.first}: {too_much}, of a single day; "
                    "land an export of the ad manager for it"
                ) from None
            partial.clear()
            # remembered, so that the next run does not ask for it as a whole again
            partial.note(is_split=True)
        waiting[:0] = part.halves()
    return kept.publish(piece, parts, client.now(), most)


def _accounts(
    wanted: Wanted, rules: Mapping[str, Any], secrets: Credentials, folder: Path
) -> list[str]:
    """The digits of each account. Raises UserError when none is named."""
    given = list(wanted.accounts)
    option = rules["account"]["option"]
    if not given:
        given = [one for one in secrets.plain(option).replace(",", " ").split() if one]
    if not given:
        before = sorted((folder / wanted.platform).glob("*/.state.json"))
        given = [path.parent.name for path in before]
    if not given:
        raise UserError(
            f"{rules['name']}: which account? name it with --account or in {option} (several with "
            "commas)"
        )
    return list(dict.fromkeys(account_number(rules, one) for one in given))


def _advised(rules: Mapping[str, Any], refused: Refused) -> str:
    advice = rules["advice"].get(refused.kind)
    return f"{refused}; {advice}" if advice else f"{refused}; see docs/pull.md"


@contextmanager
def _told_in_a_line(secrets: Credentials, folder: Path) -> Iterator[None]:
    """Errors that tell no secret, whatever a platform said. Raises UserError."""
    try:
        yield
    except UserError as error:
        raise UserError(secrets.without(str(error))) from None
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); free disk space and run the command "
            "again, what was pulled is kept"
        ) from None
