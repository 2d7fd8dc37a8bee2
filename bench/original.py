"""From one CSV of interactions to answers: the published original's way in pandas, and ours.

    python bench/original.py 1000000

Invented interactions in the original's 16 columns, 8 a user, land and are built with all tests;
then pandas and scikit-learn answer the original's questions from the same file. Each is a process
of its own. Writes build/bench/original_<rows>.json.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import duckdb

from lib import results
from lib.events import LAND, UNIT, build_command
from lib.meter import Step, measure_process, show

MEASURES = ("cpu", "wall", "peak_mb")


def generate(rows: int, csv: Path) -> None:
    """The same file on every run and machine; 1 in 30 platforms is spelled otherwise."""
    con = duckdb.connect(config={"preserve_insertion_order": False})
    con.execute(UNIT)
    con.execute(f"""
        create macro pick(words, number, salt) as
            words[1 + floor(len(words) * unit(number, salt))::int % len(words)];
        copy (
            with generated as (
                select
                    number,
                    hash(number) % ({rows} / 8)::bigint as who,
                    1 + floor(10 * unit(number, 1))::int as impressions
                from range({rows}) as numbers (number)
            ),
            clicked as (
                select *, floor(impressions * unit(number, 2))::int as clicks from generated
            )
            select
                'U' || lpad(who::varchar, 9, '0') as user_id,
                18 + (48 * unit(who, 3))::int as age,
                pick(['M', 'F', 'Other'], who, 4) as gender,
                pick(['USA', 'UK', 'Germany', 'India', 'Brazil'], who, 5) as location,
                pick(['Food', 'Tech', 'Fashion', 'Sports', 'Travel'], who, 6) as interests,
                'A' || (200 * unit(number, 7))::int as ad_id,
                pick(['Sportswear', 'Electronics', 'Beauty', 'Books'], number, 8) as ad_category,
                case when unit(number, 9) < 0.033 then 'facebook' else
                    pick(['Facebook', 'Instagram'], number, 10) end as ad_platform,
                pick(['Image', 'Video', 'Carousel'], number, 11) as ad_type,
                impressions,
                clicks,
                (clicks > 0 and unit(number, 12) < 0.06)::int as conversion,
                round(12 * unit(number, 13), 2) as time_spent_on_ad,
                pick([
                    'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'
                ], number, 14) as day_of_week,
                pick(['Mobile', 'Desktop', 'Tablet'], who, 15) as device_type,
                round(unit(number, 0), 2) as engagement_score
            from clicked
        ) to '{csv}'
    """)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int)
    options = arguments.parse_args()
    build = results.FOLDER / f"original_{options.rows}"
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    csv = build / "interactions.csv"
    generate(options.rows, csv)
    os.environ["SOCIAL_ROI_BUILD"] = str(build)
    steps: list[Step] = []
    measure_process(steps, "land", [*LAND, str(csv)])
    measure_process(steps, "dbt build, in full", build_command())
    program = Path(__file__).parent / "lib" / "pandas_way.py"
    measure_process(steps, "pandas way", [sys.executable, str(program), str(csv), str(build)])
    show(steps)
    land, full, pandas_way = steps
    ours = {"cpu": land["cpu"] + full["cpu"], "wall": land["wall"] + full["wall"]}
    ours["peak_mb"] = max(land["peak_mb"], full["peak_mb"])
    ratios = {measure: pandas_way[measure] / ours[measure] for measure in MEASURES}
    print("pandas / ours: " + ", ".join(f"{of} {ratio:.2f}" for of, ratio in ratios.items()))
    results.write(f"original_{options.rows}", {"rows": options.rows, "steps": steps} | ratios)


if __name__ == "__main__":
    results.run(main)
