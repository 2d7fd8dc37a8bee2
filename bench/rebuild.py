"""What a build costs, beside another revision: each in turn, in several pairs.

    python bench/rebuild.py 0528d7e [--pairs 3] [--events 1000000] [--only demo] [--tests]

Clones the revision and HEAD below build/bench/rebuild/, each with the environment that its own lock
asks for, builds the demo once in each, so that byte code is there, and then measures
`social-roi build`, first of the revision, then of HEAD: the demo into an empty folder, once more,
and after a change of one model; 1,000 interactions of original.py; events of scale.py into an empty
folder, once more, and with nothing new. "Once more" has --force where there is such an option, so
that all is built although nothing is new. With --tests also `make test`, which is not split.

CPU is that of all processes, by what ran (measured by bench/probe/):

    import   Python's start and loading modules, wherever they are loaded
    landing  what runs before dbt: landing, looking whether anything is new
    parse    dbt reading the project
    models   seeds and models, solving among them
    tests    dbt's tests
    docs     dbt's docs, without imports and parsing
    page     what runs after dbt, and processes without dbt: answers, page, figures
    other    dbt's graph, artifacts and time between nodes; the end of processes

Wall time has the same parts, of the first process alone: that of a process beside it is in none,
waiting for it is in the part that waits. Nodes are measured by the probe, too, in the second build
of the demo, and with what they import: dbt's docs may replace the build's run_results.json.
Prints medians, ranges and the ratio of each pair; writes build/bench/rebuild.json.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from lib import results
from lib.events import generate as generate_events
from lib.meter import Step, measure_process
from original import generate as generate_interactions
from social_roi.dbt_runner import PROJECT
from social_roi.errors import UserError

FOLDER = results.FOLDER / "rebuild"
FILES = FOLDER / "files"
PROBE = Path(__file__).with_name("probe")
PARTS = ("import", "landing", "parse", "models", "tests", "docs", "page", "other")
MEASURES = ("cpu", "wall")
INTERACTIONS = 1_000
# The model that is changed: small, and part of every revision.
CHANGED = "rpt_platform_roi"
# Byte code is kept, as make keeps it; each revision builds below its own clone.
UNSET = ("PYTHONDONTWRITEBYTECODE", "SOCIAL_ROI_BUILD")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in UNSET}

Run = dict[str, Any]
Pairs = list[tuple[Run, Run]]


class Case(NamedTuple):
    """One build: of the demo or of files, in a folder of this name."""

    name: str
    folder: str
    files: Sequence[Path] = ()
    empty: bool = False
    force: bool = False
    change: bool = False


PROFILED = Case("demo, second build", "demo", force=True)


def cases(events: int) -> list[Case]:
    """In the order in which they run, with their files written."""
    shutil.rmtree(FILES, ignore_errors=True)
    generate_events(events, FILES)
    landed = (FILES / "days.csv", FILES / "spend.csv")
    interactions = FILES / "interactions.csv"
    generate_interactions(INTERACTIONS, interactions)
    return [
        Case("demo, first build", "demo", empty=True),
        PROFILED,
        Case("demo, one changed model", "demo", change=True),
        Case(f"{INTERACTIONS:,} interactions", "interactions", (interactions,), empty=True),
        Case(f"{events:,} events, first build", "events", landed, empty=True),
        Case(f"{events:,} events, second build", "events", landed, force=True),
        Case(f"{events:,} events, nothing new", "events", landed),
    ]


def printed(*command: str | Path) -> str:
    """What a command prints. Raises UserError with the end of it if the command fails."""
    done = subprocess.run(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise UserError(f"{' '.join(map(str, command))}: {done.stdout.strip()[-500:]}")
    return done.stdout


def check_out(revision: str, name: str, environments: list[str]) -> Path:
    """A clone of this repository at the revision, with what make sets up in it."""
    commit = printed("git", "-C", PROJECT, "rev-parse", "--verify", f"{revision}^{{commit}}")
    checkout = FOLDER / name
    shutil.rmtree(checkout, ignore_errors=True)
    printed("git", "clone", "--quiet", "--shared", "--no-checkout", PROJECT, checkout)
    printed("git", "-C", checkout, "checkout", "--quiet", "--detach", commit.strip())
    printed("make", "-C", checkout, f"PY={sys.executable}", *environments)
    return checkout


def build(checkout: Path, case: Case) -> Run:
    """What one build took, by part and by node."""
    folder, parts_folder = checkout / "build" / case.folder, FOLDER / "parts"
    if case.empty:
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(parts_folder, ignore_errors=True)
    parts_folder.mkdir()
    program = checkout / ".venv" / "bin" / "social-roi"
    command = [str(program), "build"]
    if case.force and re.search(r"--force(?![\w-])", printed(program, "build", "--help")):
        command.append("--force")
    if case.files:
        command += ["--data", *map(str, case.files)]
    environment = ENVIRONMENT | {
        "SOCIAL_ROI_BUILD": str(folder),
        "PYTHONPATH": str(PROBE),
        "PARTS_FOLDER": str(parts_folder),
    }
    model = next((checkout / "models").rglob(f"{CHANGED}.sql"))
    sql = model.read_bytes()
    if case.change:
        model.write_bytes(sql + b"\n-- changed\n")
    steps: list[Step] = []
    try:
        measure_process(steps, case.name, command, environment)
    finally:
        if case.change:
            model.write_bytes(sql)
    processes = [json.loads(path.read_text("utf-8")) for path in parts_folder.iterdir()]
    run = steps[0] | {"parts": split(steps[0], processes)}
    if case == PROFILED:
        run["nodes"] = [node for process in processes for node in process["nodes"]]
    return run


def split(whole: Step, processes: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """By measure and part; time that no process reports, such as its own end, is `other`."""
    first = [process for process in processes if process["parent"] == os.getpid()]
    found = {}
    for measure, among in zip(MEASURES, (processes, first), strict=True):
        parts = {
            part: sum(process["parts"].get(part, {}).get(measure, 0.0) for process in among)
            for part in PARTS
        }
        parts["other"] += whole[measure] - sum(parts.values())
        found[measure] = parts
    return found


def compare(title: str, pairs: Sequence[tuple[float, float]]) -> None:
    """A line: median and range of both, and the ratio of each pair."""
    line = f"{title:40.40}"
    for values in zip(*pairs, strict=True):
        spread = f"({min(values):.2f}..{max(values):.2f})"
        line += f"{median(values):8.2f} {spread:18}"
    print(line + " ".join(f"{b / a:.2f}" if a >= 0.1 else "-" for a, b in pairs))


def show(name: str, pairs: Pairs) -> None:
    for measure in MEASURES:
        compare(f"{name}, {measure}", [(a[measure], b[measure]) for a, b in pairs])
        for part in PARTS if "parts" in pairs[0][0] else ():
            of_part = [(a["parts"][measure][part], b["parts"][measure][part]) for a, b in pairs]
            if max(map(max, of_part)) >= 0.05:
                compare(f"    {part}", of_part)


def show_nodes(pairs: Pairs) -> None:
    """CPU by kind of node, with the number of nodes in both; then of the costliest nodes."""
    for key, most in (("kind", 30), ("name", 15)):
        print(f"\n{PROFILED.name}, cpu by {key} of node")
        sums = [tuple(summed(run["nodes"], key) for run in pair) for pair in pairs]
        lines = {
            name: [tuple(of_run.get(name, 0.0) for of_run in pair) for pair in sums]
            for name in {name for pair in sums for of_run in pair for name in of_run}
        }
        numbers = [Counter(node[key] for node in run["nodes"]) for run in pairs[0]]
        for name in sorted(lines, key=lambda name: -max(map(max, lines[name])))[:most]:
            number = " / ".join(str(of_run[name]) for of_run in numbers) if key == "kind" else ""
            compare(f"    {number} {name}", lines[name])


def summed(nodes: list[dict[str, Any]], key: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in nodes:
        found[node[key]] += node["cpu"]
    return found


def make_test(checkout: Path) -> Run:
    steps: list[Step] = []
    measure_process(steps, "make test", ["make", "-C", str(checkout), "test"], ENVIRONMENT)
    return dict(steps[0])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revision", help="a commit, branch or tag")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--tests", action="store_true", help="also `make test`; takes long")
    parser.add_argument("--only", default="", help="only cases whose name has this word")
    options = parser.parse_args()
    if printed("git", "-C", PROJECT, "status", "--porcelain"):
        print("what is not committed is not measured", file=sys.stderr)
    environments = [".venv/.ok", *([".venv/checkov/.ok"] if options.tests else [])]
    FOLDER.mkdir(exist_ok=True)
    before = check_out(options.revision, "before", environments)
    after = check_out("HEAD", "after", environments)
    to_do: dict[str, Callable[[Path], Run]] = {
        case.name: partial(build, case=case) for case in cases(options.events)
    }
    if options.tests:
        to_do["make test"] = make_test
    to_do = {name: run for name, run in to_do.items() if options.only in name}
    for checkout in (before, after):
        build(checkout, PROFILED)
    found: dict[str, Pairs] = {name: [] for name in to_do}
    for _ in range(options.pairs):
        for name, run in to_do.items():
            pair = (run(before), run(after))
            found[name].append(pair)
            print(f"{name}: {pair[0]['cpu']:.1f} and {pair[1]['cpu']:.1f} CPU s", flush=True)
    print(f"\n{'':40}{'  before':27}{'  after':27}after / before, by pair")
    for name, pairs in found.items():
        show(name, pairs)
    if PROFILED.name in found:
        show_nodes(found[PROFILED.name])
    commits = [printed("git", "-C", side, "rev-parse", "HEAD").strip() for side in (before, after)]
    results.write("rebuild", {"commits": commits, "pairs": found})


if __name__ == "__main__":
    results.run(main)
