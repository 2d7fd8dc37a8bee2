"""The same answers in one DuckDB process without dbt.

usage: python bench/lib/by_hand.py DATA DATABASE MEMORY RESULT

Runs by_hand.sql on what was landed in DATA, solving the Markov chain and the segments with the
project's own solvers. Runs seven checks as a careful analyst would. Writes the steps as JSON.
"""

import json
import re
import sys
from pathlib import Path

import duckdb
from meter import Step, measure

from social_roi.solvers.markov import removal_effects
from social_roi.solvers.segments import fit_centroids, select_segments

SETTINGS = """
    set preserve_insertion_order = false;
    create macro wilson(x, n) as struct_pack(
        rate := x / nullif(n, 0)::double,
        low := (x + 1.920729 - 1.959964 * sqrt(x * (n - x) / nullif(n, 0)::double + 0.960365))
            / (n + 3.841459),
        high := (x + 1.920729 + 1.959964 * sqrt(x * (n - x) / nullif(n, 0)::double + 0.960365))
            / (n + 3.841459)
    );
    create table attribution_models as from (values
        ('first_touch'), ('last_touch'), ('linear'), ('position_based'), ('time_decay'),
        ('shapley'), ('markov_path')
    ) as models (attribution_model)
"""
CHANNELS = """
    select
        level, ad_platform, campaign_id,
        row_number() over (partition by level order by ad_platform, campaign_id) as channel_number
    from (
        select 'campaign' as level, ad_platform, campaign_id from dim_campaigns
        where ad_platform is not null
        union select distinct 'platform', ad_platform, 'all' from dim_campaigns
        where ad_platform is not null
    )
"""
# The states of by_hand.sql are names; the solver's are numbers.
NUMBERED_EDGES = """
    with names as (
        select level, channel_number::varchar as number,
            if(level = 'platform', ad_platform, concat_ws('|', ad_platform, campaign_id)) as name
        from channels
    )
    select
        edges.level, coalesce(leaving.number, from_state) as from_state,
        coalesce(arriving.number, to_state) as to_state,
        string_agg(user_bucket || ' ' || journeys, ' ') as transitions_by_bucket
    from int_markov_transitions as edges
    left join names as leaving on leaving.level = edges.level and leaving.name = from_state
    left join names as arriving on arriving.level = edges.level and arriving.name = to_state
    group by all
"""
# None may find a row.
CHECKS = {
    "touches are unique": """select 1 from fct_customer_journey
        group by touch_id having count(*) > 1""",
    "users are unique": "select 1 from dim_users group by user_id having count(*) > 1",
    "touches are whole": """select 1 from fct_customer_journey
        where touch_id is null or user_id is null or ad_platform is null or touched_at is null""",
    "touches have a user": "select 1 from fct_customer_journey anti join dim_users using (user_id)",
    "touches are clicks or views": """select 1 from fct_customer_journey
        where touch_kind not in ('click', 'view')""",
    "credits are unique": """select 1 from fct_attribution_credits
        group by conversion_id, touch_id, attribution_model having count(*) > 1""",
    "credits sum to conversions": """select 1 from fct_conversions join (
            select conversion_id, sum(credit) as credit, sum(credited_revenue) as credited
            from fct_attribution_credits group by conversion_id, attribution_model
        ) using (conversion_id) where abs(credit - 1) > 1e-9 or credited <> revenue""",
}


def main(data: str, database: str, memory: str, result: str) -> None:
    Path(database).unlink(missing_ok=True)
    con = duckdb.connect(database, config={"memory_limit": memory} if memory else {})
    con.execute(SETTINGS)
    solved = {"int_cumulative_weights": solve_chain, "dim_user_segments": solve_segments}
    steps: list[Step] = []
    sql = Path(__file__).with_suffix(".sql").read_text("utf-8").replace("DATA", data)
    for statement in sql.split(";\n"):
        made = re.search(r"create table (\w+)", statement)
        if made:
            if made[1] in solved:
                measure(steps, solved[made[1]].__name__, lambda made=made: solved[made[1]](con))
            measure(steps, made[1], lambda statement=statement: con.execute(statement))
    for check, query in CHECKS.items():
        if measure(steps, check, lambda query=query: con.execute(f"{query} limit 1").fetchall()):
            sys.exit(f"by hand: failed check: {check}")
    con.close()
    Path(result).write_text(json.dumps(steps), "utf-8")


def solve_chain(con: duckdb.DuckDBPyConnection) -> None:
    channels = con.sql(CHANNELS).df()
    con.register("effects", removal_effects(con.sql(NUMBERED_EDGES).df(), channels))
    con.execute("create table removal_effects as from effects")


def solve_segments(con: duckdb.DuckDBPyConnection) -> None:
    sample = con.table("int_segment_sample").df()
    con.register("centroids", fit_centroids(sample, select_segments(sample)))
    con.execute("create table segment_centroids as from centroids")


if __name__ == "__main__":
    main(*sys.argv[1:])
