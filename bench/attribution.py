"""Attribution at scale, beside two other tools: python bench/attribution.py [JOURNEYS ...].

Generates journeys by rule, runs the project's own models on them and, up to PEERS_UP_TO journeys,
ChannelAttribution and marketing-attribution-models, each in turn in a process of its own. Prints
medians over the runs and writes everything to build/bench/attribution.json.

The other tools come from the package index into build/bench/venv; their licences keep them out of
the project's environment.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import duckdb

from lib import results
from lib.journeys import SESSIONS, TOUCHES, exact_answers
from lib.meter import Step
from lib.models import Model, compiled
from social_roi.errors import UserError

LIB = Path(__file__).parent / "lib"
PEERS = ("ChannelAttribution", "marketing-attribution-models")
PEERS_UP_TO = 1_000_000
START, CREDITS, INTERVALS = (
    "int_touches_before_conversion",
    "fct_attribution_credits",
    "attribution_intervals",
)

# Upper limits by number of journeys; of the ratio with intervals to without, for any.
GOALS = {1_000_000: {"wall": 2.0, "peak_mb": 512.0}, 10_000_000: {"peak_mb": 8192.0}}
GOAL_WITH_INTERVALS = 1.5
# Lower limit of the other tools' CPU time over ours, at 1 million journeys.
GOAL_RATIO = 10.0

Measured = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("journeys", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--runs", type=int, default=3, help="each is measured this often")
    options = parser.parse_args()
    work = results.FOLDER / "attribution"
    work.mkdir(parents=True, exist_ok=True)
    os.environ["SOCIAL_ROI_BUILD"] = str(work)
    peers = (
        peer_environment(results.FOLDER / "venv") if min(options.journeys) <= PEERS_UP_TO else {}
    )
    models = project_models()
    sizes = []
    for journeys in options.journeys:
        sizes.append(measure_size(journeys, options.runs, models, peers, work))
        print_size(sizes[-1])
    found = {
        "other_tools": peer_versions(peers),
        "runs": options.runs,
        "sizes": sizes,
        "growth": growth(sizes),
    }
    for measure, exponent in found["growth"].items():
        print(f"{measure} grows with journeys to the power of {exponent:.2f}")
    results.write("attribution", found)
    shutil.rmtree(work)


def project_models() -> dict[str, list[Model]]:
    """The project's models in order, by what they are for.

    attribution: from the touches before conversions to the credits of every model; intervals: what
    `attribution_intervals` needs in addition; before: everything upstream of those.
    """
    models = compiled(f"+{CREDITS}", f"+{INTERVALS}")
    reads = {model["name"]: model["reads"] for model in models}

    def rests_on(name: str) -> set[str]:
        return {name}.union(*(rests_on(other) for other in reads.get(name, ())))

    behind_credits = rests_on(CREDITS)
    parts: dict[str, list[Model]] = {"before": [], "attribution": [], "intervals": []}
    for model in models:
        part = "before"
        if START in rests_on(model["name"]):
            part = "attribution" if model["name"] in behind_credits else "intervals"
        parts[part].append(model)
    return parts


def peer_environment(folder: Path) -> dict[str, str]:
    """Install the other tools once. Returns the installation error of each, or an empty text."""
    python = folder / "bin" / "python"
    locks = {
        "marketing-attribution-models": ["peers.lock"],
        # from source: its build dependencies are in the other lock
        "ChannelAttribution": ["channelattribution.lock", "--no-build-isolation"],
    }
    if not python.exists():
        print("installing the other tools (once) ...", flush=True)
        venv.create(folder, with_pip=True)
    errors = {}
    for tool, (lock, *more) in locks.items():
        command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        command += ["--no-deps", "--require-hashes", "-r", LIB / lock, *more]
        errors[tool] = error_of(command)
    return errors


def error_of(command: list[Any]) -> str:
    """Empty when the command succeeds, else the last line of its output."""
    done = subprocess.run(command, capture_output=True, text=True)
    said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
    return said[-1] if done.returncode else ""


def measure_size(
    journeys: int,
    runs: int,
    models: dict[str, Any],
    peers: dict[str, str],
    work: Path,
) -> Measured:
    """All sides on so many journeys, in turn, `runs` times."""
    sessions, database = work / "sessions.parquet", work / "bench.duckdb"
    database.unlink(missing_ok=True)
    (work / "models.json").write_text(json.dumps({"journeys": journeys, **models}), "utf-8")
    with duckdb.connect() as con:
        con.execute(TOUCHES.replace("$journeys", str(journeys)))
        con.execute(SESSIONS.replace("$path", str(sessions)))
    exact = exact_answers(sessions)
    before = worker([sys.executable, LIB / "ours.py", "prepare", work], work)["before"]
    tools: dict[str, list[Measured]] = {"ours": []}
    errors = {} if journeys <= PEERS_UP_TO else dict.fromkeys(PEERS, f"not run above {PEERS_UP_TO}")
    errors |= {tool: error for tool, error in peers.items() if error}
    for _ in range(runs):
        command = [sys.executable, LIB / "ours.py", "attribute", work]
        tools["ours"].append(worker(command, work))
        for tool in PEERS:
            if tool not in errors:
                python = results.FOLDER / "venv" / "bin" / "python"
                try:
                    done = worker([python, LIB / "peers.py", tool, sessions], work)
                    tools.setdefault(tool, []).append(done)
                except UserError as error:
                    errors[tool] = str(error)
    found: Measured = {"journeys": journeys, "before": before, "errors": errors, "tools": {}}
    for tool, done in tools.items():
        steps = {
            part: medians([run[part] for run in done]) for part in done[0] if part != "answers"
        }
        found["tools"][tool] = {
            "steps": steps,
            "total": {part: total(rows) for part, rows in steps.items()},
            "largest_difference": differences(done[0]["answers"], exact),
        }
    found["with_intervals"] = interval_ratio(found)
    return found


def worker(command: list[Any], work: Path) -> Measured:
    """What a program writes to the file named last. Raises UserError with its last line."""
    result = work / "result.json"
    error = error_of([*command, result])
    if error:
        raise UserError(error)
    return json.loads(result.read_text("utf-8"))


def medians(runs: list[list[Step]]) -> list[Step]:
    return [
        {
            "name": same[0]["name"],
            **{
                of: statistics.median(step[of] for step in same)
                for of in ("wall", "cpu", "peak_mb")
            },
        }
        for same in zip(*runs, strict=True)
    ]


def total(steps: list[Step]) -> dict[str, float]:
    return {
        "wall": sum(step["wall"] for step in steps),
        "cpu": sum(step["cpu"] for step in steps),
        "peak_mb": max(step["peak_mb"] for step in steps),
    }


def differences(
    answers: dict[str, dict[str, float]], exact: dict[str, dict[str, float]]
) -> dict[str, float | None]:
    """By model: the largest difference of a channel from the exact answer, in conversions.

    None for a model that this project does not have.
    """
    return {
        model: max(abs(credits.get(channel, 0.0) - owed) for channel, owed in exact[model].items())
        if model in exact
        else None
        for model, credits in answers.items()
    }


def interval_ratio(found: Measured) -> float:
    """CPU from raw events to credits with the intervals, over that without: the builds' ratio at
    most, as reports, segments and tests come on top of both."""
    ours = found["tools"]["ours"]["total"]
    without = total(found["before"])["cpu"] + ours["attribution"]["cpu"]
    return (without + ours["intervals"]["cpu"]) / without


def growth(sizes: list[Measured]) -> dict[str, float]:
    """Exponents of journeys, by least squares over all sizes; empty for one size."""
    if len(sizes) < 2:
        return {}
    x = [math.log(size["journeys"]) for size in sizes]
    return {
        measure: statistics.linear_regression(
            x, [math.log(size["tools"]["ours"]["total"]["attribution"][measure]) for size in sizes]
        ).slope
        for measure in ("wall", "cpu", "peak_mb")
    }


def print_size(found: Measured) -> None:
    print(f"\n{found['journeys']:,} journeys{'wall s':>35}{'CPU s':>10}{'peak MB':>10}")
    for tool, done in found["tools"].items():
        for part, steps in done["steps"].items():
            title = tool if part == "steps" else f"{tool}: {part}"
            for row in [{"name": title, **done["total"][part]}, *steps]:
                name = row["name"] if row["name"] == title else f"  {row['name']}"
                print(f"{name:<45}{row['wall']:>10.2f}{row['cpu']:>10.2f}{row['peak_mb']:>10.0f}")
    for tool, error in found["errors"].items():
        print(f"{tool}: {error}")
    ours = found["tools"]["ours"]["total"]["attribution"]
    for measure, goal in GOALS.get(found["journeys"], {}).items():
        print(f"ours: {measure} {ours[measure]:.1f}, goal at most {goal:.0f}")
    for tool, done in found["tools"].items():
        if tool != "ours":
            own = total(done["steps"]["steps"][1:])
            spent = done["total"]["steps"]
            print(
                f"{tool} / ours: CPU {spent['cpu'] / ours['cpu']:.1f}"
                f" ({own['cpu'] / ours['cpu']:.1f} after its paths are built), goal at least"
                f" {GOAL_RATIO:.0f}; memory {spent['peak_mb'] / ours['peak_mb']:.1f}"
            )
    ratio, goal = found["with_intervals"], GOAL_WITH_INTERVALS
    print(f"ours with intervals / without: CPU {ratio:.2f}, goal at most {goal}")
    models = list(found["tools"]["ours"]["largest_difference"])
    models += [
        model
        for tool in found["tools"].values()
        for model in tool["largest_difference"]
        if model not in models
    ]
    print(
        f"{'conversions off the exact answer, at most':<45}", *map("{:>30}".format, found["tools"])
    )
    for model in models:
        cells = [tool["largest_difference"].get(model, "") for tool in found["tools"].values()]
        shown = ["another model" if cell is None else cell and f"{cell:.1e}" for cell in cells]
        print(f"  {model:<43}", *map("{:>30}".format, shown))


def peer_versions(peers: dict[str, str]) -> dict[str, str]:
    pinned = [
        line.split()[0].split("==")
        for lock in LIB.glob("*.lock")
        for line in lock.read_text().splitlines()
        if "==" in line
    ]
    return {tool: number for tool, number in pinned if tool in map(str.lower, peers)}


if __name__ == "__main__":
    results.run(main)
