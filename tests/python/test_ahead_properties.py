"""What holds of every forecast and every advice, whatever the history."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_roi.solvers.budget import advise
from social_roi.solvers.forecast import MEASURES, forecast

LAST = pd.Timestamp("2026-06-28")
LIMITS = ["expected_low", "expected_low_80", "expected", "expected_high_80", "expected_high"]
MODELS = ("first_touch", "last_touch", "linear")

# Days known, mean spend a day, share of days without spend, ROAS, where it jumps and by how much
account = st.tuples(
    st.integers(1, 130),
    st.sampled_from([0.01, 3.0, 2_000.0, 3e6]),
    st.sampled_from([0.0, 0.5, 6 / 7, 1.0]),
    st.sampled_from([0.0, 0.3, 4.0]),
    st.integers(0, 130),
    st.sampled_from([0.0, 1.0, 20.0]),
)


def days_of(platform: str, seed: int, shape: tuple) -> pd.DataFrame:
    known, mean, idle, roas, jump_at, jump = shape
    random = np.random.default_rng(seed)
    level = np.where(np.arange(known) >= jump_at, jump, 1.0)
    spend = mean * level * random.lognormal(0, 0.3, known) * (random.random(known) >= idle)
    orders = random.poisson(2 * level)
    return pd.DataFrame(
        {
            "level": "platform",
            "ad_platform": platform,
            "campaign_id": "all",
            "activity_date": pd.date_range(end=LAST, periods=known),
            "spend": spend.round(4),
            "revenue": (orders * roas * mean / 2).round(2),
            "conversions": orders.astype(float),
            "touches": 50.0,
            "last_known_date": LAST,
            "is_spend_simulated": False,
            "is_revenue_simulated": False,
        }
    )


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(account, min_size=1, max_size=3))
def test_every_forecast_adds_up_and_its_limits_are_nested(shapes: list[tuple]) -> None:
    found = forecast(pd.concat(days_of(f"p{n}", n, shape) for n, shape in enumerate(shapes)))
    ahead = found[(found["days_ahead"] > 0) & found["expected"].notna()]
    days, periods = ahead[ahead["part"] == "day"], ahead[ahead["part"] == "period"]
    shown = pd.concat([days, periods])
    limits = shown[LIMITS].to_numpy()
    assert np.isfinite(limits).all()
    assert (np.diff(limits, axis=1) >= -1e-9 * np.abs(limits[:, 1:]) - 1e-9).all()
    assert (limits[:, 0] >= np.where(shown["measure"] == "roi", -1, 0)).all()
    # nothing is both told and refused
    told = found[found["part"] == "period"]
    assert (told["expected"].isna() == told["reason"].notna()).all()
    for row in periods[periods["measure"] != "roi"].itertuples():
        own = days[(days["ad_platform"] == row.ad_platform) & (days["measure"] == row.measure)]
        total = own[own["days_ahead"] <= row.days_ahead]["expected"].sum()
        assert total == pytest.approx(row.expected, rel=1e-9, abs=1e-3)
    money = periods.pivot_table(
        index=["ad_platform", "days_ahead"], columns="measure", values="expected"
    )
    if "roi" in money:
        known = money[money["roi"].notna()]
        assert (known["revenue"] / known["spend"] - 1).to_numpy() == pytest.approx(
            known["roi"].to_numpy(), rel=1e-6, abs=1e-6
        )
    if len({shape[0] for shape in shapes}) == 1:
        sums = periods[periods["measure"].isin(MEASURES)].pivot_table(
            index=["measure", "days_ahead"], columns="ad_platform", values="expected", fill_value=0
        )
        if "(all)" in sums:
            parts = sums.drop(columns="(all)").sum(axis=1)
            assert parts.to_numpy() == pytest.approx(sums["(all)"].to_numpy(), rel=1e-9, abs=1e-3)


platform = st.tuples(
    st.sampled_from([0.0, 0.01, 100.0, 1e7]),  # spend a week
    st.sampled_from([0.0, 0.5, 2.0, 9.0]),  # revenue of a unit
    st.sampled_from([0.0, 1.0, 20.0]),  # conversions a week
    st.sampled_from([0.0, 0.2]),  # noise
    st.sampled_from([0, 6, 12]),  # first week
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(platform, min_size=1, max_size=5), st.sampled_from([0.05, 0.3, 1.0]))
def test_every_advice_sums_to_nothing_and_stays_within_its_bound(
    shapes: list[tuple], bound: float
) -> None:
    random = np.random.default_rng(0)
    rows = [
        {
            "week_start": week,
            "level": "platform",
            "ad_platform": f"p{number}",
            "campaign_id": "all",
            "attribution_model": model,
            "spend": spend,
            "revenue": spend * roas * random.lognormal(0, noise),
            "conversions": conversions,
            "revenue_standard_error": spend * roas * noise,
            "is_simulated": False,
        }
        for number, (spend, roas, conversions, noise, first) in enumerate(shapes)
        for model in MODELS
        for week in range(first, 17)
    ]
    found = advise(pd.DataFrame(rows), "last_touch", bound=bound)
    moves = found[found["part"] == "move"].set_index("ad_platform")
    whole, moves = moves.loc["(all)"], moves.drop("(all)")
    cent = 0.01 + 1e-9 * moves["spend"].sum()
    assert moves["change"].sum() == pytest.approx(0, abs=cent)
    assert (moves["change"].abs() <= bound * moves["spend"] + cent).all()
    assert (moves["spend_after"] >= -cent).all()
    # only what takes part may change, and who gets money is surely better than somebody else
    changed = moves[moves["change"] != 0]
    assert (changed["reason"] == "moved").all()
    pairs = found[(found["part"] == "pair") & found["is_sure_in_every_model"].fillna(False)]
    assert set(changed.index[changed["change"] > 0]) <= set(pairs["to_platform"])
    if len(changed):
        limits = whole[["gain_low", "gain_low_80", "gain", "gain_high_80", "gain_high"]]
        assert np.isfinite(limits.to_numpy(float)).all()
        assert limits.is_monotonic_increasing
        assert 0 <= whole["gain_at_worst"] <= whole["gain"] + cent
    else:
        assert whole["gain"] is pd.NA or np.isnan(whole["gain"])
