"""What will the next days bring? The sentence."""

from collections.abc import Mapping

from social_roi.report.facts import (
    known,
    ordered,
    shown_columns,
    simulated_money,
    untouched_names,
)
from social_roi.report.formatting import between, joined, marked, model_label
from social_roi.report.palette import ACCENT, OTHER
from social_roi.report.types import (
    Answer,
    OverviewRow,
    Row,
    Rows,
    Tables,
    column,
)

TOTAL = "(all)"
LIMITS = ("", "_low", "_high", "_low_80", "_high_80")
MEASURES = ("spend", "revenue", "conversions", "roi")
LEAST_DAYS = 28  # known days that a forecast needs besides those of its period
MAX_NOTES = 3
MAX_NAMED = 3  # platforms in one note
TOO_WIDE = "too_wide"
UNBILLED = "unbilled"
# more than this part of the revenue from platforms without spend: no ROI of all together
UNBILLED_SHARE = 0.05
NO_DATES = "Cannot tell: the data has no days to go on from. Export reports by day."
REASONS = {
    "stopped": "no spend and no revenue in the last 28 days",
    "simulated": "simulated money is not forecast",
    "no_spend": "no spend to go on from",
    "no_revenue": "no revenue to go on from",
    "no_conversions": "no conversions to go on from",
    TOO_WIDE: "sales too uneven to tell ROI",
    UNBILLED: "part of the revenue has no spend in the data",
}


def answer(tables: Tables) -> Answer:
    """What the longest period that can be forecast brings, if budgets go on as they are."""
    days, rows = by_platform(tables)
    total = [row for row in rows if row["ad_platform"] == TOTAL]
    if total:
        said = [_expected(total[0], days), *_unbilled(total[0], rows)]
        sentences = [*said, *_notes(tables, rows, days)]
    else:
        sentences = [NO_DATES]
    columns = (
        column("Platform", "text", "ad_platform"),
        column("Spend", "money", "spend", rests_on="spend"),
        column("Revenue", "money", "revenue", rests_on="revenue"),
        column("Conversions", "credit", "conversions"),
        column("ROI so far", "roi", "roi_recent", rests_on="roi"),
        column("ROI", "roi", "roi", rests_on="roi"),
        column("80 % limits", "roi", "roi_low_80", "roi_high_80"),
        # the sentence has it, too
        column("Note", "text", "note", is_extra=True),
    )
    return Answer(
        "forecast",
        f"What will the next {days} days bring?",
        " ".join(sentences),
        simulated_money(tables)["roi"],
        shown_columns(columns, tables),
        rows,
    )


def by_platform(tables: Tables) -> tuple[int, Rows]:
    """The period of the answer in days, and one row per platform with all measures, `(all)` first.

    The longest period of which anything is expected of all platforms together.
    """
    rows = [row for row in tables["rpt_forecast_periods"] if row["level"] == "platform"]
    periods = sorted({row["days_ahead"] for row in rows})
    expected = [row["days_ahead"] for row in known(rows_of(rows, TOTAL), "expected")]
    days = max(expected, default=periods[0] if periods else 28)
    pivoted: dict[str, Row] = {}
    for row in rows:
        if row["days_ahead"] == days:
            of_platform = pivoted.setdefault(
                row["ad_platform"],
                {
                    "ad_platform": row["ad_platform"],
                    "days_known": row["days_known"],
                    "attribution_model": row["attribution_model"],
                },
            )
            of_platform |= _measure(_told(row))
    # -100 % would be a figure of the data where no touch is known
    unknown = untouched_names(tables)
    found = [
        row
        | {"note": _note(row, days)}
        | ({"roi_recent": None} if row["ad_platform"] in unknown and not row["revenue"] else {})
        for row in _billed(list(pivoted.values()))
    ]
    return days, ordered(ordered(found, "-spend", "-revenue"), "is_part")


def rows_of(rows: Rows, platform: str) -> Rows:
    return [row for row in rows if row["ad_platform"] == platform]


def _told(row: Row) -> Row:
    """Without an ROI that may be anything: at worst nothing comes back, at best it pays back.

    Limits that reach -100 % are at least as far off as all the revenue expected. The tables keep
    them.
    """
    if row["measure"] != "roi" or row["expected"] is None:
        return row
    if row["expected_low_80"] > -1 or row["expected_high_80"] < 0:
        return row
    nothing = dict.fromkeys((f"expected{limit}" for limit in LIMITS), None)
    return row | nothing | {"reason": TOO_WIDE}


def _billed(rows: Rows) -> Rows:
    """Without an ROI of all where a part of the revenue comes from platforms without any spend."""
    told = sum(row["revenue"] or 0 for row in unbilled(rows))
    nothing = dict.fromkeys(f"roi{part}" for part in ("_recent", *LIMITS))
    return [
        row | nothing | {"roi_reason": UNBILLED}
        if not row["is_part"] and row["roi"] is not None and told > UNBILLED_SHARE * row["revenue"]
        else row
        for row in rows
    ]


def unbilled(rows: Rows) -> Rows:
    return [
        row
        for row in rows
        if row["is_part"] and row["spend_reason"] == "no_spend" and row["revenue"] is not None
    ]


def _measure(row: Row) -> Row:
    """The columns of one measure, with its name."""
    measure = row["measure"]
    limits = {f"{measure}{limit}": row[f"expected{limit}"] for limit in LIMITS}
    return limits | {
        f"{measure}_recent": row["recent"],
        f"{measure}_reason": row["reason"],
        f"{measure}_method": row["method"],
        f"{measure}_error": row["error_to_last_week"],
        "is_part": row["ad_platform"] != TOTAL,
    }


def _note(row: Row, days: int) -> str:
    """Why a platform has no forecast, or that its last week is repeated."""
    reasons = [row[f"{measure}_reason"] for measure in ("spend", "revenue", "roi")]
    for reason in reasons:
        if reason == "too_little_data":
            if row["days_known"] >= LEAST_DAYS + days:
                return "too few days with spend and revenue"
            return f"{row['days_known']} days known, {LEAST_DAYS + days} needed"
        if reason:
            return REASONS[reason]
    return "last week repeated" if row["revenue_method"] == "last_week" else ""


def _expected(total: Row, days: int) -> str:
    """What is expected of all platforms together."""
    if total["days_known"] < LEAST_DAYS + days:
        missing = LEAST_DAYS + days - total["days_known"]
        said = (
            f"Cannot tell yet: {_days(total['days_known'])} {_are(total['days_known'])} known, and"
            f" a forecast of {_days(days)} needs {_count(LEAST_DAYS + days)}. Export a longer"
            f" period, or wait {_days(missing)}."
        )
        return f"{said}{_recent(total, days)}"
    money = total["revenue"] is not None
    brings = (
        marked(total["revenue"], "money")
        if money
        else f"{marked(total['conversions'], 'credit')} conversions"
    )
    begin = f"If budgets go on as in recent weeks, the next {_count(days)} days"
    if total["roi"] is not None:
        sentence = (
            f"{begin} bring {brings} for {marked(total['spend'], 'money')} spent: ROI"
            f" {marked(total['roi'], 'roi')} {_limits(total, 'roi', 'roi')}."
        )
    elif total["roi_reason"] == UNBILLED:
        sentence = (
            f"{begin} cost {marked(total['spend'], 'money')} and bring {brings}"
            f" {_limits(total, 'revenue', 'money')}."
        )
    elif total["roi_reason"] == TOO_WIDE:
        counted = between(total["conversions_low_80"], total["conversions_high_80"], "credit")
        sales = f"{marked(total['conversions'], 'credit')} conversions ({counted})"
        sentence = (
            f"{begin} cost {marked(total['spend'], 'money')} {_limits(total, 'spend', 'money')} and"
            f" bring {sales}. Whether that pays back cannot be told: sales so far are too few or"
            " too uneven."
        )
    elif money or total["conversions"] is not None:
        brought = "revenue" if money else "conversions"
        sentence = f"{begin} bring {brings} {_limits(total, brought, _kind(brought))}."
    elif total["spend"] is not None:
        sentence = (
            f"{begin} cost {marked(total['spend'], 'money')} {_limits(total, 'spend', 'money')}."
        )
    else:
        return f"Cannot tell: {total['note']}."
    error = next(
        (
            total[f"{measure}_error"]
            for measure in ("revenue", "conversions", "spend")
            if total[measure] is not None
        ),
        None,
    )
    if error is None:
        return sentence
    if error >= 1:
        return f"{sentence} Repeating the last week was no farther off so far."
    return (
        f"{sentence} Forecasts made this way were {marked(1 - error, 'percent')} closer than"
        " repeating the last week."
    )


def _unbilled(total: Row, rows: Rows) -> list[str]:
    if total["roi_reason"] != UNBILLED:
        return []
    parts = unbilled(rows)
    revenue = marked(sum(row["revenue"] for row in parts), "money")
    names = _listed([row["ad_platform"] for row in parts])
    return [
        f"{revenue} of the revenue come from {names}, whose spend is not in the data: no ROI of all"
        " together."
    ]


def _recent(total: Row, days: int) -> str:
    """What is known instead of a forecast."""
    known_days = min(days, total["days_known"])
    if not total["spend_recent"] or total["roi_reason"] == "simulated":
        return ""
    brought = [
        f"{marked(total[f'{measure}_recent'], _kind(measure))}{unit}"
        for measure, unit in (("revenue", ""), ("conversions", " conversions"))
        if total[f"{measure}_recent"]
    ]
    back = f" and brought {' from '.join(brought)}" if brought else ""
    return f" The last {_days(known_days)} cost {marked(total['spend_recent'], 'money')}{back}."


def _kind(measure: str) -> str:
    return "credit" if measure == "conversions" else "money"


def _count(number: int) -> str:
    return marked(number, "count")


def _days(number: int) -> str:
    return f"{_count(number)} {'day' if number == 1 else 'days'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _limits(row: Row, measure: str, kind: str) -> str:
    limits = between(row[f"{measure}_low_80"], row[f"{measure}_high_80"], kind)
    return f"(80\u00a0%\u00a0prediction interval {limits})"


def _notes(tables: Tables, rows: Rows, days: int) -> list[str]:
    """What does not hold for every platform, or is not as the other answers have it."""
    # what holds for all together is said with them
    whole = next((row for row in rows if not row["is_part"]), {})
    by_note: dict[str, list[str]] = {}
    for row in rows:
        if row["is_part"] and row["note"] not in ("", whole.get("note")):
            by_note.setdefault(row["note"], []).append(row["ad_platform"])
    said = [f"{_listed(names)}: {note}." for note, names in list(by_note.items())[:MAX_NOTES]]
    if more := sum(map(len, list(by_note.values())[MAX_NOTES:])):
        said.append(f"And {more} more platforms, see their notes.")
    ours, chosen = rows[0]["attribution_model"], tables["rpt_totals"][0]["attribution_model"]
    if not whole.get("conversions_recent"):
        return said
    if ours == "platform_reported":
        said.append(
            "Conversions and revenue are what the platforms report; those of the last weeks may"
            " still rise."
        )
    elif ours != chosen:
        said.append(
            f"Credited by {model_label(ours).lower()}: {model_label(chosen).lower()} is not known"
            " day by day."
        )
    return said


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_NAMED
    return joined([*names[:MAX_NAMED], f"{more} more"] if more > 0 else names)


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    return OverviewRow(
        row["ad_platform"],
        colours.get(row["ad_platform"], ACCENT if row["ad_platform"] == TOTAL else OTHER),
        {"circle": row["roi"]},
        (row["roi_low_80"], row["roi_high_80"]),
        row["roi"],
        "roi",
    )
