"""Visits, persons, orders and refunds: the compiled models against short references.

One build in memory holds many invented browsers and orders, so that a test needs few of them.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from test_attribution_models import (
    Model,
    build,
    compile_models,  # noqa: F401  (a fixture)
    conversion,
    models,  # noqa: F401  (a fixture)
    touch,
)

from social_roi.landing import land_files

pytestmark = pytest.mark.build

Raw = dict[str, Any]
START = datetime(2026, 3, 1)
# What the tables of this file are made of, without attribution and reports.
UNTIL = "int_shop_conversions"


@pytest.fixture(scope="module")
def journeys(models: list[Model]) -> list[Model]:  # noqa: F811
    names = [
        *["stg_names", "stg_exchange_rates", "stg_ad_spend", "stg_ad_reports", "stg_orders"],
        "stg_web_events",
        *["int_orders", "int_account_aliases", "int_web_duplicates", "int_web_events"],
        *["int_visit_sources", "int_web_touches", "int_order_users", "int_campaign_sellers"],
        *["int_order_touches", "int_web_purchases", UNTIL],
    ]
    return [
        one for one in models if one.name in names or ".lookups." in one.relation.replace('"', "")
    ]


def time(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat(" ", "milliseconds")


def page(number: int, browser: str, minutes: float, **more: Any) -> Raw:
    return {
        "event_id": f"e{number:05}",
        "user_key": browser,
        "occurred_at": time(minutes),
        "event_name": "page_view",
        "_loaded_at": "2026-06-01 00:00:00.000",
        **more,
    }


def order(number: str, customer: str, minutes: float, **more: Any) -> Raw:
    return {
        "order_id": number,
        "account_key": customer,
        "ordered_at": time(minutes),
        "status": "paid",
        "_loaded_at": "2026-06-01 00:00:00.000",
        **more,
    }


def browsing(rng: random.Random, browsers: int) -> list[Raw]:
    """Events of browsers that several customers use, some with sessions of their own."""
    events = []
    for browser in range(browsers):
        customers = [f"c{rng.randrange(browsers)}" for _ in range(rng.randrange(4))]
        minutes = rng.randrange(1000)
        for _ in range(rng.randrange(1, 15)):
            # often exactly half an hour, or two events at one time
            minutes += rng.choice([0, 1, 29, 30, 30.0001, 31, 500])
            more = (
                {"account_key": rng.choice(customers)} if customers and rng.random() < 0.3 else {}
            )
            if browser % 5 == 0:
                more["session_id"] = rng.choice(["s1", "s2"])
            events.append(page(len(events), f"b{browser}", minutes, **more))
    return events


# References


def of_browsers(events: Iterable[Raw]) -> dict[str, list[Raw]]:
    found = defaultdict(list)
    for event in sorted(events, key=lambda one: (one["occurred_at"], one["event_id"])):
        found[event["user_key"]].append(event)
    return found


def persons(events: Iterable[Raw]) -> dict[str, str]:
    """Event -> person: a browser's first customer from its first event on, then the next."""
    found = {}
    for browser, timeline in of_browsers(events).items():
        known = [event["account_key"] for event in timeline if event.get("account_key")]
        person = known[0] if known else browser
        for event in timeline:
            person = event.get("account_key") or person
            found[event["event_id"]] = person
    return found


def visits(events: Iterable[Raw]) -> set[frozenset[str]]:
    """The events of each visit: the source's session, else no pause of more than 30 minutes."""
    owner, found = persons(events), defaultdict(set)
    for browser, timeline in of_browsers(events).items():
        before, number = None, 0
        for event in timeline:
            session = event.get("session_id")
            if not session:
                now = datetime.fromisoformat(event["occurred_at"])
                number += before is None or now - before > timedelta(minutes=30)
                before = now
            key = (browser, owner[event["event_id"]], session or number)
            found[key].add(event["event_id"])
    return set(map(frozenset, found.values()))


# Visits and persons


@pytest.mark.parametrize("seed", [1, 2])
def test_visits_are_those_of_a_reference(journeys: list[Model], seed: int) -> None:
    events = browsing(random.Random(seed), 150)
    con = build(journeys, [], web_events=events)
    rows = con.execute(
        "select list(event_id) from int_web_events"
        " group by user_key, user_id, session_id, session_number"
    ).fetchall()
    assert {frozenset(ids) for (ids,) in rows} == visits(events)
    [[touches, users]] = con.execute(
        "select count(*), count(distinct user_id) from int_web_touches"
    ).fetchall()
    assert touches == len(visits(events))
    assert users == len(set(persons(events).values()))


def test_the_order_of_files_and_lines_does_not_matter_to_persons(journeys: list[Model]) -> None:
    rng = random.Random(3)
    events = browsing(rng, 80)
    orders = [
        order(f"#{number}", rng.choice([f"c{number % 40}", f"mail{number}", f"order:{number}"]), 9)
        for number in range(60)
    ]
    for number, event in enumerate(rng.sample(events, 60)):
        event |= {"event_name": "purchase", "order_id": str(number)}
    found = []
    for arrangement in range(3):
        rng.shuffle(events)
        rng.shuffle(orders)
        for number, row in enumerate([*events, *orders]):
            row["_source_file"] = f"{(number * (arrangement + 3)) % 4}.csv"
            row["_loaded_at"] = f"2026-06-0{1 + (number + arrangement) % 3} 00:00:00.000"
        con = build(journeys, [], web_events=events, orders=orders)
        found.append(
            (
                dict(con.execute("select event_id, user_id from int_web_events").fetchall()),
                dict(con.execute("select order_key, user_id from int_order_users").fetchall()),
                sorted(con.execute("select touch_id, user_id from int_web_touches").fetchall()),
            )
        )
    assert found[0] == found[1] == found[2]
    # whatever orders join, a customer is one person
    customers = defaultdict(set)
    for event in events:
        if customer := event.get("account_key"):
            customers[customer].add(found[0][0][event["event_id"]])
    assert {len(people) for people in customers.values()} == {1}
    assert persons(events).keys() == found[0][0].keys()


# Orders


def test_orders_fold_to_their_latest_state_and_add_up_less_refunds(journeys: list[Model]) -> None:
    rng = random.Random(4)
    rows, state = [], {}
    for number in range(200):
        customer = f"c{rng.randrange(60)}"
        for file in range(rng.randrange(1, 4)):
            paid = Decimal(rng.randrange(1, 20000)) / 100
            back = rng.choice([None, 0, paid, paid / 2, paid * 2])
            status = rng.choice(["paid", "Partially_Refunded", "cancelled", "voided", "failed"])
            told = order(
                f"#{number}", customer, number, status=status, revenue=paid,
                refunded=None if back is None else round(back, 2),
                _source_file=f"f{file}.csv", _loaded_at=f"2026-06-0{1 + file} 00:00:00.000",
            )  # fmt: skip
            lines = [told] + [
                told | {"revenue": None, "refunded": None, "status": None}
                for _ in range(rng.randrange(3))
            ]
            rows += lines if rng.random() < 0.7 else [told, told]
            refunded = min(round(back or Decimal(0), 2), paid)
            state[str(number)] = (
                (paid, refunded) if status in ("paid", "Partially_Refunded") else None
            )
    rng.shuffle(rows)
    con = build(journeys, [], orders=rows)
    found = {
        order_id.removeprefix("#"): (paid, refunded)
        for order_id, paid, refunded in con.execute(
            "select conversion_id, revenue, refunded from int_shop_conversions"
        ).fetchall()
    }
    assert found == {number: told for number, told in state.items() if told}


def test_refunds_come_off_revenue_and_leave_at_least_nothing(models: list[Model]) -> None:  # noqa: F811
    rng = random.Random(5)
    events, web, orders = [], [], []
    net, refunds = Decimal(0), Decimal(0)
    for number in range(120):
        paid = Decimal(rng.randrange(1, 9000)) / 100
        backs = [Decimal(rng.randrange(0, 6000)) / 100 for _ in range(rng.randrange(3))]
        refunded = min(sum(backs, Decimal(0)), paid)
        net, refunds = net + paid - refunded, refunds + refunded
        kind = number % 3
        if kind == 0:
            sale = conversion(f"c{number}", f"u{number}", number, paid)
            events.append(sale | {"conversion_id": f"k{number}"})
            events += [
                sale | {"event_id": f"r{number}-{place}", "event_type": "refund",
                        "conversion_id": f"k{number}", "revenue": str(back)}
                for place, back in enumerate(backs)
            ]  # fmt: skip
        elif kind == 1:
            sale = page(number, f"b{number}", 9, event_name="purchase", order_id=f"w{number}")
            web.append(sale | {"revenue": paid})
            web += [
                sale | {"event_id": f"r{number}-{place}", "event_name": "refund", "revenue": back}
                for place, back in enumerate(backs)
            ]
        else:
            orders.append(
                order(f"o{number}", f"c{number}", number, revenue=paid, refunded=sum(backs))
            )
    # far from the days of the orders, so that the log's purchases count beside them
    for row in orders:
        row["ordered_at"] = row["ordered_at"].replace("2026", "2025")
    con = build(models, events, web_events=web, orders=orders)
    [[count, revenue, refunded, least]] = con.execute(
        "select count(*), sum(revenue), sum(refunded), min(revenue) from fct_conversions"
    ).fetchall()
    assert (count, revenue, refunded) == (120, net, refunds)
    assert least >= 0


# One truth in four layouts

SOURCES = {
    "Facebook": ("facebook", "paid_social"),
    "Instagram": ("ig", "paid_social"),
    "Google Ads": ("google", "cpc"),
    "TikTok": ("tiktok", "cpc"),
}


def truth(rng: random.Random) -> tuple[list[Raw], list[Raw]]:
    """Clicks and sales of 60 users; no two clicks of a user within one visit."""
    clicks, sales = [], []
    for user in range(60):
        minutes = rng.randrange(3000)
        for _ in range(rng.randrange(1, 7)):
            minutes += rng.randrange(31, 4000)
            if rng.random() < 0.75:
                clicks.append(
                    {"id": f"k{len(clicks):04}", "user": f"u{user}", "minutes": minutes,
                     "platform": rng.choice(list(SOURCES)), "campaign": f"k {rng.randrange(3)}"}
                )  # fmt: skip
            else:
                sales.append(
                    {"id": f"s{len(sales):04}", "user": f"u{user}", "minutes": minutes,
                     "revenue": Decimal(rng.randrange(1, 30000)) / 100}
                )  # fmt: skip
    return clicks, sales


def ga4(row: Raw, source: str | None, medium: str | None) -> Raw:
    moment = START + timedelta(minutes=row["minutes"])
    micros = int((moment - datetime(1970, 1, 1)).total_seconds()) * 1_000_000
    return {
        "event_date": moment.strftime("%Y%m%d"),
        "event_timestamp": str(micros),
        "event_name": "page_view" if source else "purchase",
        "user_pseudo_id": row["user"],
        "collected_traffic_source.manual_source": source,
        "collected_traffic_source.manual_medium": medium,
        "collected_traffic_source.manual_campaign_name": row.get("campaign"),
        "ecommerce.transaction_id": None if source else row["id"],
        "ecommerce.purchase_revenue": row.get("revenue"),
    }


def segment(row: Raw, source: str | None, medium: str | None) -> Raw:
    return {
        "message_id": row["id"],
        "anonymous_id": row["user"],
        "timestamp": (START + timedelta(minutes=row["minutes"])).isoformat() + "Z",
        "event": "page" if source else "Order Completed",
        "context_page_url": "https://shop.example/",
        "context_campaign_source": source,
        "context_campaign_medium": medium,
        "context_campaign_name": row.get("campaign"),
        "order_id": None if source else row["id"],
        "revenue": row.get("revenue"),
    }


def snowplow(row: Raw, source: str | None, medium: str | None) -> Raw:
    return {
        "event_id": row["id"],
        "domain_userid": row["user"],
        "derived_tstamp": (START + timedelta(minutes=row["minutes"])).isoformat(" "),
        "event": "page_view" if source else "transaction",
        "mkt_source": source,
        "mkt_medium": medium,
        "mkt_campaign": row.get("campaign"),
        "tr_orderid": None if source else row["id"],
        "tr_total": row.get("revenue"),
    }


def landed(folder: Path, rows: list[Raw]) -> list[Raw]:
    """The raw rows of web_events that landing makes of a file."""
    folder.mkdir()
    with (folder / "log.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    land_files([folder / "log.csv"], folder / "landed", report=lambda line: None)
    found = duckdb.sql(f"from '{folder}/landed/current/web_events/*.parquet'")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def credited(con: duckdb.DuckDBPyConnection) -> list[tuple]:
    return sorted(
        con.execute(
            """
            select conversion_id, attribution_model, ad_platform, campaign_id,
                cast(touched_at as varchar), credit, credited_revenue
            from fct_attribution_credits
            """
        ).fetchall(),
        key=repr,
    )


def test_a_log_gives_the_credits_of_the_same_journeys_as_ad_events(
    models: list[Model],  # noqa: F811
    tmp_path: Path,
) -> None:
    clicks, sales = truth(random.Random(6))
    events = [
        touch(row["id"], row["user"], time(row["minutes"]), row["platform"])
        | {"campaign_id": row["campaign"], "_loaded_at": "2026-06-01 00:00:00.000"}
        for row in clicks
    ] + [
        conversion(row["id"], row["user"], time(row["minutes"]), row["revenue"])
        | {"_loaded_at": "2026-06-01 00:00:00.000"}
        for row in sales
    ]
    expected = credited(build(models, events))
    assert len({row[0] for row in expected if row[2] != "unattributed"}) > 30
    layouts: list[Callable[..., Raw]] = [ga4, segment, snowplow]
    for layout in layouts:
        rows = [layout(row, *SOURCES[row["platform"]]) for row in clicks]
        rows += [layout(row, None, None) for row in sales]
        con = build(models, [], web_events=landed(tmp_path / layout.__name__, rows))
        assert credited(con) == expected, layout.__name__
