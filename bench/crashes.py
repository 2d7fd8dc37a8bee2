"""Kills a landing and a build at random points, and checks that nothing was lost.

    python bench/crashes.py [--points 50] [--rows 20000]

Each point starts from the same built tables, lands one more day, builds, and is killed as a power
cut would. Then every table must hold the rows from before or those from after, and a plain rerun
must give exactly the tables of an undisturbed run. Writes build/bench/crashes.json; exit
code 1 if a point failed.
"""

import argparse
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from lib import results
from lib.events import generate
from social_roi.dbt_runner import dbt_arguments

BIN = Path(sys.executable).parent
# Load times and build settings differ between two runs.
OF_THE_RUN = ("_load_id", "_build_fingerprint", "loaded_at", "_loaded_at")

Content = tuple[str, int, int]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=50)
    arguments.add_argument("--rows", type=int, default=20_000)
    options = arguments.parse_args()
    folder = results.FOLDER / "crashes"
    shutil.rmtree(folder, ignore_errors=True)
    files = folder / "files"
    generate(options.rows, files)

    build = folder / "build"
    os.environ["SOCIAL_ROI_BUILD"] = str(build)
    run(commands("land", f"{files}/days.csv", f"{files}/spend.csv"))
    shutil.copytree(build, folder / "before", symlinks=True)
    before = tables(build)
    day_more = commands("land", "--add", f"{files}/last_day.csv")
    began = time.perf_counter()
    run(day_more)
    whole = time.perf_counter() - began
    after = tables(build)

    rng = random.Random(1)
    points = []
    while len(points) < options.points:
        shutil.rmtree(build)
        shutil.copytree(folder / "before", build, symlinks=True)
        seconds = rng.uniform(0, whole)
        if not run(day_more, kill_after=seconds):
            whole = seconds  # it had already ended: not counted
            continue
        now = tables(build)
        torn = [name for name in after if now.get(name) not in (before.get(name), after.get(name))]
        run(day_more)
        again = tables(build)
        other = [
            name for name in sorted(again.keys() | after) if again.get(name) != after.get(name)
        ]
        points.append({"seconds": seconds, "torn": torn, "other": other})
        print(
            f"{len(points):3} killed at {seconds:5.1f} of {whole:.1f} s;"
            f" torn: {', '.join(torn) or 'none'};"
            f" other than undisturbed: {', '.join(other) or 'none'}",
            flush=True,
        )
    failed = sum(bool(point["torn"] or point["other"]) for point in points)
    print(f"{len(points)} points, {len(after)} tables each; {failed} points failed")
    results.write("crashes", {"rows": options.rows, "tables": len(after), "points": points})
    sys.exit(failed > 0)


def commands(*land: str) -> str:
    """Landing, then all models and their solvers, as a shell runs them."""
    models = dbt_arguments(["run"], "duckdb", {"input": "landed"})
    seeds = dbt_arguments(["seed"], "duckdb", {"input": "landed"})
    return " && ".join(
        shlex.join(words)
        for words in ([f"{BIN}/social-roi", *land], [f"{BIN}/dbt", *seeds], [f"{BIN}/dbt", *models])
    )


def run(command: str, kill_after: float | None = None) -> bool:
    """Whether it was still running when it was killed. Stops with what it printed if it fails."""
    process = subprocess.Popen(
        command,
        shell=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        printed, _ = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True
    if process.returncode:
        sys.exit(f"{command}\nfailed:\n{printed[-3000:]}")
    return False


def tables(build: Path) -> dict[str, Content]:
    """The content of every table and every landed file, in any row order."""
    found = {}
    with duckdb.connect(str(build / "landed.duckdb"), read_only=True) as con:
        names = con.execute("select table_name from duckdb_tables() where schema_name = 'marts'")
        for (name,) in names.fetchall():
            found[name] = content(con, f"marts.{name}")
        current = build / "landed" / "current"
        for table in sorted(path.name for path in current.iterdir() if path.is_dir()):
            found[f"raw {table}"] = content(con, f"'{current}/{table}/*.parquet'")
    return found


def content(con: duckdb.DuckDBPyConnection, relation: str) -> Content:
    """Columns, number of rows, and the sum of their hashes; doubles to nine digits."""
    columns = ", ".join(
        f"printf('%.9g', {name})" if kind == "DOUBLE" else name
        for name, kind, *_ in con.execute(f"describe from {relation}").fetchall()
        if name not in OF_THE_RUN
    )
    rows = f"select count(*), sum(hash({columns})::hugeint) from {relation}"
    return (columns, *con.execute(rows).fetchall()[0])


if __name__ == "__main__":
    results.run(main)
