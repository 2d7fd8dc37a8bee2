"""Invented files of events and interactions with frequent late and invalid rows."""

import random
from datetime import datetime, timedelta

EVENTS = "event_id,user_id,occurred_at,event_type,ad_platform,campaign_id,device_type"
EVENTS += ",conversion_id,revenue\n"
INTERACTIONS = "user_id,age,ad_platform,ad_id,impressions,clicks,conversion,time_spent_on_ad"
INTERACTIONS += ",day_of_week,interaction_at,ad_spend\n"
ROWS = 60


def days(rng: random.Random, first: int, count: int, name: str) -> str:
    """A CSV file of events between two days of 2026; the name makes its event ids its own."""
    lines = []
    for number in range(ROWS):
        time = datetime(2026, 1, 1) + timedelta(days=first, minutes=rng.randrange(count * 1440))
        kind = rng.choices(["impression", "click", "conversion"], [5, 3, 2])[0]
        newcomer = "Newcomer" if first > 40 else "X"
        letter = "K" if first > 40 else "k"  # later files spell campaigns otherwise
        platform = rng.choice(["Facebook", "Instagram", "TikTok", newcomer])
        event_id = f"{name}{number}" if rng.random() < 0.9 else f"e{rng.randrange(8)}"
        conversion = f"c{rng.randrange(30)},{rng.randrange(1, 90)}.50"
        user = f"u{rng.randrange(25)}" if rng.random() < 0.97 else ""
        device = rng.choice(["Mobile", "Desktop", ""])
        lines.append(
            f"{event_id},{user},{time:%Y-%m-%d %H:%M:%S},{kind},{platform},"
            f"{letter}{rng.randrange(3)},{device},{conversion if kind == 'conversion' else ','}\n"
        )
    return EVENTS + "".join(lines)


def interactions(rng: random.Random) -> str:
    """A CSV file of interactions, dated or by weekday; some rows are equal, here or in another."""
    often = random.Random(7)
    return INTERACTIONS + "".join(
        _interaction(rng) if rng.random() < 0.8 else _interaction(random.Random(often.randrange(5)))
        for _ in range(ROWS)
    )


def _interaction(rng: random.Random) -> str:
    user = f"u{rng.randrange(35)}" if rng.random() < 0.97 else ""
    impressions = rng.randrange(4)
    time = datetime(2026, 1, 1) + timedelta(minutes=rng.randrange(60 * 1440))
    when = f",{time:%Y-%m-%d %H:%M:%S}" if rng.random() < 0.6 else f"{time:%A},"
    return (
        f"{user},{rng.randrange(18, 60)},{rng.choice(['Facebook', 'tiktok'])},a{rng.randrange(4)},"
        f"{impressions},{rng.randrange(impressions + 1)},{rng.choice([0, 0, 1])},"
        f"{rng.randrange(20)}.5,{when},{rng.randrange(3)}.25\n"
    )


LOG = "message_id,anonymous_id,user_id,timestamp,event,context_page_url,context_campaign_source"
LOG += ",context_campaign_medium,context_campaign_name,order_id,revenue\n"
ORDERS = "Name,Email,Financial Status,Currency,Total,Created at,Lineitem name,Refunded Amount,Id\n"


def log(rng: random.Random, first: int, count: int, name: str) -> str:
    """A CSV file of Segment's pages, purchases and refunds between two days of 2026."""
    lines = []
    for number in range(ROWS):
        time = datetime(2026, 1, 1) + timedelta(days=first, minutes=rng.randrange(count * 1440))
        kind = rng.choices(["page", "Order Completed", "Order Refunded"], [8, 3, 1])[0]
        source = rng.choice(["facebook,paid_social", "ig,cpc", "news,email", "criteo,cpc", ","])
        order = f"{rng.randrange(40)},{rng.randrange(1, 90)}.50"
        # the later the file, the more browsers belong to somebody
        user = f"c{rng.randrange(9)}" if rng.random() < first / 60 else ""
        message = f"{name}{number}" if rng.random() < 0.9 else f"m{rng.randrange(8)}"
        lines.append(
            f"{message},b{rng.randrange(20)},{user},{time.isoformat()}Z,{kind},"
            f"https://shop.example/,{source},k{rng.randrange(3)},"
            f"{',' if kind == 'page' else order}\n"
        )
    return LOG + "".join(lines)


def orders(rng: random.Random, first: int, count: int) -> str:
    """A CSV file of Shopify's orders, some with several lines."""
    lines = []
    for _ in range(15):
        time = datetime(2026, 1, 1) + timedelta(days=first, minutes=rng.randrange(count * 1440))
        number = rng.randrange(40)
        mail = f"c{rng.randrange(9)}@example.com" if rng.random() < 0.8 else ""
        status = rng.choice(["paid", "partially_refunded", "voided"])
        paid = rng.randrange(20, 90)
        when = f"{time:%Y-%m-%d %H:%M:%S} +0200"
        lines.append(f"#{number},{mail},{status},EUR,{paid}.00,{when},a,{paid // 4}.00,{number}\n")
        lines += [f"#{number},{mail},,,,{when},b,,\n"] * rng.randrange(2)
    return ORDERS + "".join(lines)
