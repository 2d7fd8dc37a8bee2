"""What the last build of each target and input did: its state, settings, files and tables.

A record per target and input below `build/dbt/`, written when a build starts and when it ends.
"""

import json
import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from social_roi.console import one_line, printable

# characters of an error that readers of answers and page are told; the rest is in `status`
ERROR = 160
TOLD = " ... (social-roi status tells all)"

RUNNING, DONE, FAILED, STOPPED = "running", "done", "failed", "stopped"


@dataclass(frozen=True)
class LastBuild:
    """One build. target: `duckdb` or `athena`; input: `demo` or `landed`.

    started, ended: local time with its zone (ISO 8601), ended empty while it runs. error: one line,
    empty unless it failed. replaced: tables of the marts that it had written. variables: settings
    given for this build. files: the names of its input files. whole_at: when the last build ended
    that was done; empty before the first.
    """

    target: str
    input: str
    state: str
    started: str
    ended: str = ""
    error: str = ""
    replaced: Sequence[str] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[str] = ()
    whole_at: str = ""


def path_of(build: Path, target: str, input_name: str) -> Path:
    return build / "dbt" / f"last_{target}_{input_name}.json"


def read(path: Path) -> LastBuild | None:
    """None where there is no record, or half of one."""
    try:
        return LastBuild(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def newest_first(build: Path) -> list[LastBuild]:
    """The last build of each target and input, by when it ended or was found to be up to date."""
    paths = sorted(
        (build / "dbt").glob("last_*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True
    )
    return [record for record in map(read, paths) if record]


def is_up_to_date(build: Path, target: str, input_name: str) -> None:
    """A build was asked for and there was nothing new: it is the last one all the same."""
    path = path_of(build, target, input_name)
    if path.exists():
        os.utime(path)


def write(build: Path, record: LastBuild) -> None:
    path = path_of(build, record.target, record.input)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(record), default=str), "utf-8")
    new.replace(path)


@contextmanager
def recorded(
    build: Path, target: str, input_name: str, variables: Mapping[str, Any], files: Sequence[str]
) -> Iterator[list[str]]:
    """Record a build while it runs and how it ended. Yields the list for the tables it replaces."""
    former = read(path_of(build, target, input_name))
    replaced: list[str] = []
    record = LastBuild(
        *(target, input_name, RUNNING, _now()),
        variables=variables,
        files=files,
        whole_at=former.whole_at if former else "",
    )
    write(build, record)
    try:
        yield replaced
    except BaseException as error:
        state = FAILED if isinstance(error, Exception) else STOPPED
        words = one_line(error)
        ended = replace(record, state=state, ended=_now(), error=words, replaced=sorted(replaced))
        # on a full disk the record stays as it began, and what is told is why the build ended
        with suppress(OSError):
            write(build, ended)
        raise
    ended = _now()
    write(build, replace(record, state=DONE, ended=ended, whole_at=ended))


def warning(record: LastBuild, shown: Sequence[str]) -> str:
    """What a reader of the tables `shown` has to know of a build that did not end well; else ''."""
    if record.state == DONE:
        return ""
    what = {
        RUNNING: "has not ended: it runs, or was killed",
        STOPPED: "was stopped",
        FAILED: f"failed: {textwrap.shorten(record.error, ERROR, placeholder=TOLD)}",
    }[record.state]
    new = len({*shown} & {*record.replaced})
    former = f"the build of {at(record.whole_at)}" if record.whole_at else "no whole build"
    if new == len(shown):
        rest = "all tables shown are its own, and may not be tested"
    elif record.state == RUNNING:
        rest = f"some tables shown may be its own, the others are of {former}"
    elif new:
        rest = f"{new} of the {len(shown)} tables shown are its own, the others are of {former}"
    else:
        rest = f"the tables shown are of {former}"
    return (
        f"The last build ({at(record.started)}) {what}. So {rest}. Build again before you use it."
    )


def described(record: LastBuild) -> str:
    """Target, input, when and how it ended, files and settings, in one printable line."""
    name = "the demo" if record.input == "demo" else "your data"
    said = [f"{name} on {record.target}, {at(record.started)}, {record.state}"]
    said += [record.error] if record.error else []
    if record.state != DONE and record.whole_at:
        said += [f"whole at {at(record.whole_at)}"]
    if record.files:
        more = f" and {len(record.files) - 5} more" if len(record.files) > 5 else ""
        said += [f"files {', '.join(record.files[:5])}{more}"]
    if record.variables:
        said += [", ".join(f"{name} {value}" for name, value in record.variables.items())]
    return printable("; ".join(said))


def at(moment: str) -> str:
    """A moment for people: the local time to the minute."""
    return moment[:16].replace("T", " ")


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
