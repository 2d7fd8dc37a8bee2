"""Landing compared with DuckDB's own copy from CSV to Parquet (all text, snappy), in turn.

usage: python bench/landing.py [--runs N] CSV...

Each run is a process of its own, measured without its imports. Prints medians and writes
build/bench/landing.json.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb

from lib import results
from lib.meter import Step, measure
from social_roi.landing import land_files

MEASURES = ("cpu", "wall", "peak_mb")


def land(csv: Path, folder: Path) -> None:
    land_files([csv], folder / "landed", report=lambda line: None)


def copy(csv: Path, folder: Path) -> None:
    with duckdb.connect() as con:
        con.execute(
            f"copy (from read_csv('{csv}', all_varchar = true)) "
            f"to '{folder / 'copy.parquet'}' (format parquet, compression snappy)"
        )


WAYS: dict[str, Callable[[Path, Path], None]] = {"landing": land, "duckdb": copy}


def measured(way: str, csv: Path) -> Step:
    """Do the work in this process."""
    steps: list[Step] = []
    with TemporaryDirectory(dir=results.FOLDER) as folder:
        measure(steps, way, lambda: WAYS[way](csv, Path(folder)))
    return steps[0]


def in_turn(csv: Path, runs: int) -> dict[str, dict[str, float]]:
    """Medians of each way, and the ratios of landing to DuckDB."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(runs):
        for way in WAYS:
            command = [sys.executable, __file__, "--only", way, str(csv)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[way].append(json.loads(output))
    medians = {way: {m: median(run[m] for run in found[way]) for m in MEASURES} for way in WAYS}
    ratio = {m: medians["landing"][m] / medians["duckdb"][m] for m in MEASURES}
    return medians | {"ratio": ratio}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=WAYS, help="one run in this process, as JSON")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measured(options.only, options.csv[0])))
        return
    files = []
    print(f"{'file':30} {'MB':>7}  {'':8}" + "".join(f"{measure:>9}" for measure in MEASURES))
    for csv in options.csv:
        megabytes = csv.stat().st_size / 1e6
        table = in_turn(csv, options.runs)
        files.append({"file": csv.name, "mb": round(megabytes, 1), "runs": options.runs} | table)
        for way, row in table.items():
            values = "".join(f"{row[measure]:9.2f}" for measure in MEASURES)
            print(f"{csv.name:30} {megabytes:7.0f}  {way:8}{values}", flush=True)
    results.write("landing", {"files": files})


if __name__ == "__main__":
    results.run(main)
