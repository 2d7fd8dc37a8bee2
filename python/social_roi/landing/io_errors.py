"""Errors of reading and writing, as one line that says what to do."""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from social_roi.errors import UserError


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Raises UserError where an input cannot be read."""
    try:
        yield
    except (OSError, EOFError, zlib.error, duckdb.Error, pa.ArrowException) as error:
        raise UserError(
            f"{name}: cannot be read ({_reason(error)}); check the file or save it again as CSV"
        ) from error


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raises UserError where nothing can be written below a folder, as when the disk is full."""
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise UserError(
            f"{folder}: cannot be written ({_reason(error)}); "
            "nothing was replaced: free disk space and land again"
        ) from error


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else (str(error) or type(error).__name__).splitlines()[0]
