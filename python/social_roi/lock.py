"""A lock on a folder: one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from social_roi.errors import UserError


@contextmanager
def locked(folder: Path, work: str) -> Iterator[None]:
    """Lock the folder, created if needed, for some `work`, such as `build`; the lock ends with the
    process.

    Raises UserError when the folder cannot be written or another process holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.strerror}); SOCIAL_ROI_BUILD names another folder"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{folder}: another {work} is running; wait until it has ended"
            ) from None
        yield
