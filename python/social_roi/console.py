"""What a command prints line by line, to a reader that may leave before the end, as `head` does."""

import os
import sys


def print_line(line: str) -> None:
    """Print a line at once. Where nobody reads any more, this and what follows goes nowhere."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """Send what is still to be printed nowhere: its reader has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
