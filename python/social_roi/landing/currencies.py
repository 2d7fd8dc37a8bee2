"""Amounts that could never be added: refused before they replace anything."""

import csv
from pathlib import Path

import duckdb

from social_roi.errors import UserError
from social_roi.landing.formats import WORDS_FOR_NOTHING
from social_roi.landing.raw_tables import RAW_TABLES
from social_roi.landing.sql import file_literal


def check_currencies(con: duckdb.DuckDBPyConnection, generation: Path, rates: Path) -> None:
    """One currency may go without an exchange rate: it is the project's.

    rates: the look-up of exchange rates. Raises UserError when several have none, naming a file of
    each. Parts without a byte, which stand for those in S3, are not looked at. The build checks the
    rates again, with its own settings.
    """
    rated = set()
    if rates.exists():
        with rates.open(encoding="utf-8-sig", newline="") as file:
            rated = {row["currency"].strip().upper() for row in csv.DictReader(file)}
    without: dict[str, str] = {}
    for table, columns in RAW_TABLES.items():
        if "currency" not in [column.name for column in columns]:
            continue
        parts = [path for path in (generation / table).glob("*.parquet") if path.stat().st_size]
        found = con.execute(f"""
            select upper(trim(currency)) as code, min(_source_file)
            from read_parquet([{", ".join(map(file_literal, parts))}])
            where currency is not null
            group by code
        """).fetchall()
        for code, name in found:
            if code not in rated and code.lower() not in ("", *WORDS_FOR_NOTHING):
                without.setdefault(code, name)
    if len(without) > 1:
        told = ", ".join(f"{code} ({name})" for code, name in sorted(without.items()))
        raise UserError(
            f"the amounts are in {told}, which are never added up: give the exchange rates of all "
            "but one in seeds/lookups/exchange_rates.csv; nothing was replaced"
        )
