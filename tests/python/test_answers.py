"""The answers: when a winner is named, when not, and how they are printed."""

import io
import re
from collections import defaultdict
from typing import Any

import pytest

from social_roi.report.attribution import answer as attribution_answer
from social_roi.report.audience import answer as audience_answer
from social_roi.report.audience import audience_groups, wilson
from social_roi.report.budget import answer as budget_answer
from social_roi.report.facts import family_verdict, roi_limit, scope
from social_roi.report.findings import with_finding
from social_roi.report.forecast import answer as forecast_answer
from social_roi.report.formatting import interval, plain, text
from social_roi.report.funnel import answer as funnel_answer
from social_roi.report.quality import money_warnings
from social_roi.report.questions import ANSWER_TABLES, all_answers
from social_roi.report.roi import answer as return_answer
from social_roi.report.segments import answer as segments_answer
from social_roi.report.terminal import WIDTH, print_answers, print_warnings
from social_roi.report.types import Answer, Rows


def said(answer: Answer) -> str:
    return plain(answer.marked_sentence)


def totals(**changes: Any) -> Rows:
    row = {
        "impressions": 90_000,
        "clicks": 1_200,
        "conversions": 500,
        "attribution_model": "last_touch",
        "gross_margin": 1.0,
        "is_spend_simulated": False,
        "is_revenue_simulated": False,
        "first_date": "2026-04-01",
        "last_date": "2026-06-30",
        "first_spend_date": "2026-01-01",
        "last_spend_date": "2026-12-31",
        "currency": None,
    }
    return [row | changes]


def returns(
    *rows: tuple[str, float | None, float | None, float | None, str], simulated: bool = False
) -> dict:
    """Tables with platforms (name, roi, low, high, verdict), each with one campaign of its name."""
    platforms = [
        {
            "ad_platform": name,
            "attribution_model": model,
            "spend": 100.0,
            "revenue": 100.0 * (1 + (roi or 0)),
            "conversions": 50.0,
            "roi": roi if model == "last_touch" or roi is None else -roi,
            "roi_low": low,
            "roi_high": high,
            "roi_low_90": None if low is None else roi + 0.84 * (low - roi),
            "roi_high_90": None if high is None else roi + 0.84 * (high - roi),
            "verdict": verdict,
            "is_simulated": simulated,
            "cpa": 2.0,
            "roas": None if roi is None else 1 + roi,
            "ripe_spend": 100.0,
            "spend_outside_events": 0.0,
            "why_cannot_tell": None,
            "break_even_share": None if roi is None else 1 / (1 + roi),
            "models_judged": 9,
            "models_that_agree": 9,
            "verdict_depends_on_rule": False,
        }
        for name, roi, low, high, verdict in rows
        for model in ("first_touch", "last_touch")
    ]
    return {
        "rpt_totals": totals(is_spend_simulated=simulated),
        "rpt_platform_roi": platforms,
        "rpt_platform_attribution": [],
        "rpt_claims_vs_orders": [],
        "rpt_campaign_roi": [
            row | {"campaign_id": "c", "campaign_name": f"Sale of {row['ad_platform']}"}
            for row in platforms
        ],
    }


CLEAR = ("Facebook", 3.2, 2.5, 3.9, "pays_back")
CLOSE = ("Instagram", 2.4, 2.0, 2.8, "pays_back")
SMALL = ("LinkedIn", 5.0, -0.5, 11.0, "cannot_tell")
LOSING = ("Snapchat", -0.6, -0.8, -0.4, "loses")


def test_the_best_platform_is_named_where_its_interval_lies_above_all_others() -> None:
    sentence = said(return_answer(returns(CLEAR, LOSING)))
    assert "By last touch Facebook is the platform that pays back most, ROI +320%" in sentence
    assert "(95\u00a0%\u00a0confidence interval +250% to +390%)" in sentence
    assert "Snapchat loses money, ROI -60% (-80% to -40%)" in sentence


def test_the_loser_of_the_most_money_is_named_and_the_others_are_counted() -> None:
    small, large, other = (
        (name, -0.9, -0.95, -0.85, "loses") for name in ("LinkedIn", "Reddit", "X")
    )
    tables = returns(CLEAR, small, large, other)
    for row in tables["rpt_platform_roi"]:
        row |= {"revenue": 0.0, "spend": 800.0 if row["ad_platform"] == "LinkedIn" else 90.0}
    assert "By last touch LinkedIn loses money, ROI -90% (-95% to -85%); so do 2 others." in said(
        return_answer(tables)
    )
    for one in tables["rpt_platform_roi"]:
        one["verdict"] = "cannot_tell" if one["ad_platform"] == "X" else one["verdict"]
    assert "(-95% to -85%); so does Reddit." in said(return_answer(tables))


def test_a_campaign_that_loses_on_a_platform_that_does_not_is_named() -> None:
    tables = returns(CLEAR, LOSING)
    of_paying = ("Facebook", -0.7, -0.8, -0.5, "loses")
    tables["rpt_campaign_roi"] += [
        row | {"campaign_id": campaign, "campaign_name": name}
        for campaign, name in (("d", "Broad"), ("e", "Twice"), ("f", "Twice"))
        for row in returns(of_paying)["rpt_platform_roi"]
    ]
    for row in tables["rpt_campaign_roi"]:
        row["spend"] = {"d": 200.0, "e": 50.0, "f": 150.0}.get(row["campaign_id"], 100.0)
    sentence = said(return_answer(tables))
    # that of Snapchat, which loses as a whole, is no news unless another campaign of it pays back
    assert "By last touch Broad (Facebook) loses money, ROI -70% (-80% to -50%)" in sentence
    assert "so do 2 others." in sentence
    tables["rpt_campaign_roi"] = [
        row for row in tables["rpt_campaign_roi"] if row["campaign_id"] != "d"
    ]
    # two accounts may have a campaign of one name
    sentence = said(return_answer(tables))
    assert "By last touch Twice, f (Facebook) loses money" in sentence
    assert "so does Twice, e (Facebook)." in sentence


def test_one_platform_that_loses_is_not_the_least_of_several_and_its_campaigns_are_told() -> None:
    tables = returns(LOSING)
    paying = returns(("Snapchat", 3.2, 2.5, 3.9, "pays_back"))["rpt_platform_roi"]
    tables["rpt_campaign_roi"] += [
        row | {"campaign_id": "d", "campaign_name": "Brand"} for row in paying
    ]
    sentence = said(return_answer(tables))
    assert sentence.startswith("By last touch Snapchat loses money, ROI -60% (95")
    assert "By last touch Sale of Snapchat (Snapchat) loses money" in sentence


def test_one_platform_is_not_the_highest_of_several() -> None:
    sentence = said(return_answer(returns(SMALL)))
    assert sentence.startswith("Cannot tell whether LinkedIn pays back: ROI +500% (95")
    assert "The platform has one campaign, of which the same holds." in sentence


def test_campaigns_that_are_their_platforms_are_not_told_again() -> None:
    sentence = said(return_answer(returns(CLEAR, LOSING)))
    assert "Each has one campaign, of which the same holds." in sentence
    assert sentence.count("+320%") == 1


def test_a_loss_counts_the_gross_margin() -> None:
    tables = returns(CLEAR, LOSING, ("X", -0.9, -0.95, -0.85, "loses"))
    # of each 100 spent 90 and 60 are lost, whatever was sold before the cost of goods
    for row in tables["rpt_platform_roi"]:
        row["revenue"] = {"Snapchat": 10.0, "X": 40.0}.get(row["ad_platform"], row["revenue"])
    assert "By last touch X loses money" in said(return_answer(tables))


def test_overlapping_intervals_name_no_best_platform() -> None:
    sentence = said(return_answer(returns(CLEAR, CLOSE)))
    assert "Facebook pays back" in sentence
    assert "cannot tell whether it is the best platform" in sentence
    assert "Instagram (+200% to +280%)" in sentence


def test_spend_of_which_no_touch_is_known_is_named_and_not_judged() -> None:
    untouched = returns(("Google Ads", -0.9, -1.0, 0.5, "cannot_tell"))["rpt_platform_roi"]
    why = {"why_cannot_tell": "no touch in the data", "revenue": 0.0}
    tables = returns(CLEAR)
    tables["rpt_platform_roi"] += [row | why for row in untouched]
    answer = return_answer(tables)
    sentence = said(answer)
    assert [row["roi"] for row in answer.rows] == [3.2, None]
    assert "Facebook is the platform that pays back most" in sentence
    assert "on Google Ads brought cannot be told: the data has no touch of it" in sentence
    assert "brought cannot be told" not in said(return_answer(returns(CLEAR)))
    # the platforms' own reports tell what no touch does; not of those that have touches
    own = {"attribution_model": "platform_reported", "attribution_setting": "7-day click"}
    claimed = returns(("Google Ads", -0.9, -0.95, -0.85, "loses_by_own_count"), CLEAR)
    tables["rpt_platform_roi"] += [row | own for row in claimed["rpt_platform_roi"][1::2]]
    assert (
        "it (7-day click): loses even by its own count: Google Ads, ROI -90% (-95% to -85%). ROI is"
    ) in said(return_answer(tables))
    # and their campaigns
    tables["rpt_campaign_roi"] += [
        row | own | {"campaign_id": name, "campaign_name": name}
        for name in ("Sad", "Sadder")
        for row in claimed["rpt_platform_roi"][1:2]
    ]
    assert (
        "(-95% to -85%). Of 2 campaigns with an interval 2 lose even by their own count (Sad, "
        "Sadder), at limits that allow for so many. ROI is"
    ) in said(return_answer(tables))


def test_revenue_of_platforms_whose_spend_is_not_in_the_data_is_named() -> None:
    tables = returns(CLEAR, CLOSE)
    for row in tables["rpt_platform_roi"][2:]:
        row |= {"spend": 0.0, "roi": None, "roi_low": None, "verdict": "cannot_tell"}
    sentence = said(return_answer(tables))
    assert "No spend of Instagram is in the data, but revenue of 340.00: the" in sentence
    assert "No spend of" not in said(return_answer(returns(CLEAR, CLOSE)))


def test_a_high_roi_on_too_little_data_is_no_winner() -> None:
    sentence = said(return_answer(returns(SMALL, CLEAR)))
    assert "Cannot tell which platform is best: LinkedIn is highest" in sentence
    assert "Facebook pays back, ROI +320%" in sentence


def test_a_small_rival_with_a_wide_interval_keeps_the_best_from_being_named() -> None:
    rival = ("LinkedIn", 1.0, -0.9, 5.0, "cannot_tell")
    sentence = said(return_answer(returns(CLEAR, rival)))
    assert "cannot tell whether it is the best platform" in sentence


def test_a_winner_among_many_needs_an_interval_that_allows_for_all_of_them() -> None:
    # limits at 95 and 90 % of 64 buyers' revenue of 100 and a spend of 75: cubes of
    # 1 - 1 / (9 * 64) -+ z / 24; at 1 - 0.05 / 40 z is 3.23, and 100 * 0.864^3 = 64 is below 75
    row = {
        "name": "Barely",
        "verdict": "pays_back",
        "roi_low": 100 * (1 - 1 / 576 - 1.959964 / 24) ** 3 / 75 - 1,
        "roi_low_90": 100 * (1 - 1 / 576 - 1.644854 / 24) ** 3 / 75 - 1,
    }
    assert row["roi_low"] > 0
    assert roi_limit(row, "low", 1 - 0.05 / 40) == pytest.approx(64.44 / 75 - 1, abs=1e-3)
    assert family_verdict(row, [row]) == "pays_back"
    assert family_verdict(row, [row] * 40) == "cannot_tell"


def test_a_loser_that_is_one_of_many_by_chance_is_not_named() -> None:
    barely = ("Snapchat", -0.3, -0.5, -0.06, "loses")
    assert "Snapchat loses money" in said(return_answer(returns(CLEAR, barely)))
    others = [(f"Platform {n}", 0.1, -0.4, 0.6, "cannot_tell") for n in range(9)]
    sentence = said(return_answer(returns(CLEAR, barely, *others)))
    assert "Snapchat" not in sentence
    assert (
        "The table judges 11 platforms one by one: on average up to 0.6 of its verdicts" in sentence
    )


def test_the_limits_of_the_highest_of_many_allow_for_the_choice() -> None:
    alone = ("Platform 0", 0.5, 0.1, 1.0, "pays_back")
    rows = [alone, *((f"Platform {n}", 0.1, -0.4, 0.6, "cannot_tell") for n in range(1, 40))]
    sentence = said(return_answer(returns(*rows)))
    [(low, high)] = re.findall(
        r"Platform 0 is highest, ROI \+50% \(95.%.confidence interval ([-+0-9]+)% to ([-+0-9]+)%,"
        r" allowing for 40 compared\)",
        sentence,
    )
    assert int(low) < 0 and int(high) > 100


def test_no_platform_pays_back_when_all_lose() -> None:
    worse = ("X", -0.9, -0.95, -0.85, "loses")
    assert ("No platform pays back by last touch: Snapchat loses least, ROI -60%") in said(
        return_answer(returns(worse, LOSING))
    )


def test_the_sentence_says_what_the_ads_have_to_have_caused_and_what_roi_counts() -> None:
    sentence = said(return_answer(returns(CLEAR)))
    assert "if at least 23.8% of these purchases would not have happened without" in sentence
    assert "ROI is of revenue, before the cost of goods." in sentence
    tables = returns(CLEAR) | {"rpt_totals": totals(gross_margin=0.4)}
    assert "ROI counts 40.0% of revenue, the gross margin." in said(return_answer(tables))


def test_a_verdict_that_depends_on_the_rule_is_said_with_how_many_rules_agree() -> None:
    tables = returns(CLEAR, CLOSE)
    for row in tables["rpt_platform_roi"]:
        if row["ad_platform"] == "Instagram":
            row |= {"models_that_agree": 5, "verdict_depends_on_rule": True}
    answer = return_answer(tables)
    assert "The verdict depends on the attribution rule: only 5 of 9 for Instagram agree." in said(
        answer
    )
    assert [row["by_rules"] for row in answer.rows] == ["all", "5 of 9"]


def test_a_bill_for_other_days_than_the_events_is_named_with_both_periods() -> None:
    tables = returns((*CLEAR[:4], "cannot_tell"), CLOSE)
    assert "The bill covers" not in said(return_answer(tables))
    for row in tables["rpt_platform_roi"]:
        if row["ad_platform"] == "Facebook":
            row |= {
                "spend_outside_events": 75.0,
                "why_cannot_tell": "spend outside the days of the events",
            }
    sentence = said(return_answer(tables))
    assert (
        "The bill covers 2026-01-01 to 2026-12-31, the events 2026-04-01 to 2026-06-30: 37.5% of "
        "the spend is on other days than the events, so Facebook cannot be judged." in sentence
    )


def test_claims_that_add_up_to_more_than_was_sold_are_said() -> None:
    tables = returns(CLEAR, CLOSE)
    claims = {"week_start": None, "ad_platform": "(all)", "claimed_revenue": 12300.0}
    claims |= {"sold_revenue": 9300.0, "claimed_twice_share": 1 - 93 / 123}
    tables["rpt_claims_vs_orders"] = [
        claims,
        claims | {"week_start": "2026-04-06"},
        claims | {"ad_platform": "Facebook", "claimed_twice_share": None},
    ]
    sentence = said(return_answer(tables))
    assert sentence.count("counted twice") == 1
    assert (
        "Together the platforms claim 12,300 of sales, and 9,300 were sold on the same days: "
        "at least 24.4% of what they claim is counted twice, or was not sold here on these days."
        in sentence
    )
    claims |= {"sold_revenue": 12300.0, "claimed_twice_share": 0.0}
    assert "counted twice" not in said(return_answer(tables))


def test_spend_whose_conversions_are_still_to_come_is_named() -> None:
    tables = returns(CLEAR, (*LOSING[:4], "cannot_tell"))
    for row in tables["rpt_platform_roi"]:
        row["ripe_spend"] = 90.0
    assert "may still come" not in said(return_answer(tables))
    for row in tables["rpt_platform_roi"]:
        if row["ad_platform"] == "Snapchat":
            row |= {"ripe_spend": 0.0, "why_cannot_tell": "conversions are still to come"}
    sentence = said(return_answer(tables))
    assert (
        "Conversions of the last 55.0% of the spend may still come; Snapchat cannot be judged"
        in sentence
    )


def test_what_no_platform_explains_and_the_total_stand_below_the_platforms() -> None:
    tables = returns(CLEAR, CLOSE, ("unattributed", None, None, None, "cannot_tell"))
    for row in tables["rpt_platform_roi"]:
        if row["ad_platform"] == "unattributed":
            row |= {"spend": 0.0, "revenue": 30.0, "conversions": 7.0}
    alone, total = return_answer(tables).summary
    assert (alone["ad_platform"], alone["revenue"], alone["verdict"]) == (
        "unattributed",
        30.0,
        None,
    )
    # 100 spent and 420 earned, 100 and 340, nothing and 30
    assert (total["spend"], total["revenue"], total["conversions"]) == (200.0, 790.0, 107.0)
    assert total["roi"] == pytest.approx(590 / 200)
    assert total["roi_low"] is total["verdict"] is None


def test_simulated_money_leads_the_sentence_and_ranks_nothing() -> None:
    rows = [("Zebra", 9.0, None, None, "cannot_tell"), ("Facebook", 3.0, None, None, "cannot_tell")]
    answer = return_answer(returns(*rows, simulated=True))
    assert said(answer) == (
        "ROI cannot be told: the data has no spend. With assumed spend the ROI of all would be "
        "+600%: that is a figure of the assumptions, not of the ads."
    )
    assert [row["ad_platform"] for row in answer.rows] == ["Facebook", "Zebra"]
    assert answer.is_simulated
    marked = {column.label for column in answer.columns if column.is_simulated}
    assert marked == {"Spend", "ROI", "ROAS", "Break-even"}


def test_without_revenue_the_cost_of_a_conversion_is_given_and_how_to_ask_for_more() -> None:
    tables = returns(CLEAR, CLOSE)
    for row in tables["rpt_platform_roi"]:
        row |= {"revenue": None, "roi": None, "break_even_share": None}
    tables["rpt_platform_roi"][-1]["cpa"] = 1.5
    assert said(return_answer(tables)) == (
        "Cannot tell: revenue is not in the data. By last touch a conversion costs from 1.50 on "
        "Instagram to 2.00 on Facebook; all spend against all conversions, with ads or without, is "
        "2.00 each. For assumed revenue set the variable simulate to true in dbt_project.yml."
    )


def test_the_cost_of_a_conversion_is_that_of_the_platform_not_of_all_who_converted() -> None:
    tables = returns(CLEAR)
    for row in tables["rpt_platform_roi"]:
        row |= {"revenue": None, "roi": None, "break_even_share": None, "cpa": 4.0}
        row["conversions"] = 25.0
    tables["rpt_platform_roi"] += [
        row | {"ad_platform": "Direct", "spend": 0.0, "cpa": None, "conversions": 25.0}
        for row in tables["rpt_platform_roi"]
    ]
    sentence = said(return_answer(tables))
    assert "By last touch a conversion costs 4.00 on Facebook; all spend against all" in sentence
    assert "with ads or without, is 2.00 each." in sentence


def test_without_spend_the_conversions_are_given() -> None:
    tables = returns(CLEAR)
    for row in tables["rpt_platform_roi"]:
        row |= {"spend": 0.0, "roi": None, "cpa": 0.0, "break_even_share": None}
    sentence = said(return_answer(tables))
    assert sentence.startswith("Cannot tell: spend is not in the data.")
    assert "By last touch Facebook has the most conversions, 50." in sentence
    assert "simulate" in sentence
    # orders alone have no clicks whose cost could be assumed
    orders = said(return_answer(tables | {"rpt_totals": totals(impressions=0, clicks=0)}))
    assert "a bill beside it" in orders and "simulate" not in orders
    for row in tables["rpt_platform_roi"]:
        row["conversions"] = 0.0
    assert "the most conversions" not in said(return_answer(tables))


def test_without_conversions_no_return_is_reported() -> None:
    tables = returns(CLEAR) | {"rpt_totals": totals(conversions=0)}
    assert said(return_answer(tables)) == "Cannot tell: there are no conversions in the data."


def test_unattributed_credit_is_not_a_platform() -> None:
    rows = return_answer(returns(CLEAR, ("unattributed", 9.0, 8.0, 10.0, "pays_back"))).rows
    assert [row["ad_platform"] for row in rows] == ["Facebook"]


def test_unpaid_visits_stand_below_the_platforms_unless_money_was_spent_on_them() -> None:
    direct = ("Direct", None, None, None, "cannot_tell")
    tables = returns(CLEAR, direct, ("Organic", 0.5, 0.2, 0.8, "pays_back"))
    for row in tables["rpt_platform_roi"]:
        if row["ad_platform"] == "Direct":
            row["spend"] = 0.0
    answer = return_answer(tables)
    assert [row["ad_platform"] for row in answer.rows] == ["Facebook", "Organic"]
    assert [row["ad_platform"] for row in answer.summary] == ["Direct", "Total, blended"]


def devices(*rows: tuple[str, int, int, int], effect: float = 1.0, without: int = 0) -> dict:
    """Tables with devices (name, impressions, clicks, conversions after a click).

    effect: the design effect of both rates; without: further conversions of each without a click.
    """
    found = []
    for name, impressions, clicks, conversions in rows:
        row = {"device_type": name, "impressions": impressions, "clicks": clicks}
        row |= {"conversions": conversions + without, "conversions_without_click": without}
        row |= {"clicks_of_top_user": clicks // 100}
        for rate, events, trials in (
            ("ctr", clicks, impressions),
            ("cvr", conversions, clicks),
        ):
            low, high = wilson(events, trials, effect=effect)
            row |= {rate: events / trials, f"{rate}_low": low, f"{rate}_high": high}
            row |= {f"{rate}_design_effect": effect}
        found.append(row)
    return {"rpt_totals": totals(), "rpt_device_funnel": found, "rpt_platform_funnel": []}


def platforms(*rows: tuple[str, int, int, int]) -> dict:
    found = devices(*rows)["rpt_device_funnel"]
    return {"rpt_platform_funnel": [row | {"ad_platform": row["device_type"]} for row in found]}


def test_a_clear_difference_between_devices_names_the_step_and_the_device() -> None:
    tables = devices(("Desktop", 20_000, 4_000, 320), ("Mobile", 20_000, 4_000, 160))
    assert said(funnel_answer(tables)) == (
        "20.0% of impressions lead to a click and 6.0% of clicks lead to a conversion. Clicks lead"
        " to a conversion least often on Mobile, 4.0% (95\u00a0%\u00a0confidence interval 3.4% to"
        " 4.7%), against 8.0% (7.2% to 8.9%) on Desktop: a clear difference."
    )


def test_all_comparisons_of_the_funnel_share_one_error_rate() -> None:
    tables = devices(("Desktop", 9_000, 3_000, 202), ("Mobile", 9_000, 3_000, 159))
    assert "a clear difference" in said(funnel_answer(tables))
    more = tables | platforms(("Facebook", 9_000, 3_000, 180), ("YouTube", 9_000, 3_000, 181))
    assert "a clear difference" not in said(funnel_answer(more))


def test_equal_devices_and_platforms_are_not_named() -> None:
    tables = devices(("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18))
    tables |= platforms(("Facebook", 900, 300, 20), ("YouTube", 900, 300, 18))
    sentence = said(funnel_answer(tables))
    assert sentence.endswith(
        "No step is clearly out of line: devices and platforms differ no more than chance may"
        " explain."
    )
    assert not {"Desktop", "Mobile", "Facebook", "YouTube"} & set(sentence.split())


def test_the_difference_is_judged_by_its_own_error_and_the_number_of_pairs() -> None:
    # p 0.0605, error (0.0605 x 0.9395 x 2 / 3000)^0.5 = 0.00616; of one pair in two comparisons
    # (click and conversion rates) 2.24 of it are 0.0138, of three pairs 2.64 are 0.0162
    two = devices(("Desktop", 9_000, 3_000, 204), ("Mobile", 9_000, 3_000, 159))
    assert "a clear difference" in said(funnel_answer(two))
    three = two["rpt_device_funnel"] + devices(("Tablet", 9_000, 3_000, 180))["rpt_device_funnel"]
    assert "No step is clearly out of line" in said(
        funnel_answer(two | {"rpt_device_funnel": three})
    )


def test_a_device_of_which_too_few_conversions_are_expected_is_not_compared() -> None:
    # 2 % of 120 clicks are 2.4: seven there may be chance
    tables = devices(("Desktop", 60_000, 20_000, 400), ("Tablet", 360, 120, 7))
    assert "No step is clearly out of line" in said(funnel_answer(tables))


def test_users_who_buy_often_widen_the_difference_that_is_needed() -> None:
    rows = (("Desktop", 9_000, 3_000, 204), ("Mobile", 9_000, 3_000, 159))
    assert "No step is clearly out of line" in said(funnel_answer(devices(*rows, effect=1.5)))


def test_a_platform_out_of_line_is_named_and_unattributed_is_none() -> None:
    tables = devices(("Desktop", 9_000, 3_000, 200)) | platforms(
        ("Facebook", 9_000, 3_000, 300),
        ("YouTube", 9_000, 3_000, 90),
        ("unattributed", 9_000, 3_000, 9),
    )
    sentence = said(funnel_answer(tables))
    assert "least often on YouTube, 3.0% (" in sentence and "on Facebook" in sentence


def test_a_device_with_few_clicks_is_said_to_be_left_out() -> None:
    tables = devices(
        ("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18), ("Television", 90, 30, 29)
    )
    sentence = said(funnel_answer(tables))
    assert "No step is clearly out of line" in sentence
    assert "Not compared by conversion rate, too few clicks: Television with 30." in sentence


def test_conversions_without_a_click_and_a_users_share_of_the_clicks_are_said() -> None:
    tables = devices(("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18), without=40)
    tables["rpt_device_funnel"][1]["clicks_of_top_user"] = 60
    answer = funnel_answer(tables)
    assert "Not in the rates: 80 conversions without a click." in said(answer)
    assert said(answer).endswith("One user has 20.0% of the clicks on Mobile: a bot?")
    assert [row["cvr"] for row in answer.rows] == [20 / 300, 18 / 300]


def test_without_conversions_only_the_first_step_is_reported() -> None:
    tables = devices(("Desktop", 900, 300, 0)) | {"rpt_totals": totals(conversions=0)}
    sentence = said(funnel_answer(tables))
    assert sentence.startswith("33.3% of impressions lead to a click")
    assert "no conversions" in sentence


def shares(*rows: tuple[str, str, float, float, float]) -> dict:
    names = ["ad_platform", "attribution_model", "share", "share_low", "share_high"]
    found = [dict(zip(names, row, strict=True)) | {"conversions": 100 * row[2]} for row in rows]
    return {
        "rpt_totals": totals(),
        "rpt_platform_attribution": found,
        "rpt_platform_roi": [],
        "rpt_data_quality": [],
    }


def test_opener_and_closer_are_named_when_their_intervals_do_not_overlap() -> None:
    tables = shares(
        ("Facebook", "first_touch", 0.6, 0.5, 0.7),
        ("Instagram", "first_touch", 0.4, 0.3, 0.45),
        ("Facebook", "last_touch", 0.48, 0.42, 0.54),
        ("Instagram", "last_touch", 0.52, 0.46, 0.58),
    )
    sentence = said(attribution_answer(tables))
    assert "Facebook opened the most journeys, 60.0% of attributed conversions" in sentence
    assert "Instagram closed 52.0% of attributed conversions" in sentence
    assert "cannot tell whether the most" in sentence


def test_a_seller_whose_credits_are_its_platforms_opens_and_closes_nothing_itself() -> None:
    tables = shares(
        ("Instagram", "first_touch", 1.0, 0.9, 1.0), ("Instagram", "last_touch", 1.0, 0.9, 1.0)
    )
    nothing = {"share": 0.0, "share_low": 0.0, "share_high": 0.0, "conversions": 0.0}
    spent = [row | nothing for row in tables["rpt_platform_attribution"]]
    for name in ("Meta", "TikTok"):
        tables["rpt_platform_attribution"] += [row | {"ad_platform": name} for row in spent]
    tables["rpt_platform_roi"] = [
        row | {"ad_platform": "Meta", "conversions": 100.0} for row in spent
    ]
    # TikTok spent and is credited with nothing at all
    shown = [row["ad_platform"] for row in attribution_answer(tables).rows]
    assert shown == ["Instagram", "TikTok"]
    # a share of 0 % would be a figure of the data where no touch is known
    tables["rpt_platform_roi"] += [
        row | {"ad_platform": "TikTok", "why_cannot_tell": "no touch in the data"} for row in spent
    ]
    assert [row["ad_platform"] for row in attribution_answer(tables).rows] == ["Instagram"]


def test_visits_that_only_orders_tell_of_know_no_opener() -> None:
    tables = shares(
        ("Facebook", "first_touch", 0.6, 0.5, 0.7), ("Facebook", "last_touch", 0.5, 0.4, 0.6)
    )
    told = [{"raw_table": name, "_source_file": name, "staged": 9} for name in ("orders", "users")]
    log = {"raw_table": "web_events", "_source_file": "log.csv", "staged": 0}
    words = "mostly the last one before each: who opened a journey takes a log of the site."
    tables["rpt_data_quality"] = [*told, log]
    assert said(attribution_answer(tables)).endswith(words)
    tables["rpt_data_quality"] = [*told, log | {"staged": 1}]
    assert "of the site" not in said(attribution_answer(tables))


def test_journeys_of_one_touch_have_no_opener_or_closer() -> None:
    tables = shares(
        ("Facebook", "first_touch", 0.6, 0.5, 0.7), ("Facebook", "last_touch", 0.6, 0.5, 0.7)
    )
    assert said(attribution_answer(tables)).startswith("Cannot tell openers from closers")


def test_with_fewer_than_ten_users_nobody_opened_or_closed_most() -> None:
    """There are no limits then: one conversion is no proof of a share of 100 %."""
    tables = shares(
        ("Facebook", "first_touch", 1.0, None, None),
        ("Instagram", "first_touch", 0.0, None, None),
        ("Facebook", "last_touch", 0.0, None, None),
        ("Instagram", "last_touch", 1.0, None, None),
    )
    sentence = said(attribution_answer(tables))
    assert sentence.startswith("Cannot tell who opens and who closes")
    assert "fewer than ten" in sentence


def test_conversions_without_an_ad_are_named_when_they_are_many() -> None:
    tables = shares(
        ("Facebook", "first_touch", 0.6, 0.5, 0.7),
        ("Instagram", "first_touch", 0.4, 0.3, 0.5),
        ("Facebook", "last_touch", 0.5, 0.4, 0.6),
        ("Instagram", "last_touch", 0.5, 0.4, 0.6),
    )
    alone = {"ad_platform": "unattributed", "attribution_model": "first_touch", "share": None}
    alone |= {"share_low": None, "share_high": None}
    few, many = ([alone | {"conversions": count}] for count in (5, 25))
    tables["rpt_platform_attribution"] += few
    assert "have no ad before them" not in said(attribution_answer(tables))
    tables["rpt_platform_attribution"][-1:] = many
    answer = attribution_answer(tables)
    assert "20.0% of all conversions have no ad before them" in said(answer)
    # where visits without an ad are known, those left have none of any kind
    direct = {"ad_platform": "Direct", "attribution_model": "last_touch", "share": 0.1}
    direct |= {"share_low": 0.0, "share_high": 0.2, "conversions": 10.0}
    visited = tables | {"rpt_platform_attribution": [*tables["rpt_platform_attribution"], direct]}
    assert "have no known visit before them" in said(attribution_answer(visited))
    assert [row["ad_platform"] for row in answer.summary] == [
        "unattributed: 25",
        "Attributed: 100",
    ]


def audience(*rows: tuple[str, str, str, int, int], squares: float = 0.0) -> dict:
    """Tables with groups (age band, gender, platform, clicks, conversions after a click).

    squares: each group's squared deviation, of 100 users; by default that of independent clicks.
    """
    names = ["age_band", "gender", "ad_platform", "clicks", "conversions"]
    cells = [
        dict(zip(names, row, strict=True)) | {"impressions": 10_000, "conversions_without_click": 0}
        for row in rows
    ]
    clicks, conversions = defaultdict(int), defaultdict(int)
    for cell in cells:
        clicks[cell["ad_platform"]] += cell["clicks"]
        conversions[cell["ad_platform"]] += cell["conversions"]
    groups = {}
    for cell in cells:
        group = groups.setdefault(
            (cell["age_band"], cell["gender"]),
            {"age_band": cell["age_band"], "gender": cell["gender"], "users": 100, "clicks": 0}
            | {"conversions_after_click": 0, "expected_conversions": 0.0}
            | {"squared_deviation": squares},
        )
        group["clicks"] += cell["clicks"]
        group["conversions_after_click"] += cell["conversions"]
        rate = conversions[cell["ad_platform"]] / clicks[cell["ad_platform"]]
        group["expected_conversions"] += cell["clicks"] * rate
    return {
        "rpt_totals": totals(),
        "rpt_audience": cells,
        "rpt_audience_groups": list(groups.values()),
    }


def test_groups_clearly_above_and_below_all_others_are_named() -> None:
    tables = audience(
        ("25-34", "F", "Facebook", 1_000, 130),
        ("35-44", "M", "Facebook", 1_000, 85),
        ("55-64", "M", "Facebook", 1_000, 40),
    )
    sentence = said(audience_answer(tables))
    assert sentence.startswith("Women 25-34 convert more often than all others, 13.0%")
    assert "Men 55-64 convert less often than all others, 4.0% (" in sentence
    assert "where 8.5% were expected" in sentence and "comparing 3 groups" in sentence
    assert "35-44" not in sentence


def test_a_group_is_compared_by_hand() -> None:
    tables = audience(
        ("25-34", "F", "Facebook", 400, 40),
        ("35-44", "M", "Facebook", 600, 20),
        ("25-34", "F", "YouTube", 200, 20),
        ("35-44", "M", "YouTube", 800, 80),
        squares=180.0,
    )
    women = audience_groups(tables)[0]
    # Facebook 6 %, YouTube 10 %: 400 x 0.06 + 200 x 0.1 = 44 expected, 60 observed
    assert women["expected_cvr"] == pytest.approx(44 / 600)
    # chance 1000 x 0.06 x 0.94 + 1000 x 0.1 x 0.9 = 146.4, users 360 x 200 / 199
    effect = 360 * 200 / 199 / 146.4
    variance = 0.4 * 0.6 * 56.4 + 0.2 * 0.8 * 90
    assert women["z"] == pytest.approx(16 / (effect * variance) ** 0.5)
    # 160 of 2000 clicks are 8 %: 48 expected
    assert women["z_plain"] == pytest.approx(12 / (effect * 0.3 * 0.7 * 2_000 * 0.0736) ** 0.5)
    assert [women["cvr_low"], women["cvr_high"]] == list(wilson(60, 600, effect=effect))


def test_the_extremes_of_many_equal_groups_are_not_named() -> None:
    # 95 % intervals of the largest and the smallest of 30 equal groups do not overlap
    best, worst = ("18-24", "F", "A", 1_000, 80), ("25-34", "F", "A", 1_000, 46)
    others = [(f"group {number}", "M", "A", 1_000, 62) for number in range(28)]
    assert wilson(80, 1_000)[0] > wilson(46, 1_000)[1]
    sentence = said(audience_answer(audience(best, worst, *others)))
    assert sentence == (
        "Cannot tell who responds best: none of 30 groups by age and gender converts clearly more"
        " or less often than all others."
    )


def test_a_group_that_only_saw_better_platforms_is_not_named_as_better() -> None:
    tables = audience(
        ("25-34", "F", "Instagram", 1_900, 190),
        ("25-34", "F", "YouTube", 100, 2),
        ("55-64", "M", "Instagram", 100, 10),
        ("55-64", "M", "YouTube", 1_900, 38),
    )
    sentence = said(audience_answer(tables))
    assert sentence.startswith("Cannot tell who responds best")
    assert "but not clearly so on the same platforms" in sentence


def test_small_groups_fall_back_to_age_then_to_gender() -> None:
    def groups(bands: int, clicks: int) -> dict:
        rows = [(f"band {n}", gender, "A", clicks, clicks // 10) for n in range(bands)
                for gender in ("F", "M")]  # fmt: skip
        return audience(*rows)

    def ages(clicks: int) -> dict:
        return groups(4, clicks)

    assert len(audience_answer(ages(100)).rows) == 6
    by_age = audience_answer(ages(60))
    assert {row["gender"] for row in by_age.rows} == {"all"}
    assert "4 groups by age converts" in said(by_age)
    assert "Groups by age and gender are too small to compare." in said(by_age)
    by_gender = audience_answer(ages(40))
    assert [row["age_band"] for row in by_gender.rows] == ["all", "all"]
    assert said(audience_answer(ages(10))).startswith("Cannot tell: the groups")


def test_where_no_age_and_gender_is_known_the_files_that_would_give_them_are_named() -> None:
    unknown = audience(("unknown", "unknown", "Facebook", 1_000, 50))
    sentence = said(audience_answer(unknown))
    assert sentence.startswith("Cannot tell: age and gender of nobody in the events are known;")
    # known, though of nobody who clicked
    seen = audience(("25-34", "F", "Facebook", 1_000, 50)) | {"rpt_audience_groups": []}
    assert said(audience_answer(seen)).startswith("Cannot tell: the groups")


def test_small_and_unknown_groups_are_not_compared_and_their_clicks_are_said() -> None:
    rows = audience(
        ("25-34", "F", "A", 1_000, 60),
        ("55-64", "M", "A", 1_000, 50),
        ("65+", "F", "A", 20, 19),
        ("unknown", "M", "A", 1_500, 100),
    )
    answer = audience_answer(rows)
    assert {row["age_band"] for row in answer.rows} == {"25-34", "55-64"}
    assert "Left out: 1,520 of 3,520 clicks, of unknown or small groups." in said(answer)


def test_groups_are_sums_over_platforms() -> None:
    tables = audience(
        ("25-34", "F", "A", 600, 30), ("25-34", "F", "B", 400, 30), ("35-44", "F", "B", 900, 90)
    )
    assert "6.0%" in text(audience_answer(tables).rows[1]["cvr"], "percent")


def segments(personas: int, warning: str | None = None, first: int = 1) -> dict:
    rows = [
        {
            "segment": number,
            "persona": f"Kind {number}",
            "users": 100,
            "conversions": 7,
            "what_sets_it_apart": "No kinds to tell apart: too few users.",
            **dict.fromkeys(("cvr", "cvr_low", "cvr_high"), 0.1),
            "ctr": 0.1 if number else 1.2,
            "revenue": 5.0,
        }
        for number in range(first, personas + 1)
    ]
    chosen = {
        "k": max(personas, 1),
        "silhouette": 0.41,
        "stability": 0.95,
        "is_selected": True,
        "warning": warning,
    }
    return {"rpt_totals": totals(), "rpt_segments": rows, "segment_selection": [chosen]}


def test_personas_are_listed_with_their_sizes() -> None:
    sentence = said(segments_answer(segments(2)))
    assert sentence == (
        "2 kinds, clearly separated: Kind 1 (100 users, 50.0%), Kind 2 (100 users, 50.0%)."
    )


def test_users_without_an_ad_are_no_kind_and_named_with_their_conversions() -> None:
    answer = segments_answer(segments(2, first=0))
    assert said(answer).endswith(
        "Left out: 100 users without an impression or a counted click, with 7 conversions."
    )
    tables = segments(2, first=0)
    tables["rpt_segments"][0]["conversions"] = None
    assert said(segments_answer(tables)).endswith("impression or a counted click.")
    assert [row["persona"] for row in answer.rows] == ["Kind 1", "Kind 2"]


def test_a_rate_above_1_is_not_shown() -> None:
    tables = segments(2)
    tables["rpt_segments"][1] |= {"ctr": 1.122}
    assert [row["ctr"] for row in segments_answer(tables).rows] == [0.1, None]


def test_a_warning_of_the_segmentation_is_passed_on() -> None:
    assert "With a warning: unstable" in said(segments_answer(segments(2, "unstable")))


def test_one_segment_gives_its_reason() -> None:
    sentence = said(segments_answer(segments(1)))
    assert sentence == "One kind only. No kinds to tell apart: too few users."


def test_missing_segments_are_reported() -> None:
    assert said(segments_answer(segments(0))).startswith("Cannot tell: segments are not built")
    buyers = segments(0) | {"rpt_totals": totals(impressions=0, clicks=0)}
    assert said(segments_answer(buyers)).startswith("Cannot tell: of no user an impression or a")


def ahead(*platforms: str, days: tuple[int, ...] = (7, 14, 28), **changes: Any) -> dict:
    """Forecasts of each platform; changes of a measure: `roi={"reason": ...}`."""
    figures = {"spend": 4_900.0, "revenue": 7_600.0, "conversions": 120.0, "roi": 0.551}
    rows = [
        {
            "level": "platform",
            "ad_platform": platform,
            "measure": measure,
            "days_ahead": period,
            "expected": expected,
            "expected_low": 0.1 * expected,
            "expected_low_80": 0.5 * expected,
            "expected_high_80": 1.5 * expected,
            "expected_high": 2 * expected,
            "recent": 0.9 * expected,
            "method": "combined",
            "reason": None,
            "error_to_last_week": None if measure == "roi" else 0.85,
            "days_known": 120,
            "attribution_model": "last_touch",
        }
        | changes.get(measure, {})
        | changes.get("every", {})
        for platform in platforms
        for measure, expected in figures.items()
        for period in days
    ]
    return {"rpt_forecast_periods": rows, "rpt_totals": totals()}


NONE = {name: None for name in ("expected", "expected_low", "expected_low_80", "expected_high_80")}


def refused(reason: str) -> dict[str, Any]:
    return NONE | {"expected_high": None, "method": "none", "reason": reason}


def test_revenue_of_platforms_without_spend_is_no_return_of_the_spend() -> None:
    tables = ahead("(all)", "Facebook", "TikTok", days=(28,))
    for row in tables["rpt_forecast_periods"]:
        if row["ad_platform"] == "TikTok":
            row |= refused("no_spend") if row["measure"] in ("spend", "roi") else {}
            row |= {"expected": 300.0} if row["measure"] == "revenue" else {}
    few = said(forecast_answer(tables))
    assert "spent: ROI" in few
    for row in tables["rpt_forecast_periods"]:
        if row["ad_platform"] == "TikTok" and row["measure"] == "revenue":
            row |= {"expected": 1_900.0}
    answer = forecast_answer(tables)
    assert "days cost 4,900 and bring 7,600 (80" in said(answer)
    assert "1,900 of the revenue come from TikTok, whose spend is not in the" in said(answer)
    assert [row["roi"] for row in answer.rows] == [None, 0.551, None]


def test_the_forecast_says_what_comes_for_what_and_how_sure_that_is() -> None:
    answer = forecast_answer(ahead("(all)", "Facebook"))
    assert answer.question == "What will the next 28 days bring?"
    assert said(answer) == (
        "If budgets go on as in recent weeks, the next 28 days bring 7,600 for 4,900 spent: ROI"
        " +55% (80\u00a0%\u00a0prediction interval +28% to +83%). Forecasts made this way were"
        " 15.0% closer than repeating the last week."
    )
    assert [row["ad_platform"] for row in answer.rows] == ["(all)", "Facebook"]


def test_a_forecast_that_was_no_closer_than_the_last_week_says_so() -> None:
    sentence = said(forecast_answer(ahead("(all)", revenue={"error_to_last_week": 1.2})))
    assert sentence.endswith("Repeating the last week was no farther off so far.")


def test_too_short_a_history_says_how_long_it_has_to_be() -> None:
    few = ahead("(all)", every=refused("too_little_data") | {"days_known": 34})
    assert said(forecast_answer(few)).startswith(
        "Cannot tell yet: 34 days are known, and a forecast of 7 days needs 35. Export a longer"
        " period, or wait 1 day."
    )
    assert said(forecast_answer(few)).endswith(
        " The last 7 days cost 4,410 and brought 6,840 from 108 conversions."
    )
    few = ahead("(all)", every=refused("too_little_data") | {"days_known": 1})
    assert said(forecast_answer(few)).startswith("Cannot tell yet: 1 day is known, and")


def test_the_longest_period_that_can_be_forecast_is_told() -> None:
    tables = ahead("(all)", "Facebook", every={"days_known": 41})
    for row in tables["rpt_forecast_periods"]:
        if row["days_ahead"] > 7:
            row |= refused("too_little_data")
    answer = forecast_answer(tables)
    assert answer.question == "What will the next 7 days bring?"
    assert "the next 7 days bring 7,600" in said(answer)


def test_platforms_without_a_forecast_are_named_with_the_reason() -> None:
    tables = ahead("(all)", "Facebook")
    tables["rpt_forecast_periods"] += ahead(
        "Twitter", every=refused("too_little_data") | {"days_known": 41}
    )["rpt_forecast_periods"]
    tables["rpt_forecast_periods"] += ahead("LinkedIn", revenue={"method": "last_week"})[
        "rpt_forecast_periods"
    ]
    sentence = said(forecast_answer(tables))
    assert "Twitter: 41 days known, 56 needed." in sentence
    assert "LinkedIn: last week repeated." in sentence
    assert "Facebook" not in sentence


def test_simulated_money_is_no_forecast_but_conversions_are() -> None:
    simulated = refused("simulated")
    tables = ahead("(all)", "Facebook", spend=simulated, revenue=simulated, roi=simulated)
    sentence = said(forecast_answer(tables))
    assert (
        "the next 28 days bring 120 conversions (80\u00a0%\u00a0prediction interval 60" in sentence
    )
    assert "Facebook" not in sentence


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"spend": "no_spend", "roi": "no_spend"}, "bring 7,600 (80"),
        ({"revenue": "no_revenue", "roi": "no_revenue"}, "bring 120 conversions (80"),
        (
            {"revenue": "no_revenue", "roi": "no_revenue", "conversions": "no_conversions"},
            "cost 4,900 (80",
        ),
    ],
)
def test_a_forecast_tells_what_the_data_has(missing: dict[str, str], words: str) -> None:
    changes = {measure: refused(reason) for measure, reason in missing.items()}
    assert words in said(forecast_answer(ahead("(all)", **changes)))


@pytest.mark.parametrize("low", [-1.0, -0.99])
@pytest.mark.parametrize("high", [2.0, -0.1])
def test_an_roi_that_may_be_anything_is_said_in_words(low: float, high: float) -> None:
    limits = {"expected_low_80": low, "expected_high_80": high, "expected": -0.5}
    answer = forecast_answer(ahead("(all)", "Facebook", "X", roi=limits))
    anything = low == -1 and high > 0
    assert (
        "the next 28 days cost 4,900 (80\u00a0%\u00a0prediction interval 2,450 to 7,350) and bring"
        " 120 conversions (60 to 180). Whether that pays back cannot be told: sales so far"
        " are too few or too uneven." in said(answer)
    ) == anything
    assert [row["roi"] for row in answer.rows] == [None if anything else -0.5] * 3
    assert ("ROI -50%" in said(answer)) != anything


def test_platforms_with_the_same_note_are_named_together() -> None:
    tables = ahead("(all)")
    wide = {"expected_low_80": -1.0, "expected_high_80": 9.0}
    tables["rpt_forecast_periods"] += ahead("A", "B", "C", "D", "E", roi=wide)[
        "rpt_forecast_periods"
    ]
    assert said(forecast_answer(tables)).endswith(
        "A, B, C and 2 more: sales too uneven to tell ROI."
    )


def test_a_stopped_account_and_one_without_dates_cannot_be_told() -> None:
    stopped = said(forecast_answer(ahead("(all)", every=refused("stopped"))))
    assert stopped == "Cannot tell: no spend and no revenue in the last 28 days."
    assert said(forecast_answer(ahead())) == (
        "Cannot tell: the data has no days to go on from. Export reports by day."
    )


def test_another_attribution_model_than_the_answers_is_named() -> None:
    tables = ahead("(all)") | {"rpt_totals": totals(attribution_model="markov")}
    assert "Credited by last touch: markov is not" in said(forecast_answer(tables))


def budget(*changes: tuple[str, float], reason: str = "nothing_sure") -> dict:
    """Moves with these changes of 500 each; a pair from every giver to every taker, all sure."""
    nothing = dict.fromkeys(
        ("gain", "gain_low", "gain_high", "gain_low_80", "gain_high_80", "gain_at_worst")
    )
    moved = any(change for _, change in changes)
    moves = [
        {
            "level": "platform",
            "ad_platform": name,
            "campaign_id": "all",
            "attribution_model": "last_touch",
            "spend": 500.0,
            "change": change,
            "change_share": change / 500,
            "spend_after": 500 + change,
            "at_bound": False,
            "reason": "moved" if change else reason,
            "next_unit_low": 1.0,
            "next_unit_high": 3.0,
            "elasticity_low": 0.5,
            "elasticity_high": 1.0,
            "probability": None,
            "weeks": 17,
        }
        | nothing
        for name, change in changes
    ]
    whole = {"ad_platform": "(all)", "next_unit_low": None, "next_unit_high": None}
    if moved:
        whole |= {"gain": 425.0, "gain_low": 192.0, "gain_high": 662.0, "reason": "moved"}
    pairs = [
        {
            "level": "platform",
            "from_platform": giver,
            "to_platform": taker,
            "attribution_model": model,
            "change": 150.0,
            "gain": 200.0,
            "gain_at_worst": 50.0,
            "probability": 0.93,
            "is_sure": moved,
            "is_sure_in_every_model": moved,
            "needed_ratio": 2.13,
            "ratio": 4.0 if moved else 1.5,
        }
        for giver, less in changes
        for taker, more in changes
        for model in ("first_touch", "last_touch")
        if (less < more if moved else giver < taker)
    ]
    return {
        "rpt_budget_moves": [*moves, moves[0] | whole] if moves else [],
        "rpt_budget_pairs": pairs,
        "rpt_campaign_roi": [],
        "rpt_totals": totals(),
    }


def test_a_sure_move_is_told_with_its_gain_and_what_it_rests_on() -> None:
    sentence = said(budget_answer(budget(("Facebook", 150.0), ("Snapchat", -150.0))))
    assert sentence.startswith(
        "Of what 17 weeks cost, move about 150 from Snapchat to Facebook (+30%). That should bring"
        " 420 more revenue for the same money (95\u00a0% limits 190 to 660);"
        " it pays under every rule-based attribution model. It holds if 1\u00a0% more spend on a"
        " platform brings 0.50 to 1.00\u00a0% more revenue"
    )
    assert "only a test shows that" in sentence


def test_amounts_of_advice_are_as_a_person_would_type_them() -> None:
    several = budget(("Facebook", 1049.49), ("X", 8.046), ("Snapchat", -1057.536))
    assert "move about 1,100 from Snapchat: 1,000 to Facebook (+210%) and 8.0 to X (+2%)." in said(
        budget_answer(several)
    )


def test_moves_between_campaigns_of_a_platform_are_told_by_name() -> None:
    tables = budget(("Facebook", 0.0), ("Snapchat", 0.0))
    nothing = tables["rpt_budget_moves"][0]
    tables["rpt_budget_moves"] += [
        nothing | {"level": "campaign", "campaign_id": campaign, "change": change}
        for campaign, change in (("f1", -80.0), ("f2", 80.0), ("(all)", 0.0))
    ]
    tables["rpt_campaign_roi"] = [
        {"ad_platform": "Facebook", "campaign_id": "f2", "campaign_name": "Bring a Friend"},
        {"ad_platform": "Snapchat", "campaign_id": "f1", "campaign_name": "Another's"},
    ]
    sentence = said(budget_answer(tables))
    assert sentence.startswith("Stand still: no platform")
    assert "Within Facebook move about 80 to Bring a Friend, 80 from f1. It holds if" in sentence
    assert sentence.endswith("only a test shows that.")
    answer = with_finding(budget_answer(tables), tables)
    assert plain(answer.marked_finding).startswith("Move money between campaigns of Facebook")
    # also where platforms cannot be compared
    for row in tables["rpt_budget_moves"][:3]:
        row["reason"] = "few_conversions" if row["ad_platform"] == "Snapchat" else "only_one"
    sentence = said(budget_answer(tables))
    assert sentence.startswith(
        "Cannot tell between platforms: only Facebook has 30 conversions or more, and a move needs "
        "two platforms. Within Facebook move about 80 to Bring a Friend"
    )


def test_a_move_that_depends_on_the_model_is_not_made_but_named() -> None:
    tables = budget(("Facebook", 150.0), ("Instagram", 0.0), ("Snapchat", -150.0))
    for pair in tables["rpt_budget_pairs"]:
        if pair["to_platform"] == "Instagram":
            pair["is_sure_in_every_model"] = False
            pair["is_sure"] = pair["attribution_model"] == "last_touch"
    sentence = said(budget_answer(tables))
    words = "Instagram instead of Snapchat depends on the model: first touch does not agree."
    assert sentence.endswith(words)


def test_where_nothing_is_sure_money_stands_still_and_a_test_is_named() -> None:
    sentence = said(budget_answer(budget(("A", 0.0), ("B", 0.0))))
    assert sentence.startswith("Stand still: no platform")
    assert "Nearest: B instead of A, 1.50 times" in sentence
    assert "where 2.13 are needed" in sentence
    assert "alternates at random" in sentence


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("few_weeks", "Cannot tell: the data has fewer than 8 full weeks with spend."),
        ("simulated", "Cannot tell: the money is assumed."),
        ("no_revenue", "Cannot tell: revenue is not in the data."),
        ("only_one", "Cannot tell: there is no other platform to compare."),
    ],
)
def test_no_advice_says_why(reason: str, words: str) -> None:
    assert said(budget_answer(budget(("A", 0.0), reason=reason))) == words


def test_without_revenue_that_is_said_whatever_else_is_too_little() -> None:
    tables = budget(("A", 0.0), ("B", 0.0), reason="only_one")
    for row, reason in zip(
        tables["rpt_budget_moves"][:2], ("no_revenue", "few_conversions"), strict=True
    ):
        row["reason"] = reason
    assert said(budget_answer(tables)) == "Cannot tell: revenue is not in the data."


def test_the_only_platform_with_enough_conversions_is_named() -> None:
    tables = budget(("A", 0.0), ("B", 0.0), reason="only_one")
    tables["rpt_budget_moves"][1]["reason"] = "few_conversions"
    assert said(budget_answer(tables)) == (
        "Cannot tell: only A has 30 conversions or more, and a move needs two platforms."
    )
    tables["rpt_budget_moves"][1]["reason"] = "no_spend"
    assert said(budget_answer(tables)) == (
        "Cannot tell: of the others the data tells too little to compare them with A."
    )


def test_the_range_that_a_move_rests_on_is_the_one_that_was_set() -> None:
    tables = budget(("A", 0.0), ("B", 0.0))
    for row in tables["rpt_budget_moves"]:
        row |= {"elasticity_low": 0.4, "elasticity_high": 0.9}
    assert "brings 0.40 to 0.90\u00a0% more revenue" in said(budget_answer(tables))


def test_platforms_that_are_not_compared_are_named_with_their_spend() -> None:
    tables = budget(("A", 0.0), ("B", 0.0), ("(other)", 0.0))
    tables["rpt_budget_moves"][2]["reason"] = "not_compared"
    assert said(budget_answer(tables)).endswith(
        "Only the 2 platforms with the most spend are compared; the others cost 500.00."
    )


def test_spend_that_no_touch_is_known_of_is_no_lack_of_conversions() -> None:
    tables = budget(("A", 0.0), reason="few_conversions")
    for row in tables["rpt_budget_moves"]:
        row |= {"next_unit_low": 0.0, "next_unit_high": 0.0}
    known = returns(CLEAR)["rpt_platform_roi"]
    untouched = [row | {"why_cannot_tell": "no touch in the data"} for row in known]
    unvalued = [row | {"revenue": None, "roi": None} for row in known]
    for platforms, words in (
        (known, "30 conversions"),
        (unvalued, "30 conversions"),
        (untouched, "no touch of what was spent"),
    ):
        found = budget_answer(tables | {"rpt_platform_roi": platforms})
        assert words in said(found)
        assert found.rows[0]["next_unit_high"] is None


def test_no_dates_give_no_advice() -> None:
    assert said(budget_answer(budget())) == "Cannot tell: the data has no full weeks."
    no_bill = {"rpt_totals": totals(first_spend_date=None)}
    assert said(budget_answer(budget() | no_bill)) == "Cannot tell: spend is not in the data."


def everything(*platforms: tuple[str, float, float, float, str]) -> dict:
    return returns(*platforms) | {
        key: rows
        for tables in (
            devices(("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18)),
            shares(("Facebook", "first_touch", 0.6, 0.5, 0.7)),
            audience(("25-34", "F", "A", 1_000, 130), ("35-44", "F", "A", 1_000, 60)),
            segments(2),
            ahead("(all)", "Facebook"),
            budget(("Facebook", 100.0), ("Snapchat", -100.0)),
            {"rpt_data_quality": [], "rpt_totals": totals()},
            {"rpt_reported_breakdowns": []},
        )
        for key, rows in tables.items()
        if key != "rpt_platform_roi"
    }


def test_the_answers_read_the_tables_that_they_name_and_no_others() -> None:
    class Recorded(dict):
        def __getitem__(self, name: str) -> Rows:
            read.add(name)
            return super().__getitem__(name)

    read: set[str] = set()
    tables = Recorded(everything(CLEAR))
    all_answers(tables)
    scope(tables, is_demo=True)
    assert read == set(ANSWER_TABLES)


def test_the_line_above_the_answers_says_what_they_rest_on() -> None:
    files = [{"_source_file": name, "staged": 9} for name in ("orders.csv", "meta.csv", "meta.csv")]
    dated = {"first_date": "2026-01-01", "last_date": "2026-03-31", "currency": "EUR"}
    tables = {
        "rpt_totals": totals(**dated),
        "rpt_data_quality": [*files, {"_source_file": "refused.csv", "staged": 0}],
    }
    assert scope(tables, is_demo=False) == (
        "Data: ads of 2026-01-01 to 2026-03-31; meta.csv, orders.csv; EUR."
    )
    assert scope(tables, is_demo=True).startswith("DEMO (invented data): ads of 2026-01-01")
    nothing: dict = {"rpt_data_quality": [], "rpt_reported_breakdowns": []}
    undated = totals(first_date=None, last_date=None, first_spend_date=None, currency=None)
    many = [{"_source_file": f"{number}.csv", "staged": 1} for number in range(4)]
    assert scope(nothing | {"rpt_totals": undated, "rpt_data_quality": many}, is_demo=False) == (
        "Data: weekdays without dates; 4 files; currency not stated."
    )
    shop = [undated[0] | {"reached_users": 0}]
    assert scope(nothing | {"rpt_totals": shop, "rpt_data_quality": many[:1]}, is_demo=False) == (
        "Data: conversions without ads; 0.csv; currency not stated."
    )
    empty = [shop[0] | {"conversions": 0}]
    assert scope(nothing | {"rpt_totals": empty}, is_demo=False) == (
        "Data: no ads and no conversions; currency not stated."
    )
    reports = totals(first_date=None, last_date=None)
    assert scope({"rpt_totals": reports, "rpt_data_quality": many}, is_demo=False).startswith(
        "Data: spend of 2026-01-01 to 2026-12-31; "
    )
    told = [{"first_date": "2026-02-01", "last_date": "2026-02-28"}] * 2
    alone = [row | dict.fromkeys(("users", "impressions", "conversions"), 0) for row in empty]
    assert scope(
        nothing | {"rpt_totals": alone, "rpt_reported_breakdowns": told}, is_demo=False
    ).startswith("Data: reports of 2026-02-01 to 2026-02-28; ")


def test_the_scope_and_one_caveat_on_cause_come_before_the_first_answer() -> None:
    out = io.StringIO()
    print_answers(all_answers(everything(CLEAR)), out, "DEMO (invented data): \x1b[31m")
    first, caveat, rest = out.getvalue().split("\n", 2)
    assert first == r"DEMO (invented data): \x1b[31m"
    assert caveat.startswith("What an ad is credited with, it need not have caused")
    assert out.getvalue().count("need not have caused") == 1
    assert "\n\n1. " in rest


def test_no_answer_speaks_of_statistics_that_a_marketer_need_not_know() -> None:
    words = printed(everything(CLEAR)).lower()
    assert not [
        word
        for word in ("silhouette", "rand index", "standard deviation", "bonferroni", "bootstrap")
        if word in words
    ]


def printed(tables: dict) -> str:
    out = io.StringIO()
    print_answers(all_answers(tables), out)
    return out.getvalue()


def test_the_terminal_shows_aligned_tables_within_its_width() -> None:
    long = ("A platform with a name of very many letters, " * 5, 123.4, -12_345.67, 1e5, "loses")
    tables = everything(CLEAR, long)
    tables["rpt_totals"] = totals(is_spend_simulated=True, is_revenue_simulated=True)
    lines = printed(tables).splitlines()
    assert [line[0] for line in lines if line[:1].isdigit()] == list("1234567")
    assert max(map(len, lines)) <= WIDTH
    head = next(number for number, line in enumerate(lines) if "Sim. ROI" in line)
    rules, rows = lines[head + 1], lines[head + 2 : head + 4]
    gaps = [place for place, letter in enumerate(rules) if letter == " " and place > 3]
    assert all(row[place : place + 1] in ("", " ") for row in rows for place in gaps)


def test_warnings_about_money_are_printed_with_file_sum_and_names_the_largest_first() -> None:
    few = {
        "_source_file": "events.csv",
        "warning": "events of a campaign without spend",
        "warned_rows": 1,
        "amount": None,
        "names": 1,
        "examples": "Facebook / c\x1b1",
    }
    many = few | {
        "_source_file": "spend.csv",
        "warning": "spend that matches no touch or conversion",
        "warned_rows": 1200,
        "amount": 40.5,
        "names": 5,
        "examples": "Facebook / Brand, X / a, X / b",
    }
    out = io.StringIO()
    print_warnings(money_warnings({"rpt_money_warnings": [few, many]}), out)
    head, *lines = out.getvalue().splitlines()
    assert head == "Check the input, these amounts may be wrong:"
    assert " ".join(" ".join(lines).split()) == (
        "spend.csv: spend that matches no touch or conversion; 40.50, 1,200 rows "
        "(Facebook / Brand, X / a, X / b and 2 more) "
        "events.csv: events of a campaign without spend; 1 row (Facebook / c\\x1b1)"
    )
    assert max(map(len, lines)) <= WIDTH
    silent = io.StringIO()
    print_warnings([], silent)
    assert silent.getvalue() == ""


def test_control_characters_in_names_do_not_reach_the_terminal() -> None:
    hostile = ("\x1b[31mFace\x07book", 3.2, 2.5, 3.9, "pays_back")
    assert not {"\x1b", "\x07"} & set(printed(everything(hostile)))


def test_unknown_values_print_as_a_dash() -> None:
    assert text(None, "money") == text(float("nan"), "percent") == interval(None, 1, "count") == "-"


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1234.5, "money", "1,234"),
        (12.346, "money", "12.35"),
        (-0.001, "decimal", "0.00"),
        (51.0, "credit", "51"),
        (51.25, "credit", "51.2"),
        (0.07649, "percent", "7.6%"),
        (-0.268, "shift", "-26.8"),
        (0.0, "shift", "+0.0"),
        ("cannot_tell", "verdict", "cannot tell"),
        ("first_touch", "model", "First touch"),
    ],
)
def test_numbers_are_rounded_for_people(value: Any, kind: str, expected: str) -> None:
    assert text(value, kind) == expected
