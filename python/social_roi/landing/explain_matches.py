"""Which platforms have spend and no events among explained files, or events and no spend."""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb

from social_roi.dbt_runner import PROJECT, project
from social_roi.landing.raw_tables import LOG_TABLES
from social_roi.landing.sql import parquet_rows

SPEND_TABLES = ("ad_spend", "ad_reports")
EVENT_TABLES = ("ad_events", "ad_interactions")
NAMES_SHOWN = 5


class Matches:
    """Adds up spend and events by platform over files, and says what never meets.

    Names are folded as staging does and looked up in the seeds `spellings` and `platform_sellers`.
    Campaigns are left to the build: ids and names of them meet only there.
    """

    def __init__(self) -> None:
        known = [row for row in _lookup("spellings") if row["kind"] == "platform"]
        self._names = {row["spelling"]: _folded(row["name"]) for row in known}
        self._sellers = {
            _folded(row["ad_platform"]): _folded(row["seller"])
            for row in _lookup("platform_sellers")
        }
        self._shown: dict[str, str] = {}
        self._spend: dict[str, Counter[str]] = {}
        self._events: Counter[str] = Counter()
        # paid visits of logs get their platform from UTM, by rules of the build
        self._has_logs = False

    def add(self, con: duckdb.DuckDBPyConnection, raw_table: str, part: Path) -> None:
        """One landed table. part: its Parquet file."""
        self._has_logs = self._has_logs or raw_table in LOG_TABLES
        if raw_table in SPEND_TABLES:
            rows = con.execute(f"""
                select ad_platform, coalesce(currency, ''), sum(try_cast(spend as decimal(38, 4)))
                from {parquet_rows(part)}
                where ad_platform is not null and try_cast(spend as decimal(38, 4)) > 0
                group by 1, 2 order by 1, 2
            """).fetchall()
            for platform, currency, spend in rows:
                self._spend.setdefault(self._key(platform), Counter())[currency] += spend
        elif raw_table in EVENT_TABLES:
            rows = con.execute(f"""
                select ad_platform, count(*) from {parquet_rows(part)}
                where ad_platform is not null group by 1 order by 1
            """).fetchall()
            for platform, events in rows:
                self._events[self._key(platform)] += events

    def lines(self) -> Iterator[str]:
        """Nothing where all meet, or where one side is not there at all."""
        if not self._spend or not self._events or self._has_logs:
            return
        unmet = [key for key in self._spend if key not in self._events]
        if unmet:
            told = [f"{self._shown[key]} ({_money(self._spend[key])})" for key in unmet]
            yield f"spend of platforms without any event: {_list(told)}"
            # a platform without a bill, such as a newsletter, is no mistake where all bills meet
            told = [
                f"{self._shown[key]} ({count:,})"
                for key, count in self._events.items()
                if key not in self._spend
            ]
            if told:
                yield f"events of platforms without spend: {_list(told)}"

    def _key(self, platform: str) -> str:
        key = _folded(platform)
        key = self._names.get(key, key)
        key = self._sellers.get(key, key)
        self._shown.setdefault(key, platform)
        return key


def _folded(name: str) -> str:
    visible = (
        character
        for character in unicodedata.normalize("NFKC", name)
        if unicodedata.category(character) not in ("Cc", "Cf") or character.isspace()
    )
    return re.sub(r"\s+", " ", "".join(visible)).strip().lower()


def _money(spend: Counter[str]) -> str:
    return ", ".join(f"{amount:,.2f} {currency}".rstrip() for currency, amount in spend.items())


def _list(told: list[str]) -> str:
    more = f" and {len(told) - NAMES_SHOWN} more" if len(told) > NAMES_SHOWN else ""
    return ", ".join(told[:NAMES_SHOWN]) + more


def _lookup(name: str) -> list[dict[str, str]]:
    """Rows of a seed: the own project's, else that of the package."""
    for root in (project(), PROJECT):
        path = root / "seeds" / "lookups" / f"{name}.csv"
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
    return []
