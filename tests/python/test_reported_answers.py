"""Sentences about what platforms report themselves: limits for many campaigns, and labels."""

import random
from collections import defaultdict

import pytest
from scipy.stats import t

from social_roi.report.findings import FINDINGS
from social_roi.report.formatting import plain
from social_roi.report.reported import (
    answered_by_reports,
    audience_answer,
    budget_answer,
    funnel_answer,
    labelled,
    own_family_verdict,
    own_limit,
    returns_answer,
)
from social_roi.report.reported_tab import click_rates, own_returns
from social_roi.report.types import Row, Tables


def campaign(name: str, roi: float, error: float, df: int) -> Row:
    """A reported row as SQL makes it: Student's t times the standard error."""
    limits = {
        f"roi_{side}{ending}": roi + sign * error * t.ppf(0.5 + level / 2, df)
        for side, sign in (("low", -1), ("high", 1))
        for ending, level in (("", 0.95), ("_90", 0.9))
    }
    verdict = "cannot_tell"
    if limits["roi_low"] > 0:
        verdict = "claims_to_pay_back"
    if limits["roi_high"] < 0:
        verdict = "loses_by_own_count"
    return limits | {
        "ad_platform": "Meta",
        "campaign_name": name,
        "attribution_model": "platform_reported",
        "attribution_setting": None,
        "roi": roi,
        "spend": 1.0,
        "cpa": None,
        "verdict": verdict,
    }


@pytest.mark.parametrize(
    ("df", "rows", "within"), [(13, 5, 0.01), (27, 40, 0.01), (180, 40, 0.001)]
)
def test_limits_at_another_level_are_those_of_students_t(df: int, rows: int, within: float) -> None:
    level = 1 - 0.05 / rows
    reach = t.ppf(0.5 + level / 2, df) * 0.2
    row = campaign("a", -0.5, 0.2, df)
    assert own_limit(row, "high", level) + 0.5 == pytest.approx(reach, rel=within)
    assert own_limit(row, "low", level) + 0.5 == pytest.approx(-reach, rel=within)


def test_of_many_campaigns_at_break_even_hardly_any_is_named() -> None:
    rng = random.Random(5)
    named = 0
    for _ in range(200):
        rows = [campaign(str(n), rng.gauss(0, 0.3), 0.3, 60) for n in range(40)]
        named += any(own_family_verdict(row, rows) != "cannot_tell" for row in rows)
    assert named <= 20  # 5 % of 200, and its sampling error


def test_titles_judge_platforms_at_the_limits_of_the_answer() -> None:
    # by itself the first one claims to pay back, among three it may be chance
    rows = [
        campaign("all", roi, 0.1, 60) | {"ad_platform": name, "revenue": 1.0 + roi}
        for name, roi in (("Meta", 0.21), ("TikTok", 0.9), ("X", -0.8))
    ]
    assert rows[0]["verdict"] == "claims_to_pay_back"
    tables = defaultdict(list, {"rpt_platform_roi": rows, "rpt_totals": [{"users": 0}]})
    tables["rpt_reported_breakdowns"] = [{"breakdown": "platform"}]
    title = own_returns(tables).title
    assert title == "Of 3 platforms 1 claims to pay back, 1 loses, 1 cannot be told"
    del tables["rpt_platform_roi"][2]
    assert plain(FINDINGS["roi"](tables)).startswith("TikTok claims to pay back")


def test_reports_alone_give_no_advice_and_say_why() -> None:
    rows = [campaign("a", 2.0, 0.3, 60), campaign("b", 2.0, 0.3, 60) | {"ad_platform": "TikTok"}]
    one, two = (
        budget_answer({"rpt_platform_roi": rows[:count]}).marked_sentence for count in (1, 2)
    )
    assert one.startswith("Cannot tell: only Meta's own count of its sales is known")
    assert two.startswith("Cannot tell: each platform counts its own sales, in its own way")


def test_few_losers_are_named_and_chance_is_said() -> None:
    rows = [campaign(name, 2.0, 0.3, 60) for name in "abc"]
    rows += [campaign("Sad", -0.8, 0.1, 60), campaign("Open", -0.25, 0.12, 60)]
    assert rows[-1]["verdict"] == "loses_by_own_count"
    told = plain(
        returns_answer({"rpt_platform_roi": rows[:1], "rpt_campaign_roi": rows}).marked_sentence
    )
    assert (
        "Of 5 campaigns with an interval 3 claim to pay back and 1 lose even by their own count "
        "(Sad), at limits that allow for so many." in told
    )


def test_unknown_groups_come_last_and_one_platform_is_not_named() -> None:
    group = {"gender": "F", "age_band": "18-24", "device_type": None, "publisher": None}
    rows = [
        group | {"country": None, "ad_platform": "Meta", "age_band": "unknown"},
        group | {"country": None, "ad_platform": "Meta"},
    ]
    assert [row["label"] for row in labelled(rows)] == ["Women 18-24", "Women unknown"]
    rows[0]["ad_platform"] = "TikTok"
    assert [row["label"] for row in labelled(rows)] == [
        "Women 18-24 on Meta",
        "Women unknown on TikTok",
    ]


NO_LOG: Tables = {"rpt_device_funnel": [], "rpt_platform_funnel": []}


def clicked(*cells: tuple[str, float | None, float | None]) -> str:
    """The answer of a funnel by device: name, and limits of CTR around 2 %, or none."""
    names = ("gender", "age_band", "publisher", "country", "spend", "reported_conversions")
    nothing = dict.fromkeys((*names, "cost_per_conversion"))
    rows = [
        nothing
        | {"breakdown": breakdown, "ad_platform": "Meta", "device_type": device}
        | {"impressions": 10_000, "clicks": 200, "ctr": 0.02 + number / 1000}
        | {"ctr_low": low, "ctr_high": high}
        for number, (device, low, high) in enumerate(cells)
        for breakdown in ("platform", "device")
    ]
    return plain(funnel_answer({"rpt_reported_breakdowns": rows} | NO_LOG).marked_sentence)


def test_click_rates_without_days_are_told_and_not_judged() -> None:
    sentence = clicked(("Mobile", 0.019, 0.0205), ("TV", 0.0206, 0.03))
    assert "TV is clearly clicked most often" in sentence
    overlapping = clicked(("Mobile", 0.019, 0.0205), ("TV", 0.0204, 0.03))
    assert "Cannot tell which device is clicked most often, intervals overlap" in overlapping
    sentence = clicked(("Mobile", 0.019, 0.0205), ("TV", None, None))
    assert "TV is clicked most often, 2.10%, Mobile least, 2.00%: cannot tell whether" in sentence


def log_beside_a_report() -> Tables:
    """A log without impressions, whose devices have clicks and a conversion rate, and a report."""
    names = ("ctr", "ctr_low", "ctr_high", "conversions_per_impression")
    log = [
        dict.fromkeys(names)
        | {"device_type": device, "impressions": 0, "clicks": 4_000, "clicks_of_top_user": 3}
        | {"conversions": conversions + 9, "conversions_without_click": 9}
        | {"cvr": conversions / 4_000, "cvr_low": conversions / 5_000}
        | {"cvr_high": conversions / 3_000, "ctr_design_effect": 1.0, "cvr_design_effect": 1.0}
        for device, conversions in (("Mobile", 40), ("Desktop", 120))
    ]
    report = dict.fromkeys(("gender", "age_band", "device_type", "publisher", "country"))
    report |= {"breakdown": "platform", "ad_platform": "Meta", "impressions": 900_000}
    report |= {"clicks": 9_000, "ctr": 0.01, "ctr_low": 0.009, "ctr_high": 0.011}
    report |= dict.fromkeys(("spend", "reported_conversions", "cost_per_conversion"), 1.0)
    tables = beside_events(impressions=0, age_band="unknown", breakdowns=("platform",))
    return tables | NO_LOG | {"rpt_device_funnel": log, "rpt_reported_breakdowns": [report]}


def test_a_log_beside_the_reports_tells_what_comes_after_the_click() -> None:
    tables = log_beside_a_report()
    sentence = plain(funnel_answer(tables).marked_sentence)
    assert "Of the clicks in the log 2.0% lead to a conversion." in sentence
    assert "least often on Mobile, 1.0% (" in sentence and "on Desktop: a clear diff" in sentence
    assert "Click-through rates by device: take the export" in sentence
    assert plain(FINDINGS["funnel"](tables)) == (
        "1.0% of reported impressions are clicked; Mobile converts clearly less"
    )
    assert "log" not in clicked(("Mobile", 0.019, 0.0205))


def test_click_rates_of_part_of_the_impressions_are_not_told_beside_those_of_reports() -> None:
    tables = log_beside_a_report()
    for row, ctr in zip(tables["rpt_device_funnel"], (0.1, 0.2), strict=True):
        row |= {
            "impressions": 4_000 / ctr,
            "ctr": ctr,
            "ctr_low": ctr - 0.01,
            "ctr_high": ctr + 0.01,
        }
        # converts alike
        row |= {"conversions": 89, "cvr": 0.02, "cvr_low": 0.015, "cvr_high": 0.025}
    assert "a clear difference" not in plain(funnel_answer(tables).marked_sentence)
    assert "converts" not in plain(FINDINGS["funnel"](tables))


def test_people_click_and_what_has_no_interval_is_not_said_to_have_one() -> None:
    nothing = dict.fromkeys(("device_type", "publisher", "country", "coverage"))
    rates = {"impressions": 10_000, "clicks": 200, "ctr_low": None, "ctr_high": None}
    groups = [
        nothing
        | {"breakdown": "audience", "ad_platform": "Meta", "age_band": "18-24", "gender": gender}
        | rates
        | {"ctr": ctr, "reported_conversions": None}
        for gender, ctr in (("F", 0.03), ("M", 0.02))
    ]
    tables = defaultdict(list, {"rpt_reported_breakdowns": groups, "rpt_totals": [{"users": 0}]})
    sentence = plain(audience_answer(tables).marked_sentence)
    assert sentence.startswith("Women 18-24 click most often, 3.00%, Men 18-24 least, 2.00%")
    chart = click_rates(tables, "audience")
    assert "interval" not in chart.title and "no intervals without days" in chart.note
    for group in groups:
        group |= {"ctr_low": group["ctr"] - 0.004, "ctr_high": group["ctr"] + 0.004}
    assert click_rates(tables, "audience").title == "Women 18-24 click clearly most often"


def beside_events(*, impressions: int, age_band: str, breakdowns: tuple[str, ...]) -> Tables:
    """Events of 100 users of one group, and reports by these breakdowns."""
    group = {"age_band": age_band, "gender": "unknown", "users": 100, "clicks": 90}
    group |= {"conversions_after_click": 2, "expected_conversions": 2.0, "squared_deviation": 2.0}
    return {
        "rpt_totals": [{"users": 100, "impressions": impressions, "conversions": 2}],
        "rpt_audience": [
            {name: group[name] for name in ("age_band", "gender", "clicks")}
            | {"ad_platform": "Meta", "conversions": 2, "conversions_without_click": 0}
        ],
        "rpt_audience_groups": [group],
        "rpt_reported_breakdowns": [
            {"breakdown": name, "impressions": 9_000, "clicks": 90} for name in breakdowns
        ],
    }


@pytest.mark.parametrize(
    ("impressions", "age_band", "breakdowns", "taken"),
    [
        # a shop's orders: no impressions, nobody's age
        (0, "unknown", ("platform", "audience"), {"funnel", "audience"}),
        (0, "unknown", ("platform",), {"funnel", "audience"}),
        (0, "unknown", (), set()),
        (4_500, "unknown", ("platform",), {"audience"}),
        # events of those who clicked: less than half of the reported impressions
        (4_499, "18-24", ("platform",), {"funnel"}),
        # ages that are too few to compare
        (4_500, "18-24", ("platform",), set()),
        (4_500, "18-24", ("platform", "audience"), {"audience"}),
    ],
)
def test_reports_answer_beside_events_what_these_cannot(
    impressions: int, age_band: str, breakdowns: tuple[str, ...], taken: set[str]
) -> None:
    tables = beside_events(impressions=impressions, age_band=age_band, breakdowns=breakdowns)
    assert answered_by_reports(tables) == taken
