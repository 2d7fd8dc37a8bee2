"""Print to standard output; its reader may close the pipe before the end, as `head` does."""

import os
import sys


def print_line(line: str) -> None:
    """Print and flush a line. Once the pipe is closed, this and all later output is discarded."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """Discard all later output: its reader has closed the pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
