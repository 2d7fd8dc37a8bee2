"""Persons as salted hashes, which stand for e-mails and ids of customers and devices."""

import hashlib
import os
import re
import secrets
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from social_roi.errors import UserError
from social_roi.landing.formats import NULL_SIGN, NULL_WORDS

VARIABLE = "SOCIAL_ROI_SALT"
LEAST_CHARACTERS = 16
E_MAIL = r"[^\s@<>:/?&=]+@[^\s@<>/?&=]+\.[A-Za-z]{2,}"
REMOVED = "(removed)"
# What sources write for a person who is not known; 0 is the guest of shops.
NOBODY = (*NULL_WORDS, "0", "0.0", "guest", "anonymous", "unknown", "false")


class Salt:
    """The project's salt: `SOCIAL_ROI_SALT`, else a random file that is made once.

    file: None where a file would not be kept (landing to S3): then the variable has to be set.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file

    @cached_property
    def text(self) -> str:
        """Raises UserError when there is none, or when it is too short to keep a secret."""
        if told := os.environ.get(VARIABLE):
            if len(told) < LEAST_CHARACTERS:
                raise UserError(
                    f"{VARIABLE} has {len(told)} characters, expected at least {LEAST_CHARACTERS}: "
                    "e-mails could be guessed from their hashes; take a longer random text"
                )
            return told
        if self.file is None:
            raise UserError(
                f"{VARIABLE} is not set, and orders and logs land as hashes of persons; set it "
                "to a random text of your own, the same for each landing"
            )
        if self.file.exists():
            return self.file.read_text("utf-8").strip()
        salt = secrets.token_hex(32)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(salt + "\n")
        return salt

    @property
    def mark(self) -> str:
        """Tells one salt from another, and nothing about it."""
        return hashlib.sha256(b"mark of " + self.text.encode()).hexdigest()[:16]


def hashed(
    con: duckdb.DuckDBPyConnection, values: pa.ChunkedArray, salt: str, kind: str = ""
) -> pa.ChunkedArray:
    """SHA-256 of the salt and the id, without case and blanks around; null for nobody.

    Its first 128 bits as 32 hexadecimal digits: still no two persons alike, and tables of journeys
    hold half as much.

    kind: keeps ids apart that are of another kind, such as those of orders.
    """
    if values.null_count == len(values):
        return values
    encoded = values.combine_chunks().dictionary_encode()
    con.register("ids", pa.table({"cell": encoded.dictionary}))
    found = con.sql(
        f"""
        select case
            when id not in {NOBODY} and cell <> '{NULL_SIGN}'
                then left(sha256($salt || $kind || id), 32)
        end
        from (select cell, lower(trim(cell)) as id from ids)
    """,
        params={"salt": salt, "kind": kind},
    ).to_arrow_table()
    return pa.chunked_array([found.column(0).combine_chunks().take(encoded.indices)])


def without_e_mails(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts in which no e-mail address is left."""
    if not pc.any(pc.match_substring(values, "@")).as_py():
        return values
    return pc.replace_substring_regex(values, E_MAIL, REMOVED)


def text_without_e_mails(text: str) -> str:
    return re.sub(E_MAIL, REMOVED, text)
