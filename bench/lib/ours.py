"""The project's own models in one DuckDB process: python bench/lib/ours.py PART WORK RESULT.

WORK holds models.json (see attribution.py) and the database. PART `prepare` builds the raw table
and the models upstream of attribution; PART `attribute` builds those of attribution, and then those
of its intervals. Writes the steps, and for `attribute` the answers, as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

from meter import Step, measure
from models import Connection, Model, connect, make

from journeys import AD_EVENTS, TOUCHES

# What is compared: conversions by model and platform.
ANSWERS = """
select attribution_model, ad_platform, cast(sum(credit) as double)
from fct_attribution_credits
group by all
union all
select
    'markov',
    ad_platform,
    share * (select count(distinct conversion_id) from int_conversion_paths)
from removal_effects
where level = 'platform'
"""


def make_all(con: Connection, models: list[Model]) -> list[Step]:
    steps: list[Step] = []
    for model in models:
        measure(steps, model["name"], lambda model=model: make(con, model))
    return steps


def prepare(con: Connection, settings: dict[str, Any]) -> dict[str, Any]:
    con.execute(TOUCHES.replace("$journeys", str(settings["journeys"])))
    con.execute(AD_EVENTS)
    con.execute("drop table touches; drop table journeys; checkpoint landed")
    return {"before": make_all(con, settings["before"])}


def attribute(con: Connection, settings: dict[str, Any]) -> dict[str, Any]:
    for model in settings["attribution"] + settings["intervals"]:
        con.execute(f"drop {model['kind']} if exists {model['relation']}")
    con.execute("checkpoint landed")
    attribution = make_all(con, settings["attribution"])
    rows = measure(attribution, "sums by platform", lambda: con.execute(ANSWERS).fetchall())
    intervals = make_all(con, settings["intervals"])
    answers: dict[str, dict[str, float]] = {}
    for model, platform, conversions in rows:
        answers.setdefault(model, {})[platform] = conversions
    return {"attribution": attribution, "intervals": intervals, "answers": answers}


if __name__ == "__main__":
    part, work, result = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    settings = json.loads((work / "models.json").read_text("utf-8"))
    con = connect(work / "bench.duckdb")
    done = {"prepare": prepare, "attribute": attribute}[part](con, settings)
    result.write_text(json.dumps(done), "utf-8")
