"""Bytes that Athena scans for a full build and for one more day, by model, and their cost.

    python bench/scanned.py [ROWS] [--schema NAME] [--price-per-tb 5] [--history 180]

Invented events of 180 days are landed and built, then one more day is. Tests are left out: most
read one column. Bytes per event are then extrapolated to a billion events a day. Runs against AWS,
or a local endpoint behind AWS_ENDPOINT_URL, in a schema of its own.
Writes build/bench/scanned.json.
"""

import argparse
import os
import shutil

from lib import results
from lib.events import DAYS, generate
from social_roi.aws.build import build_on_athena
from social_roi.aws.land import land_to_s3
from social_roi.aws.settings import Settings, check_access, settings

A_DAY = 1_000_000_000
NO_TESTS = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--schema", default="scanned_bench")
    parser.add_argument("--price-per-tb", type=float, default=5.0)
    parser.add_argument("--history", type=int, default=DAYS, help="days in the tables already")
    options = parser.parse_args()
    os.environ["SOCIAL_ROI_SCHEMA"] = options.schema
    files = results.FOLDER / "scanned"
    shutil.rmtree(files, ignore_errors=True)
    generate(options.rows, files)
    where = settings("landed")
    check_access(where)
    how = {"max_rejected_share": 0.0}
    land_to_s3([f"{files}/days.csv", f"{files}/spend.csv"], where, add=False, **how)
    in_full = build(where)
    land_to_s3([f"{files}/last_day.csv"], where, add=True, **how)
    day_more = build(where)

    print(f"{'bytes per event in the tables':34}{'in full':>10}{'a day more':>12}")
    for name in sorted(day_more, key=lambda name: -day_more[name])[:20]:
        full, more = in_full.get(name, 0) / options.rows, day_more[name] / options.rows
        print(f"{name:34}{full:10.2f}{more:12.2f}")
    terabytes = day_more["everything"] / options.rows * A_DAY * options.history / 1e12
    month = 30 * terabytes * options.price_per_tb
    print(
        f"{A_DAY:,} events a day, {options.history} days of them in the tables:"
        f" {terabytes:,.1f} TB a day, {month:,.0f} a month at {options.price_per_tb:g} per TB"
    )
    found = {"rows": options.rows, "in_full": in_full, "day_more": day_more}
    results.write("scanned", found)


def build(where: Settings) -> dict[str, int]:
    """Everything but tests: bytes scanned by node, and in all."""
    scanned = build_on_athena(["build", *NO_TESTS], where, {"input": "landed"})
    by_node = {name: sum(queries) for name, queries in scanned.items()}
    return by_node | {"everything": sum(by_node.values())}


if __name__ == "__main__":
    results.run(main)
