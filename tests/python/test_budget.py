"""The budget solver on small accounts: when money moves, and what the changes add up to."""

import numpy as np
import pandas as pd
import pytest

from social_roi.solvers.budget import COLUMNS, advise

MODELS = ("first_touch", "last_touch", "linear")


def weeks(number: int = 17, **roas: float) -> pd.DataFrame:
    """Platforms that spend 100 a week and return `roas`, the same under every model."""
    random = np.random.default_rng(0)
    rows = [
        {
            "week_start": week,
            "level": "platform",
            "ad_platform": platform,
            "campaign_id": "all",
            "attribution_model": model,
            "spend": 100.0,
            "revenue": 100 * returned * random.lognormal(0, 0.05),
            "conversions": 20.0,
            "revenue_standard_error": 20.0,
            "is_simulated": False,
        }
        for model in MODELS
        for platform, returned in roas.items()
        for week in range(number)
    ]
    return pd.DataFrame(rows)


def campaigns(platform: str, **roas: float) -> pd.DataFrame:
    """The same for campaigns of one platform."""
    rows = weeks(**roas)
    return rows.assign(level="campaign", campaign_id=rows["ad_platform"], ad_platform=platform)


def moves(found: pd.DataFrame) -> pd.DataFrame:
    return found[found["part"] == "move"].set_index("ad_platform")


def reasons(found: pd.DataFrame) -> dict[str, str]:
    return moves(found)["reason"].to_dict()


def test_money_moves_where_it_returns_far_more_than_twice_as_much() -> None:
    found = moves(advise(weeks(a=1, b=4), "last_touch"))
    assert found["change"].to_dict() == {"(all)": 0, "a": -510, "b": 510}
    assert found["spend_after"].to_dict() == {"(all)": 3400, "a": 1190, "b": 2210}
    assert found["at_bound"][["a", "b"]].all()
    whole = found.loc["(all)"]
    limits = whole[["gain_low", "gain_low_80", "gain", "gain_high_80", "gain_high"]].to_list()
    assert limits == sorted(limits)
    assert whole["gain_at_worst"] < whole["gain"]
    assert whole["weeks"] == 17


def test_nothing_moves_where_half_of_the_average_might_be_less() -> None:
    assert reasons(advise(weeks(a=1, b=1.9), "last_touch")) == dict.fromkeys(
        ["(all)", "a", "b"], "nothing_sure"
    )


def test_every_attribution_model_has_to_agree() -> None:
    rows = weeks(a=1, b=4, c=4)
    other = (rows["attribution_model"] == "first_touch") & (rows["ad_platform"] == "b")
    rows.loc[other, "revenue"] /= 4
    found = advise(rows, "last_touch")
    assert moves(found)["change"].to_dict() == {"(all)": 0, "a": -510, "b": 0, "c": 510}
    pair = found[(found["ad_platform"] == "a") & (found["to_platform"] == "b")]
    sure = pair.set_index("attribution_model")["is_sure"].to_dict()
    assert sure == {"first_touch": False, "last_touch": True, "linear": True}
    assert not pair["is_sure_in_every_model"].any()


def test_campaigns_are_compared_with_those_of_their_platform_only() -> None:
    weekly = pd.concat([campaigns("A", a1=1, a2=4), campaigns("B", b1=9), weeks(A=2, B=2)])
    found = advise(weekly, "last_touch")
    campaign_moves = found[(found["part"] == "move") & (found["level"] == "campaign")]
    assert campaign_moves.set_index(["ad_platform", "campaign_id"])["change"].to_dict() == {
        ("A", "(all)"): 0,
        ("A", "a1"): -510,
        ("A", "a2"): 510,
        ("B", "(all)"): 0,
        ("B", "b1"): 0,
    }
    pairs = found[(found["part"] == "pair") & (found["level"] == "campaign")]
    assert set(zip(pairs["to_platform"], pairs["to_campaign"], strict=True)) == {("A", "a2")}
    platform_moves = found[(found["part"] == "move") & (found["level"] == "platform")]
    assert (platform_moves["campaign_id"] == "all").all()
    assert (platform_moves["change"] == 0).all()


def test_changes_sum_to_0_and_stay_within_the_bound() -> None:
    found = moves(advise(weeks(a=1, b=1.1, c=5, d=6.3), "last_touch", bound=0.123)).drop("(all)")
    assert found["change"].sum() == pytest.approx(0, abs=1e-9)
    assert (found["change"].abs() <= 0.123 * found["spend"] + 1e-9).all()
    assert (found["change"] != 0).all()


@pytest.mark.parametrize(("conversions", "reason"), [(29.99, "few_conversions"), (30, "moved")])
def test_a_platform_needs_30_conversions(conversions: float, reason: str) -> None:
    rows = weeks(a=1, b=4)
    rows.loc[rows["ad_platform"] == "b", "conversions"] = conversions / 17
    # sums of seventeenths may miss 30 by a last bit
    rows["conversions"] = rows["conversions"].round(6) + 1e-6
    assert reasons(advise(rows, "last_touch"))["b"] == reason


@pytest.mark.parametrize(("number", "reason"), [(7, "few_weeks"), (8, "moved")])
def test_advice_needs_8_weeks(number: int, reason: str) -> None:
    assert set(reasons(advise(weeks(number, a=1, b=8), "last_touch")).values()) == {reason}


@pytest.mark.parametrize(("last", "reason"), [(13, "moved"), (12, "no_spend")])
def test_no_money_moves_to_a_platform_that_has_stopped(last: int, reason: str) -> None:
    rows = weeks(a=1, b=8)
    stopped = (rows["ad_platform"] == "b") & (rows["week_start"] > last)
    rows.loc[stopped, ["spend", "revenue"]] = 0.0
    assert reasons(advise(rows, "last_touch"))["b"] == reason


def test_conversions_without_revenue_are_not_compared_by_it() -> None:
    rows = weeks(a=1, b=4, c=1)
    rows.loc[rows["ad_platform"] == "c", "revenue"] = 0.0
    assert reasons(advise(rows, "last_touch")) == {
        "(all)": "moved",
        "a": "moved",
        "b": "moved",
        "c": "no_revenue",
    }
    assert set(reasons(advise(rows.assign(revenue=0.0), "last_touch")).values()) == {"no_revenue"}


def test_simulated_money_never_moves() -> None:
    rows = weeks(a=1, b=4).assign(is_simulated=True)
    found = moves(advise(rows, "last_touch"))
    assert set(found["reason"]) == {"simulated"}
    assert not found["change"].any()


def test_only_one_has_no_other_to_move_to() -> None:
    assert set(reasons(advise(weeks(a=1), "last_touch")).values()) == {"only_one"}


def test_platforms_that_are_not_compared_keep_their_budget() -> None:
    found = advise(weeks(a=1, b=4), "last_touch")
    rows = weeks(a=1, b=4, c=9).replace({"ad_platform": {"c": "(other)"}})
    with_others = moves(advise(rows, "last_touch"))
    assert reasons(advise(rows, "last_touch"))["(other)"] == "not_compared"
    assert with_others["change"].drop("(other)").to_dict() == moves(found)["change"].to_dict()
    assert with_others.loc["(all)", "spend"] == 5100


def test_equal_rows_in_any_order_give_equal_advice() -> None:
    rows = weeks(a=1, b=4, c=1.5)
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(advise(rows, "last_touch"), advise(shuffled, "last_touch"))


def test_no_weeks_give_an_empty_typed_table() -> None:
    empty = advise(weeks(a=1).iloc[:0], "last_touch")
    assert list(empty) == list(COLUMNS)
    assert not len(empty)
