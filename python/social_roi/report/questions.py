"""The questions in the order of the terminal and the page."""

from social_roi.report import (
    attribution_tab,
    audience_tab,
    budget,
    forecast_tab,
    funnel_tab,
    quality,
    roi_tab,
    segments_tab,
)
from social_roi.report.facts import is_reports_only
from social_roi.report.findings import with_finding
from social_roi.report.money import with_currency
from social_roi.report.reported import ANSWERS, answered_by_reports
from social_roi.report.reported_tab import BLOCKS_IN_PLACE, TAB
from social_roi.report.types import Answer, Question, Tables, TabSpec

QUESTIONS: tuple[Question, ...] = (
    roi_tab.QUESTION,
    funnel_tab.QUESTION,
    attribution_tab.QUESTION,
    audience_tab.QUESTION,
    segments_tab.QUESTION,
    forecast_tab.QUESTION,
    budget.QUESTION,
)
# The tables that the answers read.
ANSWER_TABLES = (
    "rpt_audience",
    "rpt_audience_groups",
    "rpt_budget_moves",
    "rpt_budget_pairs",
    "rpt_campaign_roi",
    "rpt_claims_vs_orders",
    "rpt_data_quality",
    "rpt_device_funnel",
    "rpt_forecast_periods",
    "rpt_platform_attribution",
    "rpt_platform_funnel",
    "rpt_platform_roi",
    "rpt_reported_breakdowns",
    "rpt_segments",
    "rpt_totals",
    "segment_selection",
)


def all_answers(tables: Tables) -> list[Answer]:
    """Answer all questions from ANSWER_TABLES.

    A winner is named only when its confidence interval separates it from the others; otherwise the
    answer is "cannot tell". Figures based on simulated money say so inside the sentence.
    """
    return [
        with_currency(with_finding(question.answer(tables), tables), tables)
        for question in questions(tables)
    ]


def returns_answer(tables: Tables) -> Answer:
    """The answer on return, from ANSWER_TABLES with any attribution model as the chosen one."""
    answer = roi_tab.QUESTION.answer(tables)
    return with_currency(with_finding(answer, tables), tables)


def questions(tables: Tables) -> list[Question]:
    """The questions; those that only reports can answer, with the reports' answer.

    The tabs of these have other blocks where there are reports and nothing else: the reports' tab
    is theirs then.
    """
    taken, is_alone = answered_by_reports(tables), is_reports_only(tables)
    found = []
    for question in QUESTIONS:
        key = question.tab.key
        if is_alone:
            blocks = BLOCKS_IN_PLACE.get(key, question.tab.blocks)
            question = question._replace(tab=question.tab._replace(blocks=blocks))
        found.append(question._replace(**(ANSWERS[key] if key in taken else {})))
    return found


def tabs(tables: Tables) -> list[TabSpec]:
    """The tabs of the page after the overview."""
    shown = [question.tab for question in questions(tables)]
    if is_reports_only(tables):
        return [*shown, quality.TAB]
    last = quality.TAB._replace(blocks=(*quality.TAB.blocks, *segments_tab.QUALITY_BLOCKS))
    return [tab for tab in (*shown, TAB, last) if not tab.needs or tables[tab.needs]]
