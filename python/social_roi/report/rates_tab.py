"""Click and conversion rates with their intervals: devices, platforms, ads and their formats."""

from social_roi.report.facts import UNKNOWN_GROUP, known, largest, ordered, reached_users
from social_roi.report.funnel import (
    GROUPS,
    RATES,
    clear_difference,
    clear_differences,
    comparable,
    steps_of,
)
from social_roi.report.palette import ACCENT
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    height,
    interval_spec,
    interval_tips,
    platform_colour,
    quantity,
    tip,
    unless,
    values,
)
from social_roi.report.types import Chart, Column, Row, Rows, Spec, Tables, TableSpec, column

# what the names of rpt_ad_funnel are of, in the order of the page
LEVELS = ("format", "category", "ad")

INTERVALS = "95 % confidence intervals"
DOES = {
    "ctr": ("is clicked", "is clicked clearly less", "is clearly clicked"),
    "cvr": ("converts", "converts clearly less", "clearly converts"),
}


def device_rates(tables: Tables, rate: str) -> Chart:
    rows = _best_first(tables, "device", rate)
    return _group_rates(tables, "device", rate, rows, _rates(rows, rate, "Device"))


def platform_rates(tables: Tables, rate: str) -> Chart:
    rows = _best_first(tables, "platform", rate)[:MAX_BARS]
    spec = _filtered(tables, rows, _rates(rows, rate, "Platform"))
    return _group_rates(tables, "platform", rate, rows, spec)._replace(is_filtered=True)


def _best_first(tables: Tables, of: str, rate: str) -> Rows:
    table, kind = GROUPS[of]
    rows = ordered(known(steps_of(tables, table), rate), f"-{rate}", kind)
    return [row | {"label": row[kind]} for row in rows]


def _group_rates(tables: Tables, of: str, rate: str, rows: Rows, spec: Spec) -> Chart:
    return Chart(
        f"funnel-{rate}-{of}s",
        _finding(tables, rows, of, rate),
        f"{RATES[rate].formula}, with {INTERVALS}.",
        reached_users(tables),
        spec,
        height(len(rows)),
        GROUPS[of][0],
        is_half=True,
        empty=unless(rows, f"There are no {RATES[rate].trials} in the data."),
        topic=f"{RATES[rate].title} by {of}",
    )


def _filtered(tables: Tables, rows: Rows, spec: Spec) -> Spec:
    """In the platforms' colours, of the platforms that the page shows."""
    colour = platform_colour(tables, (row["ad_platform"] for row in rows))
    return spec | {
        "encoding": spec["encoding"] | {"color": colour},
        "params": [PLATFORMS_PARAMETER],
        "transform": [BY_PLATFORM],
    }


def _rates(rows: Rows, rate: str, title: str) -> Spec:
    of = RATES[rate]
    spec = interval_spec(
        "label",
        [row["label"] for row in rows],
        quantity(rate, of.formula.split(" = ")[1].capitalize(), ".2~%"),
        (f"{rate}_low", f"{rate}_high"),
        {"value": ACCENT},
        [
            {"field": "label", "title": title},
            tip(of.trials, of.trials.capitalize(), WHOLE),
            tip(of.events, of.events.replace("after_", "Conversions after a ").capitalize(), WHOLE),
            *interval_tips(rate, rate.upper(), ".1%", (f"{rate}_low", f"{rate}_high")),
        ],
    )
    return spec | {"height": STEP * len(rows), "data": {"values": values(rows)}}


def _finding(tables: Tables, rows: Rows, of: str, rate: str) -> str:
    """Which device or platform clearly has the lowest rate, as a title; else the topic."""
    _, kind = GROUPS[of]
    for other_rate, other_kind, best, worst in clear_differences(tables):
        if (other_rate, other_kind) == (rate, kind):
            return f"{worst[kind]} {DOES[rate][1]} often than {best[kind]}"
    if len(comparable(rows, kind, rate)) > 1:
        return f"No {of} {DOES[rate][2]} more often than another"
    return f"{RATES[rate].title} by {of}"


def ad_rates(tables: Tables, level: str, rate: str) -> Chart | None:
    """A rate of formats, categories or ads by platform; None where the data names none of them.

    Ads are drawn only where neither formats nor categories are known.
    """
    if level not in drawn_levels(tables):
        return None
    every = known(named_ads(tables, level), rate)
    rows = [row | {"label": _label(row, every)} for row in _by_platform(every)]
    is_cut = len(rows) < len(every)
    return Chart(
        f"funnel-{rate}-{level}",
        _ad_finding(every, level, rate, len(RATES) * len(drawn_levels(tables))),
        (f"The {MAX_BARS} with the most impressions. " if is_cut else "")
        + f"{RATES[rate].formula}, with {INTERVALS}. Compared within each platform, all "
        "comparisons allowed for. Ads run at other times, for other people: a difference need not "
        "be the ad's doing.",
        reached_users(tables),
        _filtered(tables, rows, _rates(rows, rate, level.capitalize())),
        height(len(rows)),
        "rpt_ad_funnel",
        is_filtered=True,
        is_half=True,
        empty=unless(rows, f"There are no {RATES[rate].trials} in the data."),
        topic=f"{RATES[rate].title} by {level} and platform",
    )


def drawn_levels(tables: Tables) -> list[str]:
    """The levels of `rpt_ad_funnel` that have charts: those with two names or more."""
    found = [
        level for level in LEVELS if len({row["name"] for row in named_ads(tables, level)}) > 1
    ]
    return [level for level in found if level != "ad"] or found


def named_ads(tables: Tables, level: str) -> Rows:
    """The rows of a level, without the unknown; a rate above 1 is null."""
    return [
        row
        | {"after_click": row["conversions_after_click"]}
        | {rate: None for rate in RATES if (row[rate] or 0) > 1}
        for row in tables["rpt_ad_funnel"]
        if row["level"] == level and row["name"] != UNKNOWN_GROUP
    ]


def clear_ads(rows: Rows, rate: str, titles: int = 1) -> list[tuple[Row, Row]]:
    """Per platform the rows with the highest and the lowest rate, where these clearly differ.

    titles: so many titles of the page share one error rate of 5 %.
    """
    platforms = _families(rows, rate)
    pairs = (clear_difference(group, rate, len(platforms) * titles) for group in platforms)
    return [pair for pair in pairs if pair]


def _families(rows: Rows, rate: str) -> list[Rows]:
    """The rows of each platform with two of them or more."""
    limited = known(rows, f"{rate}_low")
    names = dict.fromkeys(row["ad_platform"] for row in limited)
    groups = ([row for row in limited if row["ad_platform"] == name] for name in names)
    return [group for group in groups if len(group) > 1]


def _ad_finding(rows: Rows, level: str, rate: str, titles: int) -> str:
    if not _families(rows, rate):
        return f"{RATES[rate].title} by {level} and platform"
    clear = clear_ads(rows, rate, titles)
    does = DOES[rate][0]
    if not clear:
        return f"No {level} {DOES[rate][2]} more often than another of its platform"
    best, worst = clear[0]
    others = f", and {len(clear) - 1} more" if len(clear) > 1 else ""
    return f"{best['name']} {does} more often than {worst['name']} on {best['ad_platform']}{others}"


def _by_platform(rows: Rows) -> Rows:
    """The rows with the most impressions, platforms together, the largest first."""
    kept = largest(rows, "impressions", MAX_BARS)
    shown = {name: 0 for name in (row["ad_platform"] for row in kept)}
    for row in kept:
        shown[row["ad_platform"]] -= row["impressions"]
    largest_first = sorted(shown, key=lambda name: (shown[name], name))
    best_first = ordered(kept, "-ctr", "name")
    return sorted(best_first, key=lambda row: largest_first.index(row["ad_platform"]))


def _label(row: Row, rows: Rows) -> str:
    """The name, with the platform where there are several."""
    several = len({other["ad_platform"] for other in rows}) > 1
    return f"{row['name']} · {row['ad_platform']}" if several else row["name"]


RATE_COLUMNS: tuple[Column, ...] = (
    column("CTR", "ctr", "ctr"),
    column("95 % interval", "ctr", "ctr_low", "ctr_high"),
    column("CVR", "percent", "cvr"),
    column("95 % interval", "percent", "cvr_low", "cvr_high"),
)

ADS = TableSpec(
    "rpt_ad_funnel-table",
    "Ads, formats and categories",
    "rpt_ad_funnel",
    (
        column("What", "text", "level"),
        column("Name", "text", "name"),
        column("Platform", "text", "ad_platform"),
        column("Users", "count", "users"),
        column("Impressions", "count", "impressions"),
        column("Clicks", "count", "clicks"),
        column("Conversions after a click", "count", "conversions_after_click"),
        *RATE_COLUMNS,
    ),
    rows=lambda tables: [
        row for level in LEVELS for row in ordered(named_ads(tables, level), "-clicks", "name")
    ],
    platform="ad_platform",
    limit=60,
)
