"""How the build grows with the data: time, CPU and memory of each step, and of each model.

    python bench/scale.py 1000000 [--memory 8GB]

Invented events (about 8 touches a user, 3 % of users convert, 40 campaigns, 180 days) are landed
and built in full; then one more day lands and is added. In the same run, for ratios: the SQL of
the models in one DuckDB process without dbt, and a pandas program in the style of the original.
Writes build/bench/scale_<rows>.json.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
DAYS = 180
VARIABLES = "input: landed"

PANDAS_WAY = """
import sys, pandas as pd
events = pd.read_csv(sys.argv[1], dtype=str)
events = events.dropna(subset=["event_id", "user_id", "occurred_at"]).drop_duplicates("event_id")
events["occurred_at"] = pd.to_datetime(events["occurred_at"], errors="coerce")
events["revenue"] = pd.to_numeric(events["revenue"], errors="coerce")
touches = events[events["event_type"] != "conversion"]
conversions = events[events["event_type"] == "conversion"]
touches = touches.sort_values(["user_id", "occurred_at"])
for key in ("ad_platform", "device_type", "campaign_id"):
    touches.groupby(key)["event_type"].value_counts()
    conversions.groupby(key)["revenue"].agg(["count", "sum"])
paths = touches.groupby("user_id")["ad_platform"].agg(["first", "last", "count"])
conversions.merge(paths, left_on="user_id", right_index=True).groupby("last")["revenue"].sum()
"""


def generate(rows: int, folder: Path) -> None:
    """Event files: all days but the last, and the last; the same on every run and machine."""
    folder.mkdir(parents=True)
    con = duckdb.connect(config={"preserve_insertion_order": False})
    con.execute(f"""
        create macro unit(number, salt) as (hash(number * 16 + salt) % 1000000007) / 1000000007.0;
        create view drawn as
        select
            number,
            (number * {DAYS}::double / {rows}) as day,
            (unit(number, 1) ** 2 * {rows} / 8)::bigint as who,
            floor(40 * unit(number, 2) ** 1.4)::int as campaign,
            unit(number, 3) as kind,
            unit(number, 4) as device,
            unit(number, 5) as money
        from range({rows}) as numbers (number);
        create view events as
        select
            printf('%016x', hash(number)) as event_id,
            'U' || lpad((who * 7919 % ({rows} / 8 + 1))::varchar, 10, '0') as user_id,
            strftime(
                timestamp '2026-01-01' + to_seconds((day * 86400)::bigint), '%Y-%m-%d %H:%M:%S'
            ) as occurred_at,
            case
                when kind < 0.8 then 'impression' when kind < 0.9966 then 'click' else 'conversion'
            end as event_type,
            ['Facebook', 'Instagram', 'TikTok', 'YouTube', 'LinkedIn', 'Pinterest'][
                1 + campaign % 6
            ] as ad_platform,
            'C' || campaign as campaign_id,
            'A' || campaign * 5 + floor(device * 5)::int as ad_id,
            case when device < 0.6 then 'Mobile' when device < 0.9 then 'Desktop' else 'Tablet' end
                as device_type,
            case when kind >= 0.9966 then printf('%.2f', exp(2 + 3 * money)) end as revenue,
            day
        from drawn;
    """)
    columns = "* exclude (day)"
    for name, where in (("days", f"day < {DAYS - 1}"), ("last_day", f"day >= {DAYS - 1}")):
        con.execute(f"copy (select {columns} from events where {where}) to '{folder}/{name}.csv'")
    con.execute(f"""
        copy (
            select
                (date '2026-01-01' + day::int) as spend_date,
                ['Facebook', 'Instagram', 'TikTok', 'YouTube', 'LinkedIn', 'Pinterest'][
                    1 + campaign % 6
                ] as ad_platform,
                'C' || campaign as campaign_id,
                'A' || campaign * 5 as ad_id,
                printf('%.2f', {rows} / 360000.0 * (0.5 + unit(day * 40 + campaign, 6))) as spend
            from range({DAYS}) as days (day), range(40) as campaigns (campaign)
        ) to '{folder}/spend.csv'
    """)


def measured(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Run a command: wall and CPU seconds, and the peak of its memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    printed = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{printed[-2000:]}")
    return {
        "wall_s": round(time.perf_counter() - start, 2),
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "peak_mb": round(used.ru_maxrss / 1024),
    }


def sql_alone(build: Path, memory: str) -> dict[str, dict[str, float]]:
    """The SQL models as dbt compiled them, in one DuckDB process; the solvers' tables are given."""
    manifest = json.loads((build / "target" / "manifest.json").read_text("utf-8"))
    left = {
        name: node
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["language"] == "sql"
    }
    database = build / "sql_alone.duckdb"
    database.unlink(missing_ok=True)
    con = duckdb.connect(str(database), config={"memory_limit": memory} if memory else {})
    con.execute("set integer_division = true; set preserve_insertion_order = false")
    con.execute(f"attach '{build}/landed.duckdb' as built (read_only)")
    given = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'built'"
    ).fetchall()
    made = {node["alias"] for node in left.values()}
    for schema, table in given:
        con.execute(f"create schema if not exists {schema}")
        if table not in made:
            con.execute(f"create table {schema}.{table} as from built.{schema}.{table}")
    con.execute("create schema if not exists raw")
    for folder in (build / "landed" / "current").iterdir():
        if folder.is_dir():
            con.execute(f"create view raw.{folder.name} as from '{folder}/*.parquet'")
    con.execute("detach built")
    steps: dict[str, dict[str, float]] = {}
    while left:
        ready = [
            n for n, node in left.items() if not left.keys() & set(node["depends_on"]["nodes"])
        ]
        for name in ready:
            node = left.pop(name)
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            sql = (build / "target/compiled/social_roi" / node["original_file_path"]).read_text()
            before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            sql = sql.replace('"landed".', "")
            con.execute(f"create {kind} marts.{node['alias']} as {sql}")
            after = resource.getrusage(resource.RUSAGE_SELF)
            steps[node["name"]] = {
                "wall_s": round(time.perf_counter() - start, 3),
                "cpu_s": round(
                    after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 3
                ),
            }
    con.close()
    database.unlink()
    return steps


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int)
    arguments.add_argument("--memory", default="", help="DuckDB's limit, such as 8GB")
    arguments.add_argument("--no-pandas", action="store_true", help="leave the pandas way out")
    options = arguments.parse_args()
    build = PROJECT / "build" / "bench" / f"scale_{options.rows}"
    shutil.rmtree(build, ignore_errors=True)
    files = build / "files"
    generate(options.rows, files)
    environment = {**os.environ, "SOCIAL_ROI_BUILD": str(build), "DBT_PROFILES_DIR": str(PROJECT)}
    if options.memory:
        environment["SOCIAL_ROI_MEMORY"] = options.memory
    dbt = [
        *(str(BIN / "dbt"), "--quiet", "build", "--vars", VARIABLES),
        *("--exclude-resource-type", "unit_test", "--target-path", str(build / "target")),
        *("--log-path", str(build / "logs")),
    ]
    land = [str(BIN / "social-roi"), "land"]
    steps = {"land": measured([*land, f"{files}/days.csv", f"{files}/spend.csv"], environment)}
    steps["dbt build, in full"] = measured(dbt, environment)
    # dbt compiles a table that grows for adding to it, unless it is told to make it anew
    compiled = [*dbt[:2], "compile", "--full-refresh", *dbt[3:5], *dbt[7:]]
    measured(compiled, environment)
    alone = sql_alone(build, options.memory)
    steps["its SQL alone"] = {
        key: round(sum(step[key] for step in alone.values()), 2) for key in ("wall_s", "cpu_s")
    }
    steps["dbt build, nothing new"] = measured(dbt, environment)
    measured([*land, "--add", f"{files}/last_day.csv"], environment)
    steps["dbt build, one day more"] = measured(dbt, environment)
    if not options.no_pandas:
        pandas = [sys.executable, "-c", PANDAS_WAY, f"{files}/days.csv"]
        steps["pandas way"] = measured(pandas, environment)
    full, alone_cpu = steps["dbt build, in full"]["cpu_s"], steps["its SQL alone"]["cpu_s"]
    result = {
        "rows": options.rows,
        "machine": {"cpus": os.cpu_count(), "platform": platform.platform()},
        "versions": {"duckdb": duckdb.__version__, "python": platform.python_version()},
        "database_mb": round((build / "landed.duckdb").stat().st_size / 1e6),
        "steps": steps,
        "cpu_ratio_of_build_to_its_sql": round(full / alone_cpu, 2),
        "cpu_ratio_of_one_day_to_full": round(steps["dbt build, one day more"]["cpu_s"] / full, 3),
        "models": dict(sorted(alone.items(), key=lambda item: -item[1]["cpu_s"])),
    }
    path = build.with_suffix(".json")
    path.write_text(json.dumps(result, indent=1), "utf-8")
    print(f"{options.rows:,} events; database {result['database_mb']} MB")
    for name, step in steps.items():
        memory = f"{step['peak_mb']:>8} MB" if "peak_mb" in step else ""
        print(f"  {name:28} wall {step['wall_s']:>8} s   cpu {step['cpu_s']:>8} s {memory}")
    for name, step in list(result["models"].items())[:12]:
        print(f"    {name:34} cpu {step['cpu_s']:>8} s")
    print(f"written to {path}")


if __name__ == "__main__":
    main()
