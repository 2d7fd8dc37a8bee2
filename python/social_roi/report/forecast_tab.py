"""What will the next days bring? Charts and tables."""

from social_roi.report.facts import (
    converting_users,
    known,
    ordered,
    simulated_money,
)
from social_roi.report.forecast import TOTAL, answer, by_platform, overview_row, rows_of
from social_roi.report.palette import MUTED
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    PERCENT,
    PLATFORMS_PARAMETER,
    ROI_SCALE,
    STEP,
    height,
    interval_spec,
    platform_colour,
    quantity,
    reference_line,
    tip,
    unless,
    values,
)
from social_roi.report.types import (
    Chart,
    Question,
    Rows,
    Spec,
    Tables,
    TableSpec,
    TabSpec,
    column,
)

LANES = 8
# where a limit is drawn: short names, since each day of the page repeats them
LIMIT_AT = {"_low": "lo", "_high": "hi", "_low_80": "lo80", "_high_80": "hi80"}
PAST_DAYS = 28  # days that happened, in the chart by day
LANE = 64  # pixels
LANE_TOP = 0.75  # of its lane: the largest day


def expected_returns(tables: Tables) -> Chart:
    days, rows = by_platform(tables)
    shown = with_roi(tables)
    refused = [row["ad_platform"] for row in rows if row["roi"] is None]
    left_out = f" Without: {', '.join(refused[:MAX_BARS])}." if refused and shown else ""
    return Chart(
        "forecast-roi",
        f"ROI of the next {days} days by platform, and of the last {days}",
        "ROI = (revenue - spend) / spend. Point: expected, with the 80 % prediction interval; ring:"
        f" the last {days} days. The line at 0 is break-even.{left_out}",
        converting_users(tables),
        _returns(tables, shown),
        height(len(shown)),
        "rpt_forecast_periods",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(shown, "No platform has a forecast of its ROI."),
    )


def with_roi(tables: Tables) -> Rows:
    """The platforms with a forecast of their ROI, as `answer` has them."""
    return known(by_platform(tables)[1], "roi")[:MAX_BARS]


def _returns(tables: Tables, rows: Rows) -> Spec:
    spec = interval_spec(
        "ad_platform",
        [row["ad_platform"] for row in rows],
        quantity("roi", "ROI", PERCENT, ROI_SCALE),
        ("roi_low_80", "roi_high_80"),
        platform_colour(tables, (row["ad_platform"] for row in rows)),
        [
            {"field": "ad_platform", "title": "Platform"},
            tip("roi", "ROI expected", PERCENT),
            tip("roi_low_80", "80 % from", PERCENT),
            tip("roi_high_80", "to", PERCENT),
            tip("roi_low", "95 % from", PERCENT),
            tip("roi_high", "to", PERCENT),
            tip("roi_recent", "ROI so far", PERCENT),
            tip("spend", "Spend expected", ",.2f"),
            tip("revenue", "Revenue expected", ",.2f"),
        ],
    )
    ring = {
        "mark": {"type": "point", "filled": False, "size": 120, "color": MUTED},
        "encoding": {
            "x": quantity("roi_recent", "ROI", PERCENT, ROI_SCALE),
            "color": {"value": MUTED},
        },
    }
    # the total stays whatever the filter of platforms
    keep = {"filter": f"datum.is_total || ({BY_PLATFORM['filter']})"}
    return spec | {
        "height": STEP * len(rows),
        "data": {"values": values([row | {"is_total": not row["is_part"]} for row in rows])},
        "params": [PLATFORMS_PARAMETER],
        "transform": [keep],
        "layer": [reference_line(0), ring, *spec["layer"]],
    }


def revenue_by_day(tables: Tables) -> Chart:
    lanes, rows = _lanes(tables, "revenue")
    return Chart(
        "forecast-days",
        "Revenue by day: the last 28 days, and what the next days bring",
        "In the project's currency, on the day of the conversion; each platform has its own scale."
        " Dashed: expected; dark and light band: 80 and 95 % of such days. It continues what"
        " was: no holidays, no planned budgets, no yearly season.",
        converting_users(tables),
        lane_spec(tables, lanes, rows),
        LANE * len(lanes) + 40,
        "rpt_forecast",
        is_simulated=simulated_money(tables)["revenue"],
        empty=unless([row for row in rows if "expected" in row], "Nothing can be forecast yet."),
    )


def _lanes(tables: Tables, measure: str) -> tuple[Rows, Rows]:
    """The platforms shown (largest expected first), and their days, scaled to a lane each.

    The lane of number n holds the heights from -n to LANE_TOP above it, and its name above these.
    """
    _, platforms = by_platform(tables)
    platforms = platforms[:LANES]
    rows = []
    for number, platform in enumerate(platforms):
        days = [
            row
            for row in tables["rpt_forecast"]
            if row["level"] == "platform"
            and row["measure"] == measure
            and row["ad_platform"] == platform["ad_platform"]
        ]
        past = [row["forecast_date"] for row in days if row["expected"] is None]
        first = min(sorted(past)[-PAST_DAYS:], default="")
        days = [row for row in days if row["forecast_date"] >= first]
        fields = ("happened", "expected", "expected_high_80")
        top = max((row[field] or 0 for row in days for field in fields), default=0) or 1

        def place(value: float, number: int = number, top: float = top) -> float:
            return round(min(value / top, 1.05) * LANE_TOP - number, 2)

        for row in ordered(days, "forecast_date"):
            day = {"ad_platform": row["ad_platform"], "day": row["forecast_date"]}
            if row["expected"] is None:
                what = {"happened": row["happened"], "at": place(row["happened"])}
            else:
                limits = tuple(LIMIT_AT)
                what = {"expected": round(row["expected"], 2), "at": place(row["expected"])}
                what |= {limit[1:]: round(row[f"expected{limit}"], 2) for limit in limits[2:]}
                what |= {LIMIT_AT[limit]: place(row[f"expected{limit}"]) for limit in limits}
            rows.append(day | what)
    names = [
        {
            "ad_platform": row["ad_platform"],
            "at": 1.05 * LANE_TOP - number,
            "label": f"{row['ad_platform']}{' - ' if row['note'] else ''}{row['note']}",
        }
        for number, row in enumerate(platforms)
    ]
    return names, rows


def lane_spec(tables: Tables, lanes: Rows, rows: Rows) -> Spec:
    y = {
        "field": "at",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [1 - len(lanes), 1], "nice": False, "zero": False},
    }
    x = {
        "field": "day",
        "type": "temporal",
        "title": None,
        "axis": {"format": "%d %b", "labelOverlap": True},
    }
    colour = platform_colour(tables, (row["ad_platform"] for row in lanes))
    tips = [
        {"field": "ad_platform", "title": "Platform"},
        {"field": "day", "title": "Day", "type": "temporal", "format": "%Y-%m-%d"},
    ]
    happened = [*tips, tip("happened", "Revenue", ",.2f")]
    expected = [
        *tips,
        tip("expected", "Expected", ",.2f"),
        tip("low_80", "80 % from", ",.2f"),
        tip("high_80", "to", ",.2f"),
    ]
    ahead, past = ({"filter": f"isValid(datum.{name})"} for name in ("expected", "happened"))
    bands = [
        {
            "transform": [ahead],
            "mark": {"type": "area", "opacity": opacity, "clip": True},
            "encoding": {
                "x": x,
                "y": y | {"field": LIMIT_AT[f"_high{limit}"]},
                "y2": {"field": LIMIT_AT[f"_low{limit}"]},
                "color": colour,
            },
        }
        for limit, opacity in (("", 0.15), ("_80", 0.25))
    ]
    lines = [
        {
            "transform": [part],
            "mark": {"type": "line", "strokeWidth": 1.5, "strokeDash": dash},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": told},
        }
        for part, dash, told in ((past, [1, 0], happened), (ahead, [4, 3], expected))
    ]
    first = min((row["day"] for row in rows), default="2000-01-01")
    names = {
        "data": {"values": [lane | {"day": first} for lane in lanes]},
        "mark": {"type": "text", "align": "left", "baseline": "bottom", "fontSize": 11},
        "encoding": {"x": x, "y": y, "text": {"field": "label", "type": "nominal"}},
    }
    return {
        "height": LANE * len(lanes),
        "data": {"values": values(rows)},
        "layer": [*bands, *lines, names],
    }


def _platforms(rows: Rows) -> Rows:
    """Without campaigns, and without what only repeats the row's key."""
    return [
        {name: row[name] for name in row if name not in ("level", "campaign_id")}
        for row in rows
        if row["level"] == "platform"
    ]


def _turned_out(tables: Tables) -> Rows:
    days, _ = by_platform(tables)
    return [
        {name: row[name] for name in row if name not in ("level", "campaign_id", "ad_platform")}
        for row in rows_of(tables["rpt_forecast_backtest"], TOTAL)
        if row["days_ahead"] == days
    ]


PERIODS = TableSpec(
    "rpt_forecast_periods-table",
    "The platforms, by measure and period, with 80 % limits",
    "rpt_forecast_periods",
    (
        column("Platform", "text", "ad_platform"),
        column("Measure", "model", "measure"),
        column("Days ahead", "count", "days_ahead"),
        column("Expected", "measure", "expected"),
        column("80 % limits", "measure", "expected_low_80", "expected_high_80"),
        column("So far", "measure", "recent"),
        column("Method", "text", "method"),
        column("Why none", "text", "reason"),
        column("Error to last week", "decimal", "error_to_last_week"),
        column("Days known", "count", "days_known"),
    ),
    rows=lambda tables: _platforms(tables["rpt_forecast_periods"]),
    order=("ad_platform", "measure", "days_ahead"),
    platform="ad_platform",
)

BACKTEST = TableSpec(
    "rpt_forecast_backtest-table",
    "How earlier forecasts of the longest period turned out, all platforms together",
    "rpt_forecast_backtest",
    (
        column("Made on", "text", "last_known_date"),
        column("Measure", "model", "measure"),
        column("Expected", "measure", "expected"),
        column("Happened", "measure", "happened"),
        column("Last week repeated", "measure", "last_week"),
    ),
    rows=_turned_out,
    order=("-last_known_date", "measure"),
)

QUESTION = Question(
    answer,
    "Expected ROI; the line is break-even",
    overview_row,
    TabSpec("forecast", "Forecast", (expected_returns, revenue_by_day, PERIODS, BACKTEST)),
)
