"""The five answers: when a winner is named, when not, and how they are printed."""

import io
from typing import Any

import pytest

from social_roi.report.attribution import answer as attribution_answer
from social_roi.report.audience import answer as audience_answer
from social_roi.report.audience import wilson
from social_roi.report.facts import family_verdict, roi_limit
from social_roi.report.formatting import interval, plain, text
from social_roi.report.funnel import answer as funnel_answer
from social_roi.report.quality import money_warnings
from social_roi.report.questions import ANSWER_TABLES, five_answers
from social_roi.report.roi import answer as return_answer
from social_roi.report.segments import answer as segments_answer
from social_roi.report.terminal import WIDTH, print_answers, print_warnings
from social_roi.report.types import Answer, Rows


def said(answer: Answer) -> str:
    return plain(answer.marked_sentence)


def totals(**changes: Any) -> Rows:
    row = {
        "conversions": 500,
        "attribution_model": "last_touch",
        "is_spend_simulated": False,
        "is_revenue_simulated": False,
    }
    return [row | changes]


def returns(*rows: tuple[str, float, float, float, str], simulated: bool = False) -> dict:
    """Tables with platforms (name, roi, low, high, verdict), each with one campaign of its name."""
    platforms = [
        {
            "ad_platform": name,
            "attribution_model": model,
            "spend": 100.0,
            "revenue": 100.0 * (1 + roi),
            "conversions": 50.0,
            "roi": roi if model == "last_touch" else -roi,
            "roi_low": low,
            "roi_high": high,
            "roi_low_90": roi + 0.84 * (low - roi),
            "roi_high_90": roi + 0.84 * (high - roi),
            "verdict": verdict,
            "is_simulated": simulated,
        }
        for name, roi, low, high, verdict in rows
        for model in ("first_touch", "last_touch")
    ]
    return {
        "rpt_totals": totals(is_spend_simulated=simulated),
        "rpt_platform_roi": platforms,
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
    assert "Facebook is the platform that pays back most, ROI 3.20" in sentence
    assert "(95\u00a0%\u00a0confidence interval 2.50 to 3.90)" in sentence
    assert "Snapchat loses money, ROI -0.60 (-0.80 to -0.40)" in sentence


def test_overlapping_intervals_name_no_best_platform() -> None:
    sentence = said(return_answer(returns(CLEAR, CLOSE)))
    assert "Facebook pays back" in sentence
    assert "cannot tell whether it is the best platform" in sentence
    assert "Instagram (2.00 to 2.80)" in sentence


def test_a_high_roi_on_too_little_data_is_no_winner() -> None:
    sentence = said(return_answer(returns(SMALL, CLEAR)))
    assert "Cannot tell which platform is best: LinkedIn is highest" in sentence
    assert "Facebook pays back, ROI 3.20" in sentence


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
    assert "The table judges 11 platforms one by one: up to 0.6 of its verdicts" in sentence


def test_no_platform_pays_back_when_all_lose() -> None:
    assert "No platform pays back" in said(return_answer(returns(LOSING)))


def test_the_sentence_reports_simulated_money_and_names_no_winner() -> None:
    row = (*CLEAR[:4], "cannot_tell")
    answer = return_answer(returns(row, simulated=True))
    assert said(answer).startswith("Cannot tell which platform pays back: with simulated money")
    assert answer.is_simulated
    marked = {column.label for column in answer.columns if column.is_simulated}
    assert marked == {"Spend", "ROI"}


def test_without_conversions_no_return_is_reported() -> None:
    tables = returns(CLEAR) | {"rpt_totals": totals(conversions=0)}
    assert said(return_answer(tables)) == "Cannot tell: there are no conversions in the data."


def test_unattributed_credit_is_not_a_platform() -> None:
    rows = return_answer(returns(CLEAR, ("unattributed", 9.0, 8.0, 10.0, "pays_back"))).rows
    assert [row["ad_platform"] for row in rows] == ["Facebook"]


def devices(*rows: tuple[str, int, int, int]) -> dict:
    """Tables with devices (name, impressions, clicks, conversions)."""
    found = []
    for name, impressions, clicks, conversions in rows:
        row = {"device_type": name, "impressions": impressions, "clicks": clicks}
        row |= {"conversions": conversions}
        for rate, events, trials in (
            ("ctr", clicks, impressions),
            ("cvr", conversions, clicks),
        ):
            low, high = wilson(events, trials)
            row |= {rate: events / trials, f"{rate}_low": low, f"{rate}_high": high}
        found.append(row)
    return {"rpt_totals": totals(), "rpt_device_funnel": found}


def test_the_largest_loss_and_a_clear_difference_between_devices_are_reported() -> None:
    tables = devices(("Desktop", 20_000, 4_000, 320), ("Mobile", 20_000, 4_000, 160))
    sentence = said(funnel_answer(tables))
    assert sentence.startswith("Most are lost on Mobile, where 96.0% of clicks lead to no conv")
    assert "Desktop converts most often, 8.0%" in sentence
    assert sentence.endswith("a clear difference.")


def test_devices_with_overlapping_intervals_are_not_ranked() -> None:
    tables = devices(("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18))
    assert "cannot tell which is best" in said(funnel_answer(tables))


def test_a_device_with_few_clicks_is_neither_best_nor_worst() -> None:
    tables = devices(
        ("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18), ("Television", 90, 30, 29)
    )
    assert "Television" not in said(funnel_answer(tables))


def test_without_conversions_only_the_first_step_is_reported() -> None:
    tables = devices(("Desktop", 900, 300, 0)) | {"rpt_totals": totals(conversions=0)}
    sentence = said(funnel_answer(tables))
    assert "66.7% of impressions lead to no click" in sentence
    assert "no conversions" in sentence


def shares(*rows: tuple[str, str, float, float, float]) -> dict:
    names = ["ad_platform", "attribution_model", "share", "share_low", "share_high"]
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return {"rpt_totals": totals(), "rpt_platform_attribution": found}


def test_opener_and_closer_are_named_when_their_intervals_do_not_overlap() -> None:
    tables = shares(
        ("Facebook", "first_touch", 0.6, 0.5, 0.7),
        ("Instagram", "first_touch", 0.4, 0.3, 0.45),
        ("Facebook", "last_touch", 0.48, 0.42, 0.54),
        ("Instagram", "last_touch", 0.52, 0.46, 0.58),
    )
    sentence = said(attribution_answer(tables))
    assert "Facebook opened most journeys, 60.0% of conversions" in sentence
    assert "Instagram closed 52.0% of conversions" in sentence
    assert "cannot tell whether most" in sentence


def test_journeys_of_one_touch_have_no_opener_or_closer() -> None:
    tables = shares(
        ("Facebook", "first_touch", 0.6, 0.5, 0.7), ("Facebook", "last_touch", 0.6, 0.5, 0.7)
    )
    assert said(attribution_answer(tables)).startswith("Cannot tell openers from closers")


def audience(*rows: tuple[str, str, int, int]) -> dict:
    names = ["age_band", "gender", "clicks", "conversions"]
    others = {"ad_platform": "Facebook", "impressions": 10_000}
    found = [dict(zip(names, row, strict=True)) | others for row in rows]
    return {"rpt_totals": totals(), "rpt_audience": found}


def test_a_clear_best_and_worst_group_are_named() -> None:
    sentence = said(
        audience_answer(audience(("25-34", "F", 1_000, 130), ("55-64", "M", 1_000, 40)))
    )
    assert sentence.startswith("Women 25-34 convert most often, 13.0%")
    assert "a clear difference" in sentence


def test_the_extremes_of_many_equal_groups_are_not_named() -> None:
    # 95 % intervals of the largest and the smallest of 30 equal groups do not overlap
    best, worst = ("18-24", "F", 1_000, 80), ("25-34", "F", 1_000, 46)
    others = [(f"group {number}", "M", 1_000, 62) for number in range(28)]
    assert wilson(80, 1_000)[0] > wilson(46, 1_000)[1]
    sentence = said(audience_answer(audience(best, worst, *others)))
    assert sentence.startswith("Cannot tell who responds best")
    assert "30 groups" in sentence


def test_small_and_unknown_groups_are_not_ranked() -> None:
    rows = audience(
        ("25-34", "F", 1_000, 60),
        ("55-64", "M", 1_000, 50),
        ("65+", "F", 20, 19),
        ("unknown", "M", 5_000, 4_000),
    )
    assert {row["age_band"] for row in audience_answer(rows).rows} == {"25-34", "55-64"}


def test_groups_are_sums_over_platforms() -> None:
    tables = audience(("25-34", "F", 600, 30), ("25-34", "F", 400, 30))
    assert "6.0%" in text(audience_answer(tables).rows[0]["cvr"], "percent")


def segments(personas: int, warning: str | None = None) -> dict:
    rows = [
        {
            "segment": number,
            "persona": f"Kind {number}",
            "users": 100,
            "what_sets_it_apart": "There is one segment: too few users.",
            **dict.fromkeys(("ctr", "cvr", "cvr_low", "cvr_high"), 0.1),
            "revenue": 5.0,
        }
        for number in range(1, personas + 1)
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
    assert "2 kinds: Kind 1 (100 users, 50.0%), Kind 2 (100 users, 50.0%)" in sentence
    assert "stability 0.95: the segments are clearly separated" in sentence


def test_a_warning_of_the_segmentation_is_passed_on() -> None:
    assert "with a warning: unstable" in said(segments_answer(segments(2, "unstable")))


def test_one_segment_gives_its_reason() -> None:
    sentence = said(segments_answer(segments(1)))
    assert sentence == "One kind only. There is one segment: too few users."


def test_missing_segments_are_reported() -> None:
    assert said(segments_answer(segments(0))).startswith("Cannot tell")


def everything(*platforms: tuple[str, float, float, float, str]) -> dict:
    return returns(*platforms) | {
        key: rows
        for tables in (
            devices(("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18)),
            shares(("Facebook", "first_touch", 0.6, 0.5, 0.7)),
            audience(("25-34", "F", 1_000, 130)),
            segments(2),
        )
        for key, rows in tables.items()
    }


def test_the_answers_read_the_tables_that_they_name_and_no_others() -> None:
    class Recorded(dict):
        def __getitem__(self, name: str) -> Rows:
            read.add(name)
            return super().__getitem__(name)

    read: set[str] = set()
    five_answers(Recorded(everything(CLEAR)))
    assert read == set(ANSWER_TABLES)


def printed(tables: dict) -> str:
    out = io.StringIO()
    print_answers(five_answers(tables), out)
    return out.getvalue()


def test_the_terminal_shows_five_aligned_tables_within_its_width() -> None:
    long = ("A platform with a name of very many letters, " * 5, 123.4, -12_345.67, 1e5, "loses")
    tables = everything(CLEAR, long)
    tables["rpt_totals"] = totals(is_spend_simulated=True, is_revenue_simulated=True)
    lines = printed(tables).splitlines()
    assert [line[0] for line in lines if line[:1].isdigit()] == list("12345")
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
        "events.csv: events of a campaign without spend; 1 row (Facebook / c 1)"
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
