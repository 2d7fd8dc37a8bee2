"""Invented events as files, and the commands that land and build them."""

import sys
from pathlib import Path

import duckdb

from social_roi.dbt_runner import dbt_arguments

BIN = Path(sys.executable).parent
LAND = [str(BIN / "social-roi"), "land"]
DAYS = 180

# Uniform from 0 to 1 by number, the same in each run and on each machine.
UNIT = """
    create macro unit(number, salt) as (hash(number * 16 + salt) % 1000000007) / 1000000007.0
"""


def build_command() -> list[str]:
    """All models and their tests on what was landed, in the current build folder."""
    command = ["build", "--exclude-resource-type", "unit_test"]
    return [str(BIN / "dbt"), *dbt_arguments(command, "duckdb", {"input": "landed"})]


# The same journeys as a site's log tells them: clicks are landings with UTM, what was an impression
# is a page viewed later.
LOG = """
    create view log as
    select
        event_id, user_id as user_key, occurred_at,
        case when event_type = 'conversion' then 'purchase' else 'page_view' end as event_name,
        case when event_type = 'click' then lower(ad_platform) end as utm_source,
        case when event_type = 'click' then 'paid_social' end as utm_medium,
        case when event_type = 'click' then campaign_id end as utm_campaign,
        device_type,
        case when event_type = 'conversion' then event_id end as order_id,
        revenue, day
    from events
"""


def generate(rows: int, folder: Path, view: str = "events") -> None:
    """Files of `events` or their `log`: all days but the last, and the last; the same on every run
    and machine."""
    folder.mkdir(parents=True)
    con = duckdb.connect(config={"preserve_insertion_order": False})
    con.execute(UNIT)
    con.execute(f"""
        create view generated as
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
        from generated;
    """)
    con.execute(LOG)
    columns = "* exclude (day)"
    for name, where in (("days", f"day < {DAYS - 1}"), ("last_day", f"day >= {DAYS - 1}")):
        con.execute(f"copy (select {columns} from {view} where {where}) to '{folder}/{name}.csv'")
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
