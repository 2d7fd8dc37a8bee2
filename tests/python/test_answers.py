"""The five answers: what is named, what is withheld, and how it is printed."""

import io
from typing import Any

import pandas as pd
import pytest

from social_roi.answers import (
    attribution_answer,
    audience_answer,
    five_answers,
    funnel_answer,
    return_answer,
    segments_answer,
    wilson,
)
from social_roi.report.formatting import interval, text
from social_roi.report.terminal import WIDTH, print_answers


def totals(**changes: Any) -> pd.DataFrame:
    row = {
        "conversions": 500,
        "attribution_model": "last_touch",
        "is_spend_simulated": False,
        "is_revenue_simulated": False,
    }
    return pd.DataFrame([row | changes])


def returns(*rows: tuple[str, float, float, float, str], simulated: bool = False) -> dict:
    """Tables with platforms (name, roi, low, high, verdict), each with one campaign of its name."""
    platforms = pd.DataFrame(
        [
            {
                "ad_platform": name,
                "attribution_model": model,
                "spend": 100.0,
                "revenue": 100.0 * (1 + roi),
                "conversions": 50.0,
                "roi": roi if model == "last_touch" else -roi,
                "roi_low": low,
                "roi_high": high,
                "verdict": verdict,
                "is_simulated": simulated,
            }
            for name, roi, low, high, verdict in rows
            for model in ("first_touch", "last_touch")
        ]
    )
    return {
        "rpt_totals": totals(is_spend_simulated=simulated),
        "rpt_platform_roi": platforms,
        "rpt_campaign_roi": platforms.assign(
            campaign_id="c", campaign_name="Sale of " + platforms["ad_platform"]
        ),
    }


CLEAR = ("Facebook", 3.2, 2.5, 3.9, "pays_back")
CLOSE = ("Instagram", 2.4, 2.0, 2.8, "pays_back")
SMALL = ("LinkedIn", 5.0, -1.0, 11.0, "cannot_tell")
LOSING = ("Snapchat", -0.6, -0.8, -0.4, "loses")


def test_the_best_platform_is_named_where_its_interval_lies_above_all_others() -> None:
    sentence = return_answer(returns(CLEAR, LOSING)).sentence
    assert "Facebook is the platform that pays back most, ROI 3.20" in sentence
    assert "2.50 to 3.90" in sentence
    assert "Snapchat loses money, ROI -0.60 (-0.80 to -0.40)" in sentence


def test_overlapping_intervals_name_no_best_platform() -> None:
    sentence = return_answer(returns(CLEAR, CLOSE)).sentence
    assert "Facebook pays back" in sentence
    assert "cannot tell whether it is the best platform" in sentence
    assert "Instagram (2.00 to 2.80)" in sentence


def test_a_high_roi_on_too_little_data_is_no_winner() -> None:
    sentence = return_answer(returns(SMALL, CLEAR)).sentence
    assert "Cannot tell which platform is best: LinkedIn is highest" in sentence
    assert "Facebook pays back, ROI 3.20" in sentence


def test_a_small_rival_with_a_wide_interval_keeps_the_best_from_being_named() -> None:
    rival = ("LinkedIn", 1.0, -3.0, 5.0, "cannot_tell")
    sentence = return_answer(returns(CLEAR, rival)).sentence
    assert "cannot tell whether it is the best platform" in sentence


def test_nobody_pays_back_where_all_lose() -> None:
    assert "No platform pays back" in return_answer(returns(LOSING)).sentence


def test_simulated_money_is_said_in_the_sentence_and_names_no_winner() -> None:
    row = (*CLEAR[:4], "cannot_tell")
    answer = return_answer(returns(row, simulated=True))
    assert answer.sentence.startswith("Cannot tell which platform pays back: with simulated money")
    assert answer.is_simulated
    marked = {column.label for column in answer.columns if column.is_simulated}
    assert marked == {"Spend", "ROI"}


def test_without_conversions_nothing_is_said_of_returns() -> None:
    tables = returns(CLEAR) | {"rpt_totals": totals(conversions=0)}
    assert return_answer(tables).sentence == "Cannot tell: there are no conversions in the data."


def test_credit_without_an_ad_is_no_platform() -> None:
    rows = return_answer(returns(CLEAR, ("unattributed", 9.0, 8.0, 10.0, "pays_back"))).rows
    assert list(rows["ad_platform"]) == ["Facebook"]


def devices(*rows: tuple[str, int, int, int]) -> dict:
    """Tables with devices (name, impressions, clicks, conversions)."""
    frame = pd.DataFrame(rows, columns=["device_type", "impressions", "clicks", "conversions"])
    for rate, events, trials in (
        ("ctr", "clicks", "impressions"),
        ("cvr", "conversions", "clicks"),
    ):
        frame[rate] = frame[events] / frame[trials]
        limits = [wilson(*counts) for counts in zip(frame[events], frame[trials], strict=True)]
        frame[f"{rate}_low"], frame[f"{rate}_high"] = zip(*limits, strict=True)
    return {"rpt_totals": totals(), "rpt_device_funnel": frame}


def test_the_largest_loss_and_a_clear_difference_between_devices_are_told() -> None:
    tables = devices(("Desktop", 20_000, 4_000, 320), ("Mobile", 20_000, 4_000, 160))
    sentence = funnel_answer(tables).sentence
    assert sentence.startswith("Most are lost on Mobile, where 96.0% of clicks bring no conversion")
    assert "Desktop converts most often, 8.0%" in sentence
    assert sentence.endswith("a clear difference.")


def test_devices_with_overlapping_intervals_cannot_be_told_apart() -> None:
    tables = devices(("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18))
    assert "cannot tell them apart" in funnel_answer(tables).sentence


def test_a_device_with_few_clicks_is_neither_best_nor_worst() -> None:
    tables = devices(
        ("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18), ("Television", 90, 30, 29)
    )
    assert "Television" not in funnel_answer(tables).sentence


def test_without_conversions_only_the_first_step_is_told() -> None:
    tables = devices(("Desktop", 900, 300, 0)) | {"rpt_totals": totals(conversions=0)}
    sentence = funnel_answer(tables).sentence
    assert "66.7% of impressions bring no click" in sentence
    assert "no conversions" in sentence


def shares(*rows: tuple[str, str, float, float, float]) -> dict:
    names = ["ad_platform", "attribution_model", "share", "share_low", "share_high"]
    return {"rpt_totals": totals(), "rpt_platform_attribution": pd.DataFrame(rows, columns=names)}


def test_opener_and_closer_are_named_where_their_intervals_stand_apart() -> None:
    tables = shares(
        ("Facebook", "first_touch", 0.6, 0.5, 0.7),
        ("Instagram", "first_touch", 0.4, 0.3, 0.45),
        ("Facebook", "last_touch", 0.48, 0.42, 0.54),
        ("Instagram", "last_touch", 0.52, 0.46, 0.58),
    )
    sentence = attribution_answer(tables).sentence
    assert "Facebook opened most journeys, 60.0% of conversions" in sentence
    assert "Instagram closed 52.0% of conversions" in sentence
    assert "cannot tell whether most" in sentence


def test_journeys_of_one_touch_tell_no_openers_from_closers() -> None:
    tables = shares(
        ("Facebook", "first_touch", 0.6, 0.5, 0.7), ("Facebook", "last_touch", 0.6, 0.5, 0.7)
    )
    assert attribution_answer(tables).sentence.startswith("Cannot tell openers from closers")


def audience(*rows: tuple[str, str, int, int]) -> dict:
    names = ["age_band", "gender", "clicks", "conversions"]
    frame = pd.DataFrame(rows, columns=names).assign(ad_platform="Facebook", impressions=10_000)
    return {"rpt_totals": totals(), "rpt_audience": frame}


def test_a_clear_best_and_worst_group_are_told_apart() -> None:
    sentence = audience_answer(
        audience(("25-34", "F", 1_000, 130), ("55-64", "M", 1_000, 40))
    ).sentence
    assert sentence.startswith("Women 25-34 convert most often, 13.0%")
    assert "a clear difference" in sentence


def test_the_extremes_of_many_equal_groups_are_not_told_apart() -> None:
    # the largest and the smallest of 30 draws: 95 % intervals of these two alone do not overlap
    best, worst = ("18-24", "F", 1_000, 80), ("25-34", "F", 1_000, 46)
    others = [(f"group {number}", "M", 1_000, 62) for number in range(28)]
    assert wilson(80, 1_000)[0] > wilson(46, 1_000)[1]
    sentence = audience_answer(audience(best, worst, *others)).sentence
    assert sentence.startswith("Cannot tell who responds best")
    assert "30 groups" in sentence


def test_small_and_unknown_groups_are_not_ranked() -> None:
    rows = audience(
        ("25-34", "F", 1_000, 60),
        ("55-64", "M", 1_000, 50),
        ("65+", "F", 20, 19),
        ("unknown", "M", 5_000, 4_000),
    )
    assert set(audience_answer(rows).rows["age_band"]) == {"25-34", "55-64"}


def test_groups_are_sums_over_platforms() -> None:
    tables = audience(("25-34", "F", 600, 30), ("25-34", "F", 400, 30))
    assert "6.0%" in text(audience_answer(tables).rows["cvr"].iloc[0], "percent")


def segments(personas: int, warning: str | None = None) -> dict:
    numbers = range(1, personas + 1)
    rows = pd.DataFrame(
        {
            "segment": list(numbers),
            "persona": [f"Kind {number}" for number in numbers],
            "users": [100 for _ in numbers],
            "what_sets_it_apart": ["There is one segment: too few users." for _ in numbers],
            **{name: [0.1 for _ in numbers] for name in ("ctr", "cvr", "cvr_low", "cvr_high")},
            "revenue": [5.0 for _ in numbers],
        }
    )
    selection = pd.DataFrame(
        {
            "k": [max(personas, 1)],
            "silhouette": [0.41],
            "stability": [0.95],
            "is_selected": [True],
            "warning": [warning],
        }
    )
    return {"rpt_totals": totals(), "rpt_segments": rows, "segment_selection": selection}


def test_personas_are_listed_with_their_sizes() -> None:
    sentence = segments_answer(segments(2)).sentence
    assert "2 kinds: Kind 1 (100 users, 50.0%), Kind 2 (100 users, 50.0%)" in sentence
    assert "stability 0.95: they can be told apart" in sentence


def test_a_warning_of_the_segmentation_is_passed_on() -> None:
    assert "with a warning: unstable" in segments_answer(segments(2, "unstable")).sentence


def test_one_segment_gives_its_reason() -> None:
    sentence = segments_answer(segments(1)).sentence
    assert sentence == "One kind only. There is one segment: too few users."


def test_no_segments_is_said() -> None:
    assert segments_answer(segments(0)).sentence.startswith("Cannot tell")


def everything(*platforms: tuple[str, float, float, float, str]) -> dict:
    return returns(*platforms) | {
        key: frame
        for tables in (
            devices(("Desktop", 900, 300, 20), ("Mobile", 900, 300, 18)),
            shares(("Facebook", "first_touch", 0.6, 0.5, 0.7)),
            audience(("25-34", "F", 1_000, 130)),
            segments(2),
        )
        for key, frame in tables.items()
    }


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
