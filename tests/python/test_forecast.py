"""The forecast solver on small histories: what it refuses, what its parts add up to."""

import numpy as np
import pandas as pd
import pytest

from social_roi.solvers.combined import combined
from social_roi.solvers.forecast import COLUMNS, MEASURES, forecast

LAST = pd.Timestamp("2026-06-28")
LIMITS = ("expected_low", "expected_low_80", "expected", "expected_high_80", "expected_high")


def history(days: int, platform: str = "A", *, seed: int = 0, **fixed: object) -> pd.DataFrame:
    """Days of one platform that end on LAST; `fixed` replaces columns."""
    random = np.random.default_rng(seed)
    week = np.array([1.0, 0.9, 0.9, 1.0, 1.1, 1.3, 0.8])[np.arange(days) % 7]
    spend = 100 * week * random.lognormal(0, 0.1, days)
    conversions = random.poisson(0.2 * spend).astype(float)
    rows = {
        "level": "platform",
        "ad_platform": platform,
        "campaign_id": "all",
        "activity_date": pd.date_range(end=LAST, periods=days),
        "spend": spend,
        "revenue": conversions * random.lognormal(2, 0.2, days),
        "conversions": conversions,
        "touches": 50.0,
        "last_known_date": LAST,
        "is_spend_simulated": False,
        "is_revenue_simulated": False,
    }
    return pd.DataFrame(rows | fixed)


def part(found: pd.DataFrame, name: str, **keys: object) -> pd.DataFrame:
    chosen = found[(found["part"] == name) & (found["days_ahead"] > 0)]
    for key, value in keys.items():
        chosen = chosen[chosen[key] == value]
    return chosen


def methods(found: pd.DataFrame, measure: str = "spend", platform: str = "A") -> list[tuple]:
    rows = part(found, "period", measure=measure, ad_platform=platform)
    return [
        (row.days_ahead, "" if row.method != "none" else row.reason) for row in rows.itertuples()
    ]


@pytest.mark.parametrize(
    ("days", "longest"), [(34, 0), (35, 7), (41, 7), (42, 14), (55, 14), (56, 28), (57, 28)]
)
@pytest.mark.parametrize("measure", [*MEASURES, "roi"])
def test_a_period_needs_as_many_days_and_28_more(days: int, longest: int, measure: str) -> None:
    found = forecast(history(days))
    for platform in ("A", "(all)"):
        assert methods(found, measure, platform) == [
            (period, "" if period <= longest else "too_little_data") for period in (7, 14, 28)
        ]
        if measure != "roi":
            assert len(part(found, "day", measure=measure, ad_platform=platform)) == longest


def test_the_days_of_a_platform_count_from_its_first_one() -> None:
    found = forecast(pd.concat([history(100), history(41, "B", seed=1)]))
    assert methods(found, platform="B") == [
        (7, ""),
        (14, "too_little_data"),
        (28, "too_little_data"),
    ]
    assert set(part(found, "period", ad_platform="B")["days_known"]) == {41}


def test_days_add_up_to_periods_and_platforms_to_all() -> None:
    found = forecast(pd.concat([history(120, name, seed=n) for n, name in enumerate("ABC")]))
    days, periods = part(found, "day"), part(found, "period")
    for row in periods[periods["measure"] != "roi"].itertuples():
        own = days[(days["ad_platform"] == row.ad_platform) & (days["measure"] == row.measure)]
        assert own[own["days_ahead"] <= row.days_ahead]["expected"].sum() == pytest.approx(
            row.expected, abs=1e-9
        )
    by_platform = periods.pivot_table(
        index=["measure", "days_ahead"], columns="ad_platform", values="expected"
    ).drop("roi")
    parts = by_platform[["A", "B", "C"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(by_platform["(all)"].to_numpy(), abs=1e-9)
    money = periods.pivot_table(
        index=["ad_platform", "days_ahead"], columns="measure", values="expected"
    )
    roi = money["revenue"] / money["spend"] - 1
    assert roi.to_numpy() == pytest.approx(money["roi"].to_numpy(), abs=1e-9)


def test_limits_are_nested_and_never_below_nothing() -> None:
    noisy = history(120, "B", seed=3)
    noisy["revenue"] *= np.random.default_rng(4).random(120) < 0.1
    found = forecast(pd.concat([history(200), noisy]))
    shown = found[found["part"].isin(["day", "period"]) & found["expected"].notna()]
    limits = shown[list(LIMITS)].to_numpy()
    assert len(limits) > 100
    assert (np.diff(limits, axis=1) >= 0).all()
    floor = np.where(shown["measure"] == "roi", -1, 0)
    assert (limits[:, 0] >= floor).all()


def test_a_platform_without_spend_or_revenue_for_28_days_has_stopped() -> None:
    stopped = history(120, "B", seed=1)
    stopped = stopped[stopped["activity_date"] <= LAST - pd.Timedelta(days=28)]
    one_day_less = history(120, "C", seed=2)
    one_day_less = one_day_less[one_day_less["activity_date"] <= LAST - pd.Timedelta(days=27)]
    found = forecast(pd.concat([history(120), stopped, one_day_less]))
    assert methods(found, platform="B") == [(7, "stopped"), (14, "stopped"), (28, "stopped")]
    assert methods(found, platform="C") == [(7, ""), (14, ""), (28, "")]
    # what has stopped adds nothing to what is expected of all
    periods = part(found, "period", measure="spend", days_ahead=28).set_index("ad_platform")
    assert periods["expected"]["(all)"] == pytest.approx(
        periods["expected"]["A"] + periods["expected"]["C"], abs=1e-9
    )


def test_roi_needs_spend_in_the_last_week() -> None:
    rows = history(120)
    # the last day without spend counts as half landed
    for days, reason in ((7, ""), (8, "no_spend")):
        paused = rows.assign(spend=rows["spend"].where(rows.index < 120 - days, 0.0))
        assert {found for _, found in methods(forecast(paused), "roi")} == {reason}


def test_a_last_week_far_off_widens_the_limits() -> None:
    """Nobody knows whether a jump of the last days lasts: the limits hold both."""
    rows = history(150)
    jump = rows.copy()
    jump.loc[jump.index >= 148, ["revenue", "conversions"]] *= 10
    for measure, usual in (("revenue", 28 * rows["revenue"].mean()), ("roi", 0.56)):
        [before], [after] = (
            part(forecast(of), "period", measure=measure, ad_platform="A", days_ahead=28).to_dict(
                "records"
            )
            for of in (rows, jump)
        )
        assert after["expected"] > 3 * before["expected"]
        assert before["expected_high"] < 2 * usual + 1
        assert after["expected_low"] < usual < after["expected"]


def test_a_new_platform_is_refused_alone_and_counts_in_the_sum() -> None:
    new = history(20, "B", seed=1)
    alone, both = forecast(history(120)), forecast(pd.concat([history(120), new]))
    assert {reason for _, reason in methods(both, platform="B")} == {"too_little_data"}
    [before], [after] = (
        part(found, "period", measure="spend", days_ahead=28, ad_platform="(all)")["expected"]
        for found in (alone, both)
    )
    assert after - before == pytest.approx(28 * new["spend"].mean(), rel=0.4)


@pytest.mark.parametrize(
    ("simulated", "refused"),
    [("is_spend_simulated", {"spend", "roi"}), ("is_revenue_simulated", {"revenue", "roi"})],
)
def test_simulated_money_is_never_forecast(simulated: str, refused: set[str]) -> None:
    found = part(forecast(history(120, **{simulated: True})), "period")
    assert set(found[found["reason"] == "simulated"]["measure"]) == refused
    assert set(found[found["method"] != "none"]["measure"]).isdisjoint(refused)


def test_what_the_data_does_not_have_is_not_forecast() -> None:
    found = forecast(history(120, revenue=0.0))
    assert {reason for _, reason in methods(found, "revenue")} == {"no_revenue"}
    assert {reason for _, reason in methods(found, "roi")} == {"no_revenue"}
    assert {reason for _, reason in methods(found, "spend")} == {""}
    assert part(found, "period").query("measure in ('revenue', 'roi')")["recent"].isna().all()
    found = forecast(history(120, spend=0.0))
    assert {reason for _, reason in methods(found, "roi")} == {"no_spend"}


@pytest.mark.parametrize("column", ["touches", "spend"])
def test_a_last_day_that_is_half_landed_is_left_out(column: str) -> None:
    whole = history(120, spend=100.0, conversions=1.0)
    half, less = whole.copy(), whole.copy()
    at = half.columns.get_loc(column)
    half.iloc[-1, at], less.iloc[-1, at] = whole[column].iloc[0] / 2, 0.4 * whole[column].iloc[0]
    for rows, last in ((whole, LAST), (half, LAST), (less, LAST - pd.Timedelta(days=1))):
        found = part(forecast(rows), "day")
        assert found["forecast_day"].min() == f"{last + pd.Timedelta(days=1):%Y-%m-%d}"


def test_days_after_the_last_known_date_are_not_read() -> None:
    known = LAST - pd.Timedelta(days=7)
    rows = history(120, last_known_date=known)
    pd.testing.assert_frame_equal(forecast(rows), forecast(rows[rows["activity_date"] <= known]))


def test_a_weekly_bill_is_repeated() -> None:
    rows = history(120)
    rows["spend"] = rows["spend"].where(rows["activity_date"].dt.day_of_week == 0, 0.0)
    found = forecast(rows)
    assert set(part(found, "period", measure="spend", ad_platform="A")["method"]) == {"last_week"}


def test_combined_is_only_published_where_it_was_closer_than_last_week() -> None:
    walks = []
    for seed in range(20):
        steps = np.random.default_rng(seed).normal(0, 0.2, 150).cumsum()
        # one walk a week: only the last value says anything
        walks.append(history(150, f"p{seed:02}", spend=100 * np.exp(steps)))
    found = part(forecast(pd.concat(walks)), "period", measure="spend", days_ahead=7)
    assert set(found["method"]) == {"combined", "last_week", "sum"}
    ours = found[found["method"] == "combined"]
    assert (ours["error_to_last_week"] < 1).all()
    theirs = found[found["method"] == "last_week"]
    assert (theirs["error_to_last_week"] == 1).all()


def test_the_parts_of_one_platform_in_campaigns_have_the_same_rules() -> None:
    campaigns = [
        history(days, seed=days).assign(level="campaign", campaign_id=str(days))
        for days in (120, 50, 20)
    ]
    found = part(forecast(pd.concat([history(120), *campaigns])), "period", level="campaign")
    refused = found[found["reason"] == "too_little_data"].groupby("campaign_id").size().to_dict()
    assert refused == {"50": 4, "20": 12}


def test_a_constant_history_is_continued_without_doubt() -> None:
    rows = history(120, spend=70.0, revenue=140.0, conversions=7.0)
    found = part(forecast(rows), "period", ad_platform="A", days_ahead=28).set_index("measure")
    assert found["expected"].to_dict() == pytest.approx(
        {"spend": 1960, "revenue": 3920, "conversions": 196, "roi": 1}
    )
    assert found["expected_low"].to_list() == pytest.approx(found["expected_high"].to_list())


def test_earlier_forecasts_tell_what_they_would_have_said_and_what_came() -> None:
    rows = history(200)
    found = part(forecast(rows), "earlier", ad_platform="A", measure="spend", days_ahead=28)
    assert len(found) == 12
    spend = rows.set_index("activity_date")["spend"]
    for row in found.itertuples():
        made_on = pd.Timestamp(row.last_known_day)
        ahead = spend[made_on + pd.Timedelta(days=1) : made_on + pd.Timedelta(days=28)]
        assert row.happened == pytest.approx(ahead.sum(), abs=1e-4)
        week = spend[made_on - pd.Timedelta(days=6) : made_on]
        assert row.last_week == pytest.approx(4 * week.sum(), abs=1e-4)
        # made again with nothing but what was known then
        then = rows[rows["activity_date"] <= made_on].assign(last_known_date=made_on)
        if row.method == "combined":
            values = then["spend"].to_numpy()[-182:]
            padded = np.concatenate([np.zeros(182 - len(values)), values])[np.newaxis]
            again = combined(padded, np.array([len(values)]), 28).sum()
            assert row.expected == pytest.approx(again, abs=1e-3)
    assert found["is_inside"].notna().any()


def test_the_days_before_the_forecast_are_shown_as_they_were() -> None:
    rows = history(120)
    found = forecast(rows)
    known = found[(found["days_ahead"] <= 0) & (found["ad_platform"] == "(all)")]
    spend = known[known["measure"] == "spend"].sort_values("forecast_day")
    assert spend["happened"].to_numpy() == pytest.approx(rows["spend"].tail(56), abs=1e-4)
    assert spend["forecast_day"].iloc[-1] == f"{LAST:%Y-%m-%d}"
    assert known["expected"].isna().all()


def test_equal_rows_in_any_order_give_equal_tables() -> None:
    rows = pd.concat([history(120), history(90, "B", seed=1)])
    shuffled = rows.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(forecast(rows), forecast(shuffled))


def test_no_dates_give_an_empty_typed_table() -> None:
    empty = forecast(history(50).iloc[:0])
    assert list(empty) == list(COLUMNS)
    assert not len(empty)
    assert empty.dtypes.equals(forecast(history(50)).dtypes)
