"""The running step on standard error: a line when it ends, its state on a terminal meanwhile."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from social_roi.errors import UserError

_shown = ""


@contextmanager
def step(title: str) -> Iterator[None]:
    """One line per step with its time; on a terminal its state and seconds while it runs.

    An interrupt says which step it stopped.
    """
    start = time.monotonic()
    progress(f"{title} ...")
    ended = threading.Event()
    if sys.stderr.isatty():
        threading.Thread(target=_tick, args=(ended, start), daemon=True).start()
    try:
        yield
    except UserError as error:
        raise UserError(f"{title}: {error}") from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped while {title}") from None
    finally:
        ended.set()
        _clear()
    print(f"{title}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def progress(line: str) -> None:
    """The state of the running step, on a terminal only."""
    global _shown
    _shown = line[:68]
    _draw(_shown)


def _tick(ended: threading.Event, start: float) -> None:
    """Redraw the state every second with the step's seconds: reading the project says nothing."""
    while not ended.wait(1):
        _draw(f"{_shown}  {time.monotonic() - start:.0f} s")


def _draw(line: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    _draw("")
