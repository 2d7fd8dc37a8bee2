"""What the answer on return says by each attribution rule and lookback window: the page's menus."""

from typing import Any

from social_roi.report.facts import (
    UNATTRIBUTED,
    is_reports_only,
    largest,
    ordered,
    ranked_by_roi,
    roi_summary,
)
from social_roi.report.formatting import VERDICTS, model_label
from social_roi.report.questions import returns_answer
from social_roi.report.roi import with_rules
from social_roi.report.roi_tab import (
    campaign_returns,
    labelled,
    platform_returns,
    spend_against_return,
)
from social_roi.report.spend_tab import spend_and_revenue_shares
from social_roi.report.types import Chart, Row, Rows, Tables

# rows of the other rules that the page carries, those with the largest spend
MAX_CAMPAIGNS = 40
FIELDS = (
    "ad_platform", "campaign_name", "campaign_id", "label", "verdict", "by_rules", "spend",
    "revenue", "conversions", "converting_users", "roi", "roi_low", "roi_high", "roas", "cpa",
    "break_even_share", "why_cannot_tell",
)  # fmt: skip
REPORTED = "platform_reported"


def rules_payload(tables: Tables) -> dict[str, Any]:
    """By rule its sentences and rows of platforms and campaigns; by window the platforms' rows.

    Rows are lists in the order of `fields`. Empty where nobody's touches are known.
    """
    rules = rule_names(tables)
    if not rules:
        return {}
    return {
        "fields": FIELDS,
        "verdicts": VERDICTS,
        "topics": {chart.key: chart.topic for chart in _charts(tables)},
        "rules": {rule: _by_rule(tables, rule) for rule in rules},
        "windows": _by_window(tables, rules),
    }


def rule_names(tables: Tables) -> list[str]:
    """The rules that platforms are judged by; none where only their own reports are known."""
    if is_reports_only(tables):
        return []
    found = {row["attribution_model"] for row in tables["rpt_platform_roi"]} - {REPORTED}
    return sorted(found)


def windows(tables: Tables) -> list[int]:
    """The lookback windows that the platforms' return is known for, in days."""
    if is_reports_only(tables):
        return []
    found = {row["lookback_days"] for row in tables["rpt_attribution_sensitivity"]}
    return sorted(found | {tables["rpt_totals"][0]["lookback_days"]})


def menus(tables: Tables) -> dict[str, Any]:
    """The choices of both menus and what the build chose."""
    totals = tables["rpt_totals"][0]
    return {
        "rules": [(rule, model_label(rule)) for rule in rule_names(tables)],
        "windows": windows(tables),
        "rule": totals["attribution_model"],
        "window": totals["lookback_days"],
    }


def _by_rule(tables: Tables, rule: str) -> Row:
    changed = dict(tables) | {
        "rpt_totals": [row | {"attribution_model": rule} for row in tables["rpt_totals"]]
    }
    answer = returns_answer(changed)
    campaigns = ranked_by_roi(changed, "rpt_campaign_roi")
    return {
        "finding": answer.marked_finding,
        "titles": {chart.key: chart.title for chart in _charts(changed)},
        "brief": answer.marked_brief,
        "sentence": answer.marked_sentence,
        "platform": _lists(ranked_by_roi(changed, "rpt_platform_roi")),
        "platform_summary": _lists(roi_summary(changed, "rpt_platform_roi")),
        "campaign": _lists(labelled(largest(campaigns, "spend", MAX_CAMPAIGNS))),
        "campaign_summary": _lists(roi_summary(changed, "rpt_campaign_roi")),
    }


def _charts(tables: Tables) -> list[Chart]:
    """The charts whose rows and titles follow the rule."""
    drawn = (platform_returns, spend_and_revenue_shares, spend_against_return, campaign_returns)
    return [draw(tables) for draw in drawn]


def _by_window(tables: Tables, rules: list[str]) -> dict[int, dict[str, list[list[Any]]]]:
    rows = [
        row
        for row in tables["rpt_attribution_sensitivity"]
        if row["lookback_days"] != tables["rpt_totals"][0]["lookback_days"]
        and row["ad_platform"] != UNATTRIBUTED
    ]
    return {
        days: {
            rule: _lists(
                ordered(
                    [
                        row
                        for row in rows
                        if (row["lookback_days"], row["attribution_model"]) == (days, rule)
                    ],
                    "-roi",
                )
            )
            for rule in rules
        }
        for days in sorted({row["lookback_days"] for row in rows})
    }


def _lists(rows: Rows) -> list[list[Any]]:
    """Rows as lists without nulls at their ends, numbers with four decimals."""
    found = []
    for row in with_rules([_whole(row) for row in rows]):
        values = [row[field] for field in FIELDS]
        while values and values[-1] is None:
            values.pop()
        found.append([round(x, 4) if isinstance(x, float) else x for x in values])
    return found


def _whole(row: Row) -> Row:
    label = row.get("label") or row["ad_platform"]
    nothing = dict.fromkeys(
        (*FIELDS, "verdict_depends_on_rule", "models_that_agree", "models_judged")
    )
    roas = row["revenue"] / row["spend"] if row["spend"] and row["revenue"] is not None else None
    return nothing | {"roas": roas} | row | {"label": label}
