"""How the cost of a build grows with the data: time, CPU and memory of each step and model.

    python bench/scale.py 1000000 [--memory 8GB] [--log]

Invented events (about 8 touches a user, 3 % of users convert, 40 campaigns, 180 days) are landed
and built in full; then one more day lands and is added. In the same run, for ratios: the same
answers by hand-written SQL, checked against the build's, and the SQL of the models in one DuckDB
process without dbt.
Writes build/bench/scale_<rows>.json.

--log: only landing and models, of the events and of the log of a site that tells the same, as one
ratio. Writes build/bench/log_<rows>.json.
"""

import argparse
import json
import os
import shutil
from pathlib import Path

import duckdb

from lib import results
from lib.events import BIN, LAND, build_command, generate
from lib.meter import Step, measure, measure_process, show
from lib.models import compiled, connect, make
from social_roi.solvers.registry import SOLVERS


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int)
    arguments.add_argument("--memory", default="", help="DuckDB's limit, such as 8GB")
    arguments.add_argument("--log", action="store_true", help="events against a site's log")
    options = arguments.parse_args()
    if options.log:
        compare_a_log(options.rows, options.memory)
        return
    build = results.FOLDER / f"scale_{options.rows}"
    shutil.rmtree(build, ignore_errors=True)
    files = build / "files"
    generate(options.rows, files)
    os.environ["SOCIAL_ROI_BUILD"] = str(build)
    if options.memory:
        os.environ["SOCIAL_ROI_MEMORY"] = options.memory
    dbt = build_command()
    steps: list[Step] = []
    measure_process(steps, "land", [*LAND, f"{files}/days.csv", f"{files}/spend.csv"])
    measure_process(steps, "dbt build, in full", dbt)
    by_hand = build / "by_hand.duckdb"
    program = [str(BIN / "python"), str(Path(__file__).parent / "lib" / "by_hand.py")]
    program += [f"{build}/landed/current", str(by_hand), options.memory, f"{build}/by_hand.json"]
    measure_process(steps, "by hand, seven checks", program)
    difference = largest_difference(build / "landed.duckdb", by_hand)
    by_hand.unlink()
    models = make_all(build, options.memory)
    alone = {
        "name": "its models alone",
        "wall": sum(step["wall"] for step in models),
        "cpu": sum(step["cpu"] for step in models),
        "peak_mb": max(step["peak_mb"] for step in models),
    }
    steps.append(alone)
    measure_process(steps, "dbt build, nothing new", dbt)
    measure_process([], "land a day", [*LAND, "--add", f"{files}/last_day.csv"])
    measure_process(steps, "dbt build, a day more", dbt)
    models.sort(key=lambda step: -step["cpu"])
    show([*steps, *models[:15]])
    full, hand = steps[1], steps[2]
    for step in (full, alone):
        ratios = [f"{of} {step[of] / hand[of]:.2f}" for of in ("cpu", "wall", "peak_mb")]
        print(f"{step['name']} / by hand: {', '.join(ratios)}")
    print(f"answers of both, largest relative difference: {difference:.1e}")
    database = round((build / "landed.duckdb").stat().st_size / 1e6)
    print(f"{options.rows:,} events; database {database} MB")
    found = {"rows": options.rows, "database_mb": database, "steps": steps, "models": models}
    found |= {"by_hand": json.loads((build / "by_hand.json").read_text("utf-8"))}
    found |= {"largest_difference": difference}
    results.write(f"scale_{options.rows}", found)


def compare_a_log(rows: int, memory: str) -> None:
    """Landing and the models in SQL, of events and of a log of as many rows."""
    found: dict[str, list[Step]] = {}
    for view in ("events", "log"):
        build = results.FOLDER / f"log_{rows}_{view}"
        shutil.rmtree(build, ignore_errors=True)
        files = build / "files"
        generate(rows, files, view)
        os.environ["SOCIAL_ROI_BUILD"] = str(build)
        steps = found[view] = []
        measure_process(steps, "land", [*LAND, f"{files}/days.csv", f"{files}/spend.csv"])
        solved = {table for solver in SOLVERS.values() for table in solver.steps}
        steps += sorted(
            (step for step in make_all(build, memory) if step["name"] not in solved),
            key=lambda step: -step["cpu"],
        )
        print(view)
        show(steps[:16])
    for name, part in (("land", slice(1)), ("models", slice(1, None)), ("both", slice(None))):
        events, log = (sum(step["cpu"] for step in found[view][part]) for view in found)
        print(f"log / events, cpu: {name} {log / events:.2f} ({log:.1f} s / {events:.1f} s)")
    results.write(f"log_{rows}", found)


# The numbers by platform that both have, to compare.
ANSWERS = """
    select attribution_model, ad_platform, conversions, cast(revenue as double) as revenue, roi
    from {database}.rpt_platform_roi where ad_platform <> 'unattributed'
    union all
    select 'funnel', ad_platform, impressions, clicks, conversions
    from {database}.rpt_platform_funnel where ad_platform in (select ad_platform from paid)
"""


def largest_difference(built: Path, by_hand: Path) -> float:
    """Largest relative difference of any number; infinite when the build lacks it."""
    con = duckdb.connect()
    con.execute(f"attach '{built}' as built (read_only); attach '{by_hand}' as hand (read_only)")
    con.execute("create table paid as select distinct ad_platform from hand.fct_ad_spend")
    row = con.execute(f"""
        with built as ({ANSWERS.format(database="built.marts")}),
        hand as ({ANSWERS.format(database="hand.main")})
        select max(greatest(
            coalesce(abs(built.conversions / hand.conversions - 1), 'inf'),
            coalesce(abs(built.revenue / hand.revenue - 1), 'inf'),
            coalesce(abs(built.roi / hand.roi - 1), 'inf')
        ))
        from hand left join built using (attribution_model, ad_platform)
    """).fetchone()
    return row[0]


def make_all(build: Path, memory: str) -> list[Step]:
    """Every model without dbt and its tests, each a step."""
    models = compiled()
    database = build / "alone.duckdb"
    con = connect(database, build / "landed" / "current", memory)
    steps: list[Step] = []
    for model in models:
        measure(steps, model["name"], lambda model=model: make(con, model))
    con.close()
    database.unlink()
    return steps


if __name__ == "__main__":
    results.run(main)
