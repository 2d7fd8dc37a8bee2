"""Peak memory of the solvers with warehouses of growing size.

usage: python bench/sidecar.py [--schema NAME] USERS...

For each number of users: invented events, about three a user, are landed to S3 and what the solvers
read is built on Athena; then they read, solve and publish in a process of their own, as in
`social-roi solve`. (What that command does next is dbt: it sends SQL and fetches no rows.) Runs
against AWS, or a local endpoint behind AWS_ENDPOINT_URL, in a schema of its own. Writes
build/bench/sidecar.json.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from lib import results
from lib.meter import Step, measure_process
from social_roi.aws.land import land_to_s3
from social_roi.aws.settings import Settings, check_access, settings
from social_roi.aws.solve import read_table, solve_on_athena
from social_roi.dbt_runner import project_variables, run_dbt
from social_roi.solvers.registry import SOLVERS

INPUTS = [table for solver in SOLVERS.values() for table in solver.inputs]

# One to four touches a user; a fifth of them clicked, a twentieth of the users buys after the last.
EVENTS = """
    with touches as (
        select
            person,
            touch,
            touch = person_hash % 4 and person_hash // 4 % 20 = 0 as is_buying,
            cast(hash(person, touch) >> 8 as bigint) as touch_hash
        from (
            select range as person, cast(hash(range) >> 8 as bigint) as person_hash
            from range({users})
        ), unnest(range(1 + person_hash % 4)) as touches (touch)
    ),

    events as (
        select
            *,
            unnest(
                case
                    when is_buying then ['impression', 'click', 'conversion']
                    when touch_hash % 5 = 0 then ['impression', 'click']
                    else ['impression']
                end
            ) as event_type
        from touches
    )

    select
        concat(person, '-', touch, '-', event_type) as event_id,
        concat('u', person) as user_id,
        strftime(
            timestamp '2026-01-01'
            + to_milliseconds(touch_hash // 7 % 864000000)
            + to_days(10 * touch)
            + to_minutes(case event_type when 'impression' then 0 when 'click' then 1 else 30 end),
            '%Y-%m-%d %H:%M:%S'
        ) as occurred_at,
        event_type,
        ['Facebook', 'Instagram', 'LinkedIn', 'TikTok', 'YouTube', 'X'][1 + touch_hash // 11 % 6]
            as ad_platform,
        concat('campaign ', touch_hash // 66 % 20) as campaign_id,
        ['Mobile', 'Desktop', 'Tablet'][1 + person % 3] as device_type,
        if(event_type = 'conversion', cast(20 + touch_hash % 80 as varchar), null) as revenue
    from events
"""


def fill(users: int, where: Settings) -> int:
    """Land the events of so many users and build what the solvers read. Returns the events."""
    with TemporaryDirectory(dir=results.FOLDER) as folder:
        path = Path(folder) / "events.parquet"
        with duckdb.connect() as con:
            con.execute(f"copy ({EVENTS.format(users=users)}) to '{path}'")
            [[events]] = con.execute(f"select count(*) from '{path}'").fetchall()
        land_to_s3([str(path)], where, add=False, max_rejected_share=0.0)
    no_tests = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    # stg_landed_files has to see the new files
    parents = [f"+{table}" for table in (*INPUTS, "stg_landed_files")]
    run_dbt(["build", *no_tests, "--select", *parents], "athena", {"input": "landed"})
    return events


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("users", nargs="*", type=int)
    parser.add_argument("--schema", default="sidecar_bench", help="default: sidecar_bench")
    parser.add_argument("--solve", action="store_true", help="only solve, in this process")
    options = parser.parse_args()
    os.environ["SOCIAL_ROI_SCHEMA"] = options.schema
    where = settings("landed")
    if options.solve:
        solve_on_athena(where, project_variables())
        return
    check_access(where)
    sizes = []
    for users in options.users:
        start = time.perf_counter()
        events = fill(users, where)
        filled = time.perf_counter() - start
        read = {table: len(read_table(where, table)) for table in INPUTS}
        steps: list[Step] = []
        command = [sys.executable, __file__, "--schema", options.schema, "--solve"]
        measure_process(steps, "solving", command)
        seconds, peak = steps[0]["wall"], steps[0]["peak_mb"]
        sizes.append(
            {
                "users": users,
                "events": events,
                "fill_s": round(filled),
                "rows_read": read,
                "solve_s": round(seconds),
                "peak_mb": round(peak),
            }
        )
        print(
            f"{users:12,} users {events:12,} events: the solvers read {sum(read.values()):,} rows;"
            f" solving took {seconds:.0f} s and {peak:.0f} MB at most",
            flush=True,
        )
    results.write("sidecar", {"sizes": sizes})


if __name__ == "__main__":
    results.run(main)
