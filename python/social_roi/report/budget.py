"""Where should the next money go? Sentence, chart and tables."""

from collections.abc import Mapping

from social_roi.report.facts import (
    UNTOUCHED,
    campaign_names,
    converting_users,
    known,
    ordered,
    ranked_by_roi,
    shown_columns,
    simulated_money,
)
from social_roi.report.formatting import between, joined, marked, model_label
from social_roi.report.palette import OTHER
from social_roi.report.spec import (
    BY_PLATFORM,
    MAX_BARS,
    PLATFORMS_PARAMETER,
    STEP,
    WHOLE,
    height,
    platform_colour,
    quantity,
    tip,
    unless,
    values,
)
from social_roi.report.types import (
    Answer,
    Chart,
    OverviewRow,
    Question,
    Row,
    Rows,
    Tables,
    TableSpec,
    TabSpec,
    column,
)

TOTAL = "(all)"
MAX_PAIRS = 2
REASONS = {
    "moved": "",
    "nothing_sure": "no move is sure",
    "few_conversions": "fewer than 30 conversions",
    "few_weeks": "fewer than 8 full weeks",
    "no_revenue": "no revenue in the data",
    "simulated": "simulated money",
    "only_one": "no other to compare",
    "no_spend": "no spend in the last 4 weeks",
    "not_compared": "smaller platforms, not compared",
}
# the same in the answer, which speaks of all platforms
WHY_NOT = {
    "few_conversions": "no two platforms have 30 conversions each",
    "few_weeks": "the data has fewer than 8 full weeks with spend",
    "no_revenue": "revenue is not in the data",
    "only_one": "there is no other platform to compare",
    "simulated": "the money is assumed",
}

# --- the sentence ------------------------------------------------------------------------------


def answer(tables: Tables) -> Answer:
    """Which money to move, under every attribution model; else why to stand still."""
    whole, rows = moves(tables)
    if whole is None:
        has_spend = tables["rpt_totals"][0]["first_spend_date"] is not None
        lacking = "the data has no full weeks" if has_spend else "spend is not in the data"
        sentence = f"Cannot tell: {lacking}."
    elif whole["gain"] is not None:
        said = [_advice(whole, rows), _assumed(whole), *_dependent(tables), *_left_out(rows)]
        sentence = " ".join([*said, *_within(tables)])
    else:
        within = _within(tables)
        if whole["reason"] == "nothing_sure":
            said = [_stand_still(whole, tables), *_dependent(tables), *_left_out(rows)]
        else:
            between_platforms = " between platforms" if within else ""
            said = [f"Cannot tell{between_platforms}: {_why_not(whole['reason'], tables, rows)}."]
        sentence = " ".join([*said, *within, *([_assumed(whole)] if within else [])])
    columns = (
        column("Platform", "text", "ad_platform"),
        column("Spend", "money", "spend", rests_on="spend"),
        column("Change", "money", "change", rests_on="spend"),
        column("After", "money", "spend_after", rests_on="spend"),
        column("Next unit returns", "decimal", "next_unit_low", "next_unit_high", rests_on="roi"),
        column("Note", "text", "note"),
    )
    return Answer(
        "budget",
        "Where should the next money go?",
        sentence,
        simulated_money(tables)["roi"],
        shown_columns(columns, tables),
        rows,
    )


def _why_not(reason: str, tables: Tables, rows: Rows) -> str:
    if reason == "few_conversions":
        spent = [row for row in ranked_by_roi(tables, "rpt_platform_roi") if row["spend"]]
        if spent and all(row["why_cannot_tell"] == UNTOUCHED for row in spent):
            return "the data has no touch of what was spent"
    able = [row["ad_platform"] for row in rows if row["reason"] == "only_one"]
    others = {row["reason"] for row in rows} - {"only_one"}
    if reason == "only_one" and len(able) == 1 and others == {"few_conversions"}:
        return f"only {able[0]} has 30 conversions or more, and a move needs two platforms"
    if reason == "only_one" and not able and "no_revenue" in others:
        return WHY_NOT["no_revenue"]
    if reason == "only_one" and able and others:
        return f"of the others the data tells too little to compare them with {able[0]}"
    return WHY_NOT.get(reason, REASONS[reason])


def moves(tables: Tables) -> tuple[Row | None, Rows]:
    """The row of all changes together, and one per platform: who gets most first."""
    rows = [
        row
        | {"note": REASONS[row["reason"]]}
        # of no conversion at all there is no rate
        | ({"next_unit_low": None, "next_unit_high": None} if not row["next_unit_high"] else {})
        for row in tables["rpt_budget_moves"]
        if row["level"] == "platform"
    ]
    whole = next((row for row in rows if row["ad_platform"] == TOTAL), None)
    parts = [row for row in rows if row["ad_platform"] != TOTAL]
    return whole, ordered(parts, "-change", "-next_unit_low", "ad_platform")


def _advice(whole: Row, rows: Rows) -> str:
    givers = [row for row in rows if row["change"] < 0]
    takers = [row for row in rows if row["change"] > 0]
    given = joined([f"{_about(-row['change'])} from {row['ad_platform']}" for row in givers])
    # one to one: the amount once
    is_pair = len(givers) == len(takers) == 1
    taken = joined(
        [
            f"{'' if is_pair else _about(row['change']) + ' '}to {row['ad_platform']}"
            f" ({marked(row['change_share'], 'roi')})"
            for row in takers
        ]
    )
    limits = between(whole["gain_low"], whole["gain_high"], "advice")
    return (
        f"Of what {marked(whole['weeks'], 'count')} weeks cost, move about"
        f" {given}{' ' if is_pair else ': '}{taken}. That should bring {_about(whole['gain'])}"
        f" more revenue for the same money (95\u00a0% limits {limits}); it pays under every"
        " rule-based attribution model."
    )


def _about(amount: float) -> str:
    """As a person would type it; the tables have it to the cent."""
    return marked(amount, "advice")


def _campaigns(tables: Tables) -> Rows:
    """Campaigns that were compared with others of their platform, who gets most first."""
    names = campaign_names(tables)
    rows = [
        row
        | {
            "note": REASONS[row["reason"]],
            "campaign": names.get((row["ad_platform"], row["campaign_id"]), row["campaign_id"]),
        }
        for row in tables["rpt_budget_moves"]
        if row["level"] == "campaign" and row["campaign_id"] != TOTAL
    ]
    return ordered(rows, "ad_platform", "-change", "-next_unit_low", "campaign_id")


def platforms_within(tables: Tables) -> list[str]:
    """Platforms of which money moves between their campaigns."""
    return list(dict.fromkeys(row["ad_platform"] for row in _campaigns(tables) if row["change"]))


def _within(tables: Tables) -> list[str]:
    """Moves between campaigns of one platform, which go beside those between platforms."""
    moved = [row for row in _campaigns(tables) if row["change"]]
    said = []
    for platform in platforms_within(tables):
        changes = [
            f"{_about(abs(row['change']))} {'to' if row['change'] > 0 else 'from'}"
            f" {row['campaign']}"
            for row in moved
            if row["ad_platform"] == platform
        ]
        said.append(f"Within {platform} move about {', '.join(changes)}.")
    return said


def _elasticity(whole: Row) -> str:
    return (
        f"1\u00a0% more spend on a platform brings {marked(whole['elasticity_low'], 'decimal')} to"
        f" {marked(whole['elasticity_high'], 'decimal')}\u00a0% more revenue"
    )


def _assumed(whole: Row) -> str:
    return (
        f"It holds if {_elasticity(whole)}, and if the ads caused the sales that they are credited"
        " with: only a test shows that."
    )


def _left_out(rows: Rows) -> list[str]:
    """That platforms beyond the largest by spend were not looked at, with their spend."""
    compared = sum(row["reason"] != "not_compared" for row in rows)
    return [
        f"Only the {marked(compared, 'count')} platforms with the most spend are compared; the"
        f" others cost {marked(row['spend'], 'money')}."
        for row in rows
        if row["reason"] == "not_compared"
    ]


def _stand_still(whole: Row, tables: Tables) -> str:
    pair = best_pair(tables)
    said = (
        "Stand still: no platform returns so much more than another that moving money surely pays"
        f" where {_elasticity(whole)}."
    )
    if pair:
        said += (
            f" Nearest: {pair['to_platform']} instead of {pair['from_platform']},"
            f" {marked(pair['ratio'], 'decimal')} times the revenue per unit where"
            f" {marked(pair['needed_ratio'], 'decimal')} are needed. A test would tell more: eight"
            f" weeks in which the budget of {pair['to_platform']} alternates at random between half"
            " more and half less."
        )
    return said


def best_pair(tables: Tables) -> Row | None:
    """The pair of platforms whose move is nearest to paying for sure."""
    return next(iter(ordered(_of_chosen_model(tables), "-probability", "-ratio")), None)


def _of_chosen_model(tables: Tables) -> Rows:
    models = {row["attribution_model"] for row in tables["rpt_budget_moves"]}
    return [
        row
        for row in tables["rpt_budget_pairs"]
        if row["level"] == "platform" and row["attribution_model"] in models
    ]


def _dependent(tables: Tables) -> list[str]:
    """Moves that are sure by the answers' model and not by another."""
    found = []
    for pair in ordered(_of_chosen_model(tables), "-gain_at_worst", "from_platform"):
        if not pair["is_sure"] or pair["is_sure_in_every_model"]:
            continue
        against = sorted(
            model_label(row["attribution_model"]).lower()
            for row in tables["rpt_budget_pairs"]
            if row["level"] == "platform"
            and (row["from_platform"], row["to_platform"])
            == (pair["from_platform"], pair["to_platform"])
            and not row["is_sure"]
        )
        found.append(
            f"{pair['to_platform']} instead of {pair['from_platform']} depends on the model:"
            f" {joined(against)} {'do' if len(against) > 1 else 'does'} not agree."
        )
    return found[:MAX_PAIRS]


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    return OverviewRow(
        row["ad_platform"],
        colours.get(row["ad_platform"], OTHER),
        {},
        (row["next_unit_low"], row["next_unit_high"]),
        row["next_unit_low"],
        "decimal",
    )


# --- chart -------------------------------------------------------------------------------------


def with_next_unit(tables: Tables) -> Rows:
    """The platforms of which it is known between what one more unit returns."""
    return known(moves(tables)[1], "next_unit_low", "next_unit_high")[:MAX_BARS]


def next_unit(tables: Tables) -> Chart:
    shown = [row | {"label": row["ad_platform"]} for row in with_next_unit(tables)]
    x = quantity("next_unit_low", "Revenue of one more unit of spend", ",.2~f")
    spec = {
        "height": STEP * len(shown),
        "data": {"values": values(shown)},
        "params": [PLATFORMS_PARAMETER],
        "transform": [BY_PLATFORM],
        "mark": {"type": "bar", "height": 14},
        "encoding": {
            "y": {
                "field": "label",
                "type": "nominal",
                "title": None,
                "sort": [row["label"] for row in shown],
            },
            "x": x,
            "x2": {"field": "next_unit_high"},
            "color": platform_colour(tables, (row["ad_platform"] for row in shown)),
            "tooltip": [
                {"field": "label", "title": "Platform"},
                tip("next_unit_low", "At least", ",.2f"),
                tip("next_unit_high", "At most", ",.2f"),
                tip("spend", "Spend", ",.2f"),
                tip("change", "Change", ",.2f"),
                tip("spend_after", "Spend after", ",.2f"),
            ],
        },
    }
    return Chart(
        "budget-next-unit",
        "What one more unit of spend returns, by platform",
        "From the least to the most that it may bring: the 95 % limits of what the average unit"
        " brought, less what wears off as spend grows. Where bars overlap, nobody knows which"
        " returns more, and no money moves.",
        converting_users(tables),
        spec,
        height(len(shown)),
        "rpt_budget_moves",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(shown, "There are not enough full weeks with spend."),
    )


def now_and_after(tables: Tables) -> Chart:
    """Spend now and after the move, where there is one."""
    rows = [row for row in moves(tables)[1] if row["spend_after"] is not None and row["change"]]
    labels = ["now", "after"]
    shown = [
        {"ad_platform": row["ad_platform"], "when": when, "spend": row[field]}
        for row in rows[:MAX_BARS]
        for when, field in zip(labels, ("spend", "spend_after"), strict=True)
    ]
    spec = {
        "height": 52 * min(len(rows), MAX_BARS),
        "data": {"values": values(shown)},
        "params": [PLATFORMS_PARAMETER],
        "transform": [BY_PLATFORM],
        "encoding": {
            "y": {
                "field": "ad_platform",
                "type": "nominal",
                "title": None,
                "sort": [row["ad_platform"] for row in rows],
            },
            "yOffset": {"field": "when", "type": "nominal", "sort": labels},
            "x": quantity("spend", "Spend", WHOLE),
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": 12, "strokeWidth": 1.5},
                "encoding": {
                    "fill": platform_colour(tables, (row["ad_platform"] for row in rows)),
                    "stroke": platform_colour(tables, (row["ad_platform"] for row in rows)),
                    "fillOpacity": {"condition": {"test": "datum.when == 'now'", "value": 0},
                                    "value": 1},
                    "tooltip": [
                        {"field": "ad_platform", "title": "Platform"},
                        {"field": "when", "title": "When"},
                        tip("spend", "Spend", ",.2f"),
                    ],
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {
                    "text": {"field": "spend", "type": "quantitative", "format": WHOLE}
                },
            },
        ],
    }  # fmt: skip
    whole = moves(tables)[0]
    weeks = f" of {whole['weeks']} weeks" if whole and whole["weeks"] else ""
    return Chart(
        "budget-after",
        "Spend now and after the move",
        f"Spend{weeks}. Hollow: now; full: after the move.",
        converting_users(tables),
        spec,
        52 * min(len(rows), MAX_BARS) + 50,
        "rpt_budget_moves",
        is_simulated=simulated_money(tables)["roi"],
        is_filtered=True,
        empty=unless(shown, "No move surely pays, so the budget stays as it is."),
    )


# --- tables ------------------------------------------------------------------------------------

PAIRS = TableSpec(
    "rpt_budget_pairs-table",
    "Every pair of platforms, by the attribution model of the answers",
    "rpt_budget_pairs",
    (
        column("From", "text", "from_platform"),
        column("To", "text", "to_platform"),
        column("Largest move", "money", "change", rests_on="spend"),
        column("Gain", "money", "gain", rests_on="revenue"),
        column("At worst", "money", "gain_at_worst", rests_on="revenue"),
        column("Probability", "percent", "probability"),
        column("Times the return", "decimal", "ratio"),
        column("Needed", "decimal", "needed_ratio"),
    ),
    rows=_of_chosen_model,
    order=("-gain_at_worst", "from_platform", "to_platform"),
)

MOVES = TableSpec(
    "rpt_budget_moves-table",
    "Spend now and after",
    "rpt_budget_moves",
    (
        column("Platform", "text", "ad_platform"),
        column("Spend", "money", "spend", rests_on="spend"),
        column("Change", "money", "change", rests_on="spend"),
        column("After", "money", "spend_after", rests_on="spend"),
        column("Note", "text", "note"),
    ),
    rows=lambda tables: moves(tables)[1],
    platform="ad_platform",
)

CAMPAIGNS = TableSpec(
    "rpt_budget_moves-campaigns",
    "Between the campaigns of a platform",
    "rpt_budget_moves",
    (
        column("Platform", "text", "ad_platform"),
        column("Campaign", "text", "campaign"),
        column("Spend", "money", "spend", rests_on="spend"),
        column("Change", "money", "change", rests_on="spend"),
        column("After", "money", "spend_after", rests_on="spend"),
        column("Next unit returns", "decimal", "next_unit_low", "next_unit_high", rests_on="roi"),
        column("Note", "text", "note"),
    ),
    rows=_campaigns,
    platform="ad_platform",
)

QUESTION = Question(
    answer,
    "What one more unit of spend returns; the number: at least",
    overview_row,
    TabSpec("budget", "Budget", (now_and_after, next_unit, MOVES, CAMPAIGNS, PAIRS)),
)
