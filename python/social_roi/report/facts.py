"""Facts that several questions read from the tables, and how rows are selected and sorted."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from importlib import metadata
from math import cbrt
from statistics import NormalDist

from social_roi.report.formatting import joined, marked, model_label, text
from social_roi.report.types import Column, Row, Rows, Tables

VERSION = metadata.version("social_roi")
# A group with fewer clicks than this is too small to rank by conversion rate.
MIN_CLICKS = 100
# The line above the answers names the files, or only counts more than this.
MAX_FILES_NAMED = 3
UNATTRIBUTED = "unattributed"
# Visits that no ad paid for (int_visit_sources.sql): they have credit and no spend.
UNPAID = ("Organic", "Direct")
# A larger share of conversions without an ad before them is named in the sentence.
MANY_UNATTRIBUTED = 0.05
MANY_YOUNG = 0.2
# Reasons of `why_cannot_tell` that a sentence explains.
OUTSIDE = "spend outside the days of the events"
STILL_TO_COME = "conversions are still to come"
UNTOUCHED = "no touch in the data"
# What is not shown then: nothing could be credited.
HIDDEN = dict.fromkeys(("revenue", "roi", "roi_low", "roi_high", "roas", "break_even_share"))
UNKNOWN_GROUP = "unknown"


def known(rows: Iterable[Row], *fields: str) -> Rows:
    """The rows where none of the fields is null."""
    return [row for row in rows if all(row[field] is not None for field in fields)]


def ordered(rows: Rows, *fields: str) -> Rows:
    """Sorted by these fields; `-` before a field sorts it in descending order.

    Nulls come last in both orders; the sort is stable.
    """
    for field in reversed(fields):
        name = field.removeprefix("-")
        with_value = [row for row in rows if row[name] is not None]
        with_value.sort(key=lambda row: row[name], reverse=field.startswith("-"))
        rows = [*with_value, *(row for row in rows if row[name] is None)]
    return rows


def largest(rows: Rows, field: str, limit: int) -> Rows:
    """The rows with the largest values, in their original order."""
    kept = {id(row) for row in ordered(rows, f"-{field}")[:limit]}
    return [row for row in rows if id(row) in kept]


def summed(rows: Rows, keys: Sequence[str], amounts: Sequence[str]) -> Rows:
    """One row per combination of keys, in their order: keys and the sums of some amounts."""
    groups: dict[tuple, Rows] = defaultdict(list)
    for row in rows:
        groups[tuple(row[key] for key in keys)].append(row)
    return [
        dict(zip(keys, group, strict=True))
        | {amount: sum(row[amount] or 0 for row in groups[group]) for amount in amounts}
        for group in sorted(groups)
    ]


def ads_for_campaigns(tables: Tables) -> str:
    """A sentence where the data names no campaigns, so that ads stand for them; else empty."""
    ads = {
        (row["ad_platform"], row["name"])
        for row in tables["rpt_ad_funnel"]
        if row["level"] == "ad" and row["name"] != UNKNOWN_GROUP
    }
    campaigns = {
        (row["ad_platform"], row["campaign_id"])
        for row in tables["rpt_campaign_roi"]
        if row["ad_platform"] != UNATTRIBUTED
    }
    return "The data names no campaigns: its ads are shown. " if ads and campaigns <= ads else ""


def campaign_names(tables: Tables) -> dict[tuple[str, str], str]:
    """By platform and id what a campaign is called; with its id where another of the platform has
    the same name, as in several accounts."""
    campaigns = {
        (row["ad_platform"], row["campaign_id"]): row["campaign_name"]
        for row in tables["rpt_campaign_roi"]
    }
    called = Counter((platform, name) for (platform, _), name in campaigns.items())
    return {
        (platform, campaign): f"{name}, {campaign}" if called[platform, name] > 1 else name
        for (platform, campaign), name in campaigns.items()
    }


def has_conversions(tables: Tables) -> bool:
    return sum(row["conversions"] or 0 for row in tables["rpt_totals"]) > 0


def is_reports_only(tables: Tables) -> bool:
    """There are reports of the platforms, and nobody's touches or conversions."""
    totals = tables["rpt_totals"][0]
    has_events = any(totals.get(name) for name in ("users", "impressions", "conversions"))
    return bool(tables["rpt_reported_breakdowns"]) and not has_events


def knows_buyers_only(tables: Tables) -> bool:
    """All that is known of visits is what orders tell: there is no log, and no rows by user."""
    staged = {row["raw_table"] for row in tables["rpt_data_quality"] if row["staged"]}
    return "orders" in staged and not staged & {"ad_events", "ad_interactions", "web_events"}


def own_counts(tables: Tables, name: str) -> Rows:
    """Rows of `rpt_platform_roi` or `rpt_campaign_roi` as the platforms report it, best first."""
    own = [row for row in tables[name] if row["attribution_model"] == "platform_reported"]
    return ordered(own, "-roi", "-spend")


def simulated_money(tables: Tables) -> dict[str, bool]:
    """Which of `spend`, `revenue` and `roi` are based on simulated money."""
    spend, revenue = (
        any(row[f"is_{money}_simulated"] for row in tables["rpt_totals"])
        for money in ("spend", "revenue")
    )
    return {"spend": spend, "revenue": revenue, "roi": spend or revenue}


def shown_columns(columns: Sequence[Column], tables: Tables) -> tuple[Column, ...]:
    """The columns; those based on simulated money are marked."""
    simulated = simulated_money(tables) | {"": False}
    return tuple(shown._replace(is_simulated=simulated[shown.rests_on]) for shown in columns)


def attribution_model(tables: Tables) -> str:
    """The label of the attribution model that the build chose for its answers."""
    return model_label(tables["rpt_totals"][0]["attribution_model"]).lower()


def ranked_by_roi(tables: Tables, name: str) -> Rows:
    """Rows of `rpt_platform_roi` or `rpt_campaign_roi` for the chosen model, best ROI first.

    Unattributed credit and unpaid visits are left out: they have no spend. Spend of which no touch
    is known has no ROI. Simulated money is not ranked: by name then.
    """
    model = tables["rpt_totals"][0]["attribution_model"]
    chosen = [
        row | (HIDDEN if row.get("why_cannot_tell") == UNTOUCHED else {})
        for row in tables[name]
        if row["attribution_model"] == model and not is_unpaid(row)
    ]
    if simulated_money(tables)["roi"]:
        return ordered(chosen, "ad_platform")
    return ordered(chosen, "-roi")


def is_unpaid(row: Row) -> bool:
    """Credit to no platform, or to a visit that no ad paid for."""
    name = row["ad_platform"]
    return name == UNATTRIBUTED or (name in UNPAID and not row["spend"])


def roi_summary(tables: Tables, name: str) -> Rows:
    """What no platform is credited with, unpaid visits, if any, and the total of all rows.

    The total is blended: all revenue against all spend, whoever is credited with it.
    """
    totals = tables["rpt_totals"][0]
    model = totals["attribution_model"]
    chosen = [row for row in tables[name] if row["attribution_model"] == model]
    if not chosen:
        return []
    spend, revenue, conversions = (
        sum(values) if (values := [row[field] for row in known(chosen, field)]) else None
        for field in ("spend", "revenue", "conversions")
    )
    total = dict.fromkeys(chosen[0]) | {
        "ad_platform": "Total, blended",
        "attribution_model": model,
        "spend": spend,
        "revenue": revenue,
        "conversions": conversions,
    }
    if spend and revenue is not None:
        counted = revenue if totals["gross_margin"] == 1 else revenue * totals["gross_margin"]
        total |= {"roi": (counted - spend) / spend, "roas": revenue / spend}
        total |= {"break_even_share": spend / counted if counted else None}
    if spend and conversions:
        total["cpa"] = spend / conversions
    unpaid = [row | {"verdict": None} for row in chosen if is_unpaid(row)]
    return [*ordered(unpaid, "ad_platform"), total]


def unattributed_conversions(tables: Tables) -> tuple[float, float]:
    """Conversions without an ad before them, and all conversions, under first touch."""
    rows = [
        row
        for row in tables["rpt_platform_attribution"]
        if row["attribution_model"] == "first_touch"
    ]
    alone = sum(row["conversions"] for row in rows if row["ad_platform"] == UNATTRIBUTED)
    return alone, sum(row["conversions"] for row in rows)


def without_ad(tables: Tables) -> list[str]:
    """A sentence on the conversions that no platform is credited with, if they are many."""
    alone, everything = unattributed_conversions(tables)
    if alone <= MANY_UNATTRIBUTED * everything:
        return []
    share = marked(alone / everything, "percent")
    rows = tables["rpt_platform_attribution"]
    visited = any(row["ad_platform"] in UNPAID and row["conversions"] for row in rows)
    before = "known visit" if visited else "ad"
    return [f"{share} of all conversions have no {before} before them and are credited to none."]


def money_outside_events(tables: Tables) -> list[str]:
    """A sentence where the bill and the events do not cover the same days, with both periods."""
    rows = ranked_by_roi(tables, "rpt_platform_roi")
    totals = tables["rpt_totals"][0]
    spend = sum(row["spend"] for row in rows)
    outside = sum(row["spend_outside_events"] for row in rows)
    stopped = [row["ad_platform"] for row in rows if row["why_cannot_tell"] == OUTSIDE]
    if not stopped and outside <= MANY_UNATTRIBUTED * spend:
        return []
    share = marked(outside / spend, "percent")
    named = f", so {', '.join(stopped)} cannot be judged" if stopped else ""
    return [
        f"The bill covers {totals['first_spend_date']} to {totals['last_spend_date']}, the events "
        f"{totals['first_date']} to {totals['last_date']}: {share} of the spend is on other days "
        f"than the events{named}."
    ]


def young_spend(tables: Tables) -> list[str]:
    """A sentence on the spend whose conversions are still to come, where a verdict waits for it."""
    rows = ranked_by_roi(tables, "rpt_platform_roi")
    waiting = [row["ad_platform"] for row in rows if row["why_cannot_tell"] == STILL_TO_COME]
    spend = sum(row["spend"] for row in rows)
    young = spend - sum(row["ripe_spend"] for row in rows)
    if not waiting and young <= MANY_YOUNG * spend:
        return []
    share = marked(young / spend, "percent")
    named = f"; {', '.join(waiting)} cannot be judged yet" if waiting else ""
    return [f"Conversions of the last {share} of the spend may still come{named}."]


def untouched_names(tables: Tables) -> set[str]:
    """Names of platforms with spend that no touch is known of."""
    rows = tables.get("rpt_platform_roi", [])
    return {row["ad_platform"] for row in rows if row.get("why_cannot_tell") == UNTOUCHED}


def untouched_platforms(tables: Tables) -> Rows:
    """Platforms with spend that no touch is known of."""
    ranked = ranked_by_roi(tables, "rpt_platform_roi")
    return [row for row in ranked if row["why_cannot_tell"] == UNTOUCHED]


def untouched_spend(tables: Tables) -> list[str]:
    """A sentence on platforms with spend that no touch is known of: what they brought is hidden."""
    rows = untouched_platforms(tables)
    if not rows:
        return []
    names = ", ".join(row["ad_platform"] for row in rows)
    spend = marked(sum(row["spend"] for row in rows), "money")
    return [
        f"What the {spend} on {names} brought cannot be told: the data has no touch of it. Take "
        "orders with UTM or a log of the site, and hold the names of its platforms and campaigns "
        "against those of the bill."
    ]


def unbilled_revenue(tables: Tables) -> list[str]:
    """A sentence on platforms that ads are known of, and revenue, and no spend."""
    rows = [
        row
        for row in ranked_by_roi(tables, "rpt_platform_roi")
        if row["roi"] is None and not row["spend"] and row["revenue"]
    ]
    if not rows:
        return []
    names = joined([row["ad_platform"] for row in rows])
    revenue = marked(sum(row["revenue"] for row in rows), "money")
    return [
        f"No spend of {names} is in the data, but revenue of {revenue}: the blended ROI of all is "
        "without these costs."
    ]


def claims_against_sales(tables: Tables) -> list[str]:
    """A sentence where the platforms together claim more than was sold on the same days."""
    return [
        f"Together the platforms claim {marked(row['claimed_revenue'], 'money')} of sales, and "
        f"{marked(row['sold_revenue'], 'money')} were sold on the same days: at least "
        f"{marked(row['claimed_twice_share'], 'percent')} of what they claim is counted twice, or "
        "was not sold here on these days."
        for row in known(tables["rpt_claims_vs_orders"], "claimed_twice_share")
        if row["week_start"] is None and row["claimed_twice_share"] > 0
    ]


def by_rules(row: Row) -> str | None:
    """How many attribution models share the row's verdict, where they do not all."""
    if not row["verdict_depends_on_rule"] or row["models_that_agree"] is None:
        return None
    return f"{row['models_that_agree']} of {row['models_judged']}"


def family_verdict(row: Row, judged: Rows) -> str:
    """The verdict of a row that a sentence picks from all that are judged.

    At 95 % each, one of 40 campaigns at break-even would look like a winner or a loser. So the
    interval has to be on one side of 0 at 1 - 0.05 / rows (Bonferroni): then at most 5 % of the
    reports name one that is none.
    """
    level = 1 - 0.05 / max(len(judged), 1)
    if row["verdict"] == "pays_back" and roi_limit(row, "low", level) > 0:
        return "pays_back"
    if row["verdict"] == "loses" and roi_limit(row, "high", level) < 0:
        return "loses"
    return "cannot_tell"


def roi_limit(row: Row, side: str, level: float) -> float:
    """The `low` or `high` limit of ROI at another level, from those at 95 and 90 %.

    The limits of macros/roi.sql are cubes of something linear in the normal quantile (Wilson and
    Hilferty 1931), so two of them give any other.
    """
    roots = [cbrt(row[f"roi_{side}{name}"] + 1) for name in ("", "_90")]
    at_95, at_90, wanted = (NormalDist().inv_cdf(0.5 + x / 2) for x in (0.95, 0.9, level))
    slope = (roots[0] - roots[1]) / (at_95 - at_90)
    return max(roots[0] + slope * (wanted - at_95), 0.0) ** 3 - 1


def scope(tables: Tables, *, is_demo: bool, with_period: bool = True) -> str:
    """What data the answers rest on, in one line: period, files and currency."""
    totals = tables["rpt_totals"][0]
    files = sorted({row["_source_file"] for row in tables["rpt_data_quality"] if row["staged"]})
    period = "weekdays without dates"
    if totals["first_date"]:
        period = f"ads of {totals['first_date']} to {totals['last_date']}"
    elif totals["first_spend_date"]:
        period = f"spend of {totals['first_spend_date']} to {totals['last_spend_date']}"
    elif is_reports_only(tables):
        first, last = (
            pick(row[name] for row in known(tables["rpt_reported_breakdowns"], name))
            for pick, name in ((min, "first_date"), (max, "last_date"))
        )
        period = f"reports of {first} to {last}"
    elif totals.get("reached_users") == 0:
        period = "conversions without ads" if totals["conversions"] else "no ads and no conversions"
    named = ", ".join(files) if len(files) <= MAX_FILES_NAMED else f"{len(files)} files"
    currency = totals["currency"] or "currency not stated"
    said = "; ".join(filter(None, (period if with_period else "", named, currency)))
    return f"{'DEMO (invented data)' if is_demo else 'Data'}: {said}."


def about(tables: Tables, *, is_demo: bool, title: str = "") -> list[str]:
    """What each saved picture says below its title: data, period, rule and source."""
    totals = tables["rpt_totals"][0]
    lines = [scope(tables, is_demo=is_demo)]
    if not is_reports_only(tables):
        days = text(totals["lookback_days"], "count")
        lines.append(f"Credited by {attribution_model(tables)} within {days} days.")
    return [*lines, f"Source: {title or 'Social ROI'}, social_roi {VERSION}."]


def first_against_last(tables: Tables) -> Rows:
    """One row per platform, the largest opener first; see `ends_side_by_side`.

    Without sellers (Meta) that have spend and whose credits are their platforms' (Instagram), and
    without platforms of which no touch is known: a share of 0 % would be a figure of the data.
    """
    credited = tables["rpt_platform_attribution"]
    own, summed_up = (
        {
            row["ad_platform"]
            for row in rows
            if row["conversions"] and row["attribution_model"] != "platform_reported"
        }
        for rows in (credited, tables["rpt_platform_roi"])
    )
    left_out = summed_up - own | untouched_names(tables)
    shown = [row for row in credited if row["ad_platform"] not in left_out]
    return ends_side_by_side(shown, ("ad_platform",))


def ends_side_by_side(credits: Rows, keys: tuple[str, ...]) -> Rows:
    """One row per key: `share_first`, `share_last`, interval limits, and `shift` (last - first)."""
    nothing = {
        f"share_{end}{limit}": None for end in ("first", "last") for limit in ("", "_low", "_high")
    }
    both: dict[tuple, Row] = {}
    for row in credits:
        end = row["attribution_model"].removesuffix("_touch")
        if row["ad_platform"] != UNATTRIBUTED and end in ("first", "last"):
            key = tuple(row[name] for name in keys)
            ends = both.setdefault(key, dict(zip(keys, key, strict=True)) | nothing)
            ends |= {f"share_{end}{limit}": row[f"share{limit}"] for limit in ("", "_low", "_high")}
    for ends in both.values():
        shares = (ends["share_first"], ends["share_last"])
        ends["shift"] = None if None in shares else shares[1] - shares[0]
    return ordered(list(both.values()), "-share_first", *keys)


def days_told(tables: Tables) -> str:
    days = {row["period_start"] for row in tables["rpt_reported_daily"]}
    return f"{text(len(days), 'count')} days or weeks of reports."


def converting_users(tables: Tables) -> str:
    """What figures of conversions are based on: users, or days where reports are all there is."""
    if is_reports_only(tables):
        return days_told(tables)
    totals = tables["rpt_totals"][0]
    return (
        f"{text(totals['converting_users'], 'count')} users who converted, of "
        f"{text(totals['users'], 'count')}."
    )


def reached_users(tables: Tables) -> str:
    totals = tables["rpt_totals"][0]
    return (
        f"{text(totals['reached_users'], 'count')} users reached; "
        f"{text(totals['clicking_users'], 'count')} clicked, "
        f"{text(totals['converting_users'], 'count')} converted."
    )
