"""Landing beside DuckDB's own way from CSV to Parquet (all columns as text, snappy), in turn.

usage: python bench/landing.py [--runs N] CSV...

Each run is a process of its own. CPU and wall seconds are those of the work without imports, the
peak is that of the whole process. Prints medians and writes build/bench/landing.json.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb

from social_roi.landing import land_files
from social_roi.project import build_dir

MEASURES = ("cpu_s", "wall_s", "peak_mb")


def land(csv: Path, folder: Path) -> None:
    land_files([csv], folder / "landed", report=lambda line: None)


def copy(csv: Path, folder: Path) -> None:
    with duckdb.connect() as con:
        con.execute(
            f"copy (from read_csv('{csv}', all_varchar = true)) "
            f"to '{folder / 'copy.parquet'}' (format parquet, compression snappy)"
        )


WAYS: dict[str, Callable[[Path, Path], None]] = {"landing": land, "duckdb": copy}


def measured(way: str, csv: Path) -> dict[str, float]:
    """Do the work in this process: its CPU and wall seconds and the peak memory in MB."""
    with TemporaryDirectory(dir=build_dir()) as folder:
        cpu, wall = time.process_time(), time.perf_counter()
        WAYS[way](csv, Path(folder))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return dict(zip(MEASURES, (cpu, wall, peak), strict=True))


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
    build_dir().mkdir(parents=True, exist_ok=True)
    if options.only:
        print(json.dumps(measured(options.only, options.csv[0])))
        return
    results = []
    print(f"{'file':30} {'MB':>7}  {'':8}" + "".join(f"{measure:>9}" for measure in MEASURES))
    for csv in options.csv:
        megabytes = csv.stat().st_size / 1e6
        table = in_turn(csv, options.runs)
        results.append({"file": csv.name, "mb": round(megabytes, 1), "runs": options.runs} | table)
        for way, row in table.items():
            values = "".join(f"{row[measure]:9.2f}" for measure in MEASURES)
            print(f"{csv.name:30} {megabytes:7.0f}  {way:8}{values}", flush=True)
    report = build_dir() / "bench" / "landing.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    facts = {"cores": os.cpu_count(), "duckdb": duckdb.__version__, "files": results}
    report.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
