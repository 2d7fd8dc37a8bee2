"""The project's own models in one DuckDB process: python ours.py PART WORK RESULT.

WORK holds models.json (see run.py) and the database. PART `prepare` makes the raw table and the
models that attribution starts from; PART `attribute` makes those of attribution, and then those
behind its intervals. Writes the steps, and for `attribute` the answers, as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
from journeys import AD_EVENTS, TOUCHES
from meter import Step, measure

from social_roi.attribution import attribution_intervals, removal_effects
from social_roi.contract import landed_columns

Connection = duckdb.DuckDBPyConnection
Model = dict[str, Any]

# As models/solvers/duckdb calls them.
SOLVERS = {
    "removal_effects": (removal_effects, ["int_channel_edges", "int_channels"]),
    "attribution_intervals": (
        attribution_intervals,
        [
            *["int_attribution_buckets", "int_path_parts", "int_channel_edges", "int_channels"],
            "int_attribution_totals",
        ],
    ),
}

# What is compared: conversions by model and platform.
ANSWERS = """
select attribution_model, ad_platform, cast(sum(credit) as double)
from fct_attribution_credits
group by all
union all
select
    'markov',
    ad_platform,
    share * (select count(distinct conversion_id) from int_conversion_touches)
from removal_effects
where level = 'platform'
"""


def connect(work: Path) -> Connection:
    """With the settings of profiles.yml."""
    con = duckdb.connect()
    con.execute(f"attach '{work / 'bench.duckdb'}' as landed; use landed")
    con.execute("set TimeZone = 'UTC'; set integer_division = true")
    con.execute("set preserve_insertion_order = false")
    con.execute("create schema if not exists raw; create schema if not exists lookups")
    con.execute("create schema if not exists marts; use landed.marts")
    return con


def make(con: Connection, model: Model) -> None:
    """One model as dbt would make it."""
    if model["is_solved"]:
        solve, inputs = SOLVERS[model["name"]]
        con.register("solved", solve(*[con.table(name).df() for name in inputs]))
    con.execute(f"create {model['kind']} {model['relation']} as {model['sql']}")


def prepare(con: Connection, settings: dict[str, Any]) -> dict[str, Any]:
    for table, columns in landed_columns().items():
        typed = ", ".join(
            f"{name} {'bigint' if kind == 'bigint' else 'varchar'}"
            for name, kind in columns.items()
        )
        con.execute(f"create table raw.{table} ({typed})")
    con.execute(TOUCHES.replace("$journeys", str(settings["journeys"])))
    con.execute(AD_EVENTS)
    con.execute("drop table touches; drop table journeys; checkpoint landed")
    steps: list[Step] = []
    for model in settings["before"]:
        measure(steps, model["name"], lambda model=model: make(con, model))
    return {"before": steps}


def attribute(con: Connection, settings: dict[str, Any]) -> dict[str, Any]:
    for model in settings["attribution"] + settings["intervals"]:
        con.execute(f"drop {model['kind']} if exists {model['relation']}")
    con.execute("checkpoint landed")
    attribution: list[Step] = []
    for model in settings["attribution"]:
        measure(attribution, model["name"], lambda model=model: make(con, model))
    rows = measure(attribution, "sums by platform", lambda: con.execute(ANSWERS).fetchall())
    intervals: list[Step] = []
    for model in settings["intervals"]:
        measure(intervals, model["name"], lambda model=model: make(con, model))
    answers: dict[str, dict[str, float]] = {}
    for model, platform, conversions in rows:
        answers.setdefault(model, {})[platform] = conversions
    return {"attribution": attribution, "intervals": intervals, "answers": answers}


if __name__ == "__main__":
    part, work, result = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    settings = json.loads((work / "models.json").read_text("utf-8"))
    done = {"prepare": prepare, "attribute": attribute}[part](connect(work), settings)
    result.write_text(json.dumps(done), "utf-8")
