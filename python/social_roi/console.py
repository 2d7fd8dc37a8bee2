"""Text for people: names from files without their tricks, and a reader that closes the pipe."""

import os
import sys
import unicodedata
from pathlib import Path

# Control and format characters (escape sequences, marks of direction, invisible ones), what is no
# character, line and paragraph separators.
UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
# Joiners of emojis, and of letters in Persian and Indian scripts.
JOINERS = "\u200c\u200d"


def printable(text: str, kept: str = "") -> str:
    """The text with unprintable characters as escapes, such as `\\x1b` or `\\u202e`.

    Names come from files that others wrote: an escape sequence in one would command the terminal, a
    mark of direction would show `gpj.exe` as `exe.jpg`. kept: characters to leave as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        repr(character)[1:-1]
        if unicodedata.category(character) in UNPRINTABLE and character not in kept
        else character
        for character in text
    )


def one_line(text: object) -> str:
    """The text, such as an error's, without its line breaks."""
    return " ".join(str(text).split())


def print_line(line: str) -> None:
    """Print and flush a printable line. Once the pipe is closed, all output is discarded."""
    try:
        print(printable(line), flush=True)
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """Discard all later output: its reader has closed the pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def relative_path(path: Path) -> Path:
    """The path relative to the current folder, when it is below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
