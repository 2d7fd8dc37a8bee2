"""What platforms report about themselves: the tab's charts and tables."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from social_roi.report.facts import days_told, known, largest, ordered, own_counts
from social_roi.report.formatting import VERDICTS
from social_roi.report.palette import ACCENT, MUTED
from social_roi.report.reported import (
    BY_AUDIENCE,
    BY_DAY,
    BY_DEVICE,
    RATES,
    cells,
    labelled,
    most_clicked,
    own_family_verdict,
)
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    PERCENT,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    height,
    interval_spec,
    interval_tips,
    platform_colour,
    quantity,
    reference_line,
    tip,
    unless,
    values,
)
from social_roi.report.types import Chart, Column, Rows, Tables, TableSpec, TabSpec, column

# By breakdown: in words, the export that has it, and what its rows do.
CLICK_RATES = {
    "platform": ("platform", "with impressions and clicks", "is clicked"),
    "device": ("device", BY_DEVICE, "is clicked"),
    "audience": ("age and gender", BY_AUDIENCE, "click"),
}

OWN_TOPIC = "Return on investment (ROI) as each platform reports it"

# --- charts ------------------------------------------------------------------------------------


def own_returns(tables: Tables) -> Chart:
    """ROI as each platform reports it."""
    rows = known(own_counts(tables, "rpt_platform_roi"), "roi")[:MAX_BARS]
    claims = _claims(rows)
    rows = [row | {"verdict": VERDICTS[row["verdict"]]} for row in rows]
    spec = interval_spec(
        "ad_platform",
        [row["ad_platform"] for row in rows],
        quantity("roi", "ROI", PERCENT),
        ("roi_low", "roi_high"),
        platform_colour(tables, (row["ad_platform"] for row in rows)),
        [
            {"field": "ad_platform", "title": "Platform"},
            tip("spend", "Spend", ",.2f"),
            tip("revenue", "Claimed revenue", ",.2f"),
            *interval_tips("roi", "ROI", PERCENT, ("roi_low", "roi_high")),
            {"field": "verdict", "title": "Verdict"},
            {"field": "attribution_setting", "title": "Attribution setting"},
        ],
    )
    spec |= {
        "height": STEP * len(rows),
        "data": {"values": values(rows)},
        "params": [PLATFORMS_PARAMETER],
        "transform": [BY_PLATFORM],
        "layer": [reference_line(0), *spec["layer"]],
    }
    return Chart(
        "reported-platforms",
        claims or OWN_TOPIC,
        "(Claimed revenue - spend) / spend, under the platform's own attribution setting; "
        "intervals over days. Platforms may claim the same sale: never add them up.",
        days_told(tables),
        spec,
        height(len(rows)),
        "rpt_platform_roi",
        is_filtered=True,
        empty=unless(rows, "No report has both spend and the value of conversions."),
        topic=OWN_TOPIC,
    )


def _claims(rows: Rows) -> str:
    """How many claim to pay back, lose by their own count and cannot be told, as in the answer."""
    judged = known(rows, "roi_low")
    counts = Counter(own_family_verdict(row, judged) for row in rows)
    said = [
        f"{counts[verdict]} {words[counts[verdict] > 1]}"
        for verdict, words in {
            "claims_to_pay_back": ("claims to pay back", "claim to pay back"),
            "loses_by_own_count": ("loses", "lose"),
            "cannot_tell": ("cannot be told", "cannot be told"),
        }.items()
        if counts[verdict]
    ]
    return f"Of {len(rows)} platforms {', '.join(said)}" if len(rows) > 1 else ""


def click_rates(tables: Tables, breakdown: str) -> Chart:
    """Click-through rates of one breakdown, the largest groups of it."""
    of, export, verb = CLICK_RATES[breakdown]
    topic = f"Click-through rate by {of}"
    rows = known(cells(tables, breakdown), "ctr")
    rows = labelled(ordered(largest(rows, "impressions", MAX_BARS), "-ctr", "ad_platform"))
    spec = interval_spec(
        "label",
        [row["label"] for row in rows],
        quantity("ctr", "CTR", ".1~%"),
        ("ctr_low", "ctr_high"),
        platform_colour(tables, (row["ad_platform"] for row in rows)),
        [
            {"field": "label", "title": "Group"},
            {"field": "ad_platform", "title": "Platform"},
            *interval_tips("ctr", "CTR", ".2%", ("ctr_low", "ctr_high")),
            tip("impressions", "Impressions", ",.0f"),
            tip("clicks", "Clicks", ",.0f"),
            tip("reported_conversions", "Claimed conversions", ",.2~f"),
        ],
    )
    spec |= {
        "height": STEP * len(rows),
        "data": {"values": values(rows)},
        "params": [PLATFORMS_PARAMETER],
        "transform": [BY_PLATFORM],
    }
    best = most_clicked(rows)
    has_limits = bool(known(rows, "ctr_low"))
    limits = "95 % confidence intervals, over days" if has_limits else "no intervals without days"
    return Chart(
        f"reported-clicks-{breakdown}",
        f"{best['label']} {verb} clearly most often" if best else topic,
        f"CTR = clicks / impressions, as reported; {limits}.",
        days_told(tables),
        spec,
        height(len(rows)),
        "rpt_reported_breakdowns",
        is_filtered=True,
        empty=unless(rows, f"No report has them: take that export ({export})."),
        topic=topic,
    )


def reported_days(tables: Tables) -> Chart:
    """Spend and claimed revenue by day."""
    rows = [
        {name: row[name] for name in ("period_start", "ad_platform", "is_final")}
        | {"spend": row["spend"], "claimed": row["reported_revenue"]}
        for row in tables["rpt_reported_daily"]
    ]
    money = ["Spend", "Claimed revenue"]
    spec = {
        "height": 240,
        "data": {"values": values(rows)},
        "params": [PLATFORMS_PARAMETER],
        "transform": [
            BY_PLATFORM,
            {"fold": ["spend", "claimed"], "as": ["told", "amount"]},
            {"calculate": f"datum.told == 'spend' ? '{money[0]}' : '{money[1]}'", "as": "money"},
            {
                "aggregate": [{"op": "sum", "field": "amount", "as": "amount"}],
                "groupby": ["period_start", "is_final", "money"],
            },
        ],
        "encoding": {
            "x": {"field": "period_start", "type": "temporal", "title": None},
            "y": quantity("amount", "Per day", WHOLE),
            "color": {
                "field": "money",
                "type": "nominal",
                "title": None,
                "scale": {"domain": money, "range": [MUTED, ACCENT]},
            },
            "tooltip": [
                {"field": "period_start", "type": "temporal", "title": "Day"},
                {"field": "money", "title": "What"},
                tip("amount", "Amount", ",.2f"),
            ],
        },
        "layer": [
            {"mark": {"type": "line", "opacity": 0.5}},
            {
                "mark": {"type": "point", "filled": True, "size": 30},
                "encoding": {
                    "opacity": {"condition": {"test": "datum.is_final", "value": 1}, "value": 0.35}
                },
            },
        ],
    }
    return Chart(
        "reported-days",
        "Spend and claimed revenue by day",
        "As reported, in the project's currency and the account's time zone; exports by week stand "
        "at its first day. Pale points are days that the platform still restates.",
        days_told(tables),
        spec,
        315,
        "rpt_reported_daily",
        is_filtered=True,
        empty=unless(rows, f"No report is by day: export it so ({BY_DAY})."),
    )


# --- tables ------------------------------------------------------------------------------------

OWN: tuple[Column, ...] = (
    column("Platform", "text", "ad_platform"),
    column("Verdict", "verdict", "verdict"),
    column("ROI", "roi", "roi"),
    column("95 % interval", "roi", "roi_low", "roi_high"),
    column("Spend", "money", "spend"),
    column("Claimed revenue", "money", "revenue"),
    column("Claimed conversions", "credit", "conversions"),
    column("Cost per conversion", "price", "cpa"),
    column("Attribution setting", "text", "attribution_setting"),
)


def _own_table(model: str, title: str, columns: tuple[Column, ...]) -> TableSpec:
    return TableSpec(
        f"{model}-own-table",
        title,
        model,
        columns,
        rows=lambda tables: own_counts(tables, model),
        platform="ad_platform",
        keep_largest="spend",
    )


def _breakdown_table(title: str, breakdowns: tuple[str, ...], *names: Column) -> TableSpec:
    return TableSpec(
        f"rpt_reported_breakdowns-{breakdowns[0]}-table",
        title,
        "rpt_reported_breakdowns",
        (
            column("Platform", "text", "ad_platform"),
            *names,
            column("Spend", "money", "spend"),
            *RATES,
            column("Spend covered", "percent", "coverage"),
        ),
        rows=lambda tables: [row for name in breakdowns for row in cells(tables, name)],
        platform="ad_platform",
        keep_largest="impressions",
    )


PLATFORM_TABLE = _own_table("rpt_platform_roi", "Platforms, as they report it", OWN)
CAMPAIGN_TABLE = _own_table(
    "rpt_campaign_roi",
    "Campaigns, as the platforms report it",
    (column("Campaign", "text", "campaign_name"), *OWN),
)
DEVICE_TABLE = _breakdown_table(
    "Devices and places",
    ("device", "publisher", "country"),
    column("Device", "text", "device_type"),
    column("Publisher", "text", "publisher"),
    column("Country", "text", "country"),
)
AUDIENCE_TABLE = _breakdown_table(
    "Age and gender",
    ("audience",),
    column("Age", "text", "age_band"),
    column("Gender", "text", "gender"),
)
RESTATED_TABLE = TableSpec(
    "rpt_restated_days-table",
    "Days that a later export replaced",
    "rpt_restated_days",
    (
        column("Platform", "text", "ad_platform"),
        column("Account", "text", "account_id"),
        column("Grain", "text", "grain"),
        column("From", "text", "period_start"),
        column("To", "text", "period_end"),
        column("Spend before", "money", "spend_before"),
        column("Spend now", "money", "spend_after"),
        column("Conversions before", "credit", "reported_conversions_before"),
        column("Conversions now", "credit", "reported_conversions_after"),
    ),
    order=("ad_platform", "-period_start"),
    platform="ad_platform",
)

RETURN_BLOCKS = (own_returns, PLATFORM_TABLE, reported_days, CAMPAIGN_TABLE)
TAB = TabSpec(
    "reported",
    "As reported",
    (*RETURN_BLOCKS, DEVICE_TABLE, AUDIENCE_TABLE, RESTATED_TABLE),
    needs="rpt_reported_breakdowns",
)

# Where there are reports and nothing else, by tab: what is shown in place of the question's own.
BLOCKS_IN_PLACE: dict[str, tuple[Callable[[Tables], Chart] | TableSpec, ...]] = {
    "roi": (*RETURN_BLOCKS, RESTATED_TABLE),
    "funnel": (
        partial(click_rates, breakdown="platform"),
        partial(click_rates, breakdown="device"),
        _breakdown_table("Platforms", ("platform",)),
        DEVICE_TABLE,
    ),
    "attribution": (),
    "audience": (partial(click_rates, breakdown="audience"), AUDIENCE_TABLE),
    "segments": (),
    "budget": (),
}
