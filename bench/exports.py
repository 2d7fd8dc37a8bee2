"""Landing exports: a report of N rows as CSV compared with DuckDB's own copy, and as a workbook.

usage: python bench/exports.py [N] [--workbook ROWS] [--runs N]

Writes an export of Meta Ads Manager (invented figures), then as bench/landing.py does: each run a
process of its own, medians, also in build/bench/exports.json. A workbook of ROWS rows is landed
once.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from landing import MEASURES, in_turn, land
from lib import results
from lib.meter import Step, measure

ROWS = """
    select
        strftime(date '2025-01-01' + cast(i // 2000 as integer), '%Y-%m-%d') as "Reporting starts",
        "Reporting starts" as "Reporting ends",
        'Campaign ' || (i % 20) as "Campaign name",
        'Ad set ' || (i % 200) as "Ad set name",
        'Ad ' || (i % 2000) as "Ad name",
        120300000000000000 + i % 2000 as "Ad ID",
        '7-day click or 1-day view' as "Attribution setting",
        (i * 7919) % 5000 as "Reach",
        (i * 104729) % 10000 as "Impressions",
        printf('%.2f', ((i * 7919) % 100000) / 100.0) as "Amount spent (USD)",
        (i * 31) % 200 as "Link clicks",
        (i * 31) % 300 as "Clicks (all)",
        printf('%.6f', ((i * 31) % 200) / 77.0) as "CTR (all)",
        case when i % 3 = 0 then i % 11 end as "Purchases",
        case when i % 3 = 0 then printf('%.2f', ((i * 31) % 40000) / 100.0) end
            as "Purchases conversion value"
    from range({rows}) as numbers(i)
"""


def write_csv(path: Path, rows: int) -> None:
    duckdb.sql(f"copy ({ROWS.format(rows=rows)}) to '{path}' (header)")


def write_workbook(path: Path, rows: int) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Raw Data Report")
    found = duckdb.sql(ROWS.format(rows=rows))
    sheet.append(found.columns)
    for row in found.fetchall():
        sheet.append(
            [str(cell) if isinstance(cell, int) and cell > 2**53 else cell for cell in row]
        )
    book.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--workbook", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory(dir=results.FOLDER) as folder:
        csv, workbook = Path(folder) / "meta.csv", Path(folder) / "meta.xlsx"
        found = {}
        if options.rows:
            write_csv(csv, options.rows)
            found["csv"] = in_turn(csv, options.runs) | {"rows": options.rows}
        if options.workbook:
            write_workbook(workbook, options.workbook)
            steps: list[Step] = []
            measure(steps, "workbook", lambda: land(workbook, Path(folder)))
            found["workbook"] = steps[0] | {"rows": options.workbook}
    for way in ("landing", "duckdb", "ratio") if options.rows else ():
        values = "".join(f"{found['csv'][way][name]:9.2f}" for name in MEASURES)
        print(f"{options.rows:,} rows  {way:9}{values}")
    if options.workbook:
        values = "".join(f"{found['workbook'][name]:9.2f}" for name in MEASURES)
        print(f"{options.workbook:,} rows  workbook {values}")
    results.write("exports", found)


if __name__ == "__main__":
    results.run(main)
