"""Invented files of events: few users and ids, so that late, repeated and odd rows abound."""

import random
from datetime import datetime, timedelta

EVENTS = "event_id,user_id,occurred_at,event_type,ad_platform,campaign_id,device_type"
EVENTS += ",conversion_id,revenue\n"
ROWS = 60


def days(rng: random.Random, first: int, count: int, name: str) -> str:
    """A CSV file of events between two days of 2026; the name makes its event ids its own."""
    lines = []
    for number in range(ROWS):
        time = datetime(2026, 1, 1) + timedelta(days=first, minutes=rng.randrange(count * 1440))
        kind = rng.choices(["impression", "click", "conversion"], [5, 3, 2])[0]
        newcomer = "Newcomer" if first > 40 else "X"
        platform = rng.choice(["Facebook", "Instagram", "TikTok", newcomer])
        event_id = f"{name}{number}" if rng.random() < 0.9 else f"e{rng.randrange(8)}"
        conversion = f"c{rng.randrange(30)},{rng.randrange(1, 90)}.50"
        user = f"u{rng.randrange(25)}" if rng.random() < 0.97 else ""
        device = rng.choice(["Mobile", "Desktop", ""])
        lines.append(
            f"{event_id},{user},{time:%Y-%m-%d %H:%M:%S},{kind},{platform},k{rng.randrange(3)},"
            f"{device},{conversion if kind == 'conversion' else ','}\n"
        )
    return EVENTS + "".join(lines)
