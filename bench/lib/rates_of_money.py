"""Error rates of what the answers say on money: return, young ads, openers, assumed costs.

Each function simulates projects whose truth is known, gives their sums to the project's own
formulas and sentences, and returns rows of `rates.row`: what is false now, and what was with the
formulas in use before.
"""

from typing import Any

import numpy as np
import pandas as pd

from lib.rates import row
from lib.revenue_limits import revenue_limits
from social_roi.report.audience import wilson
from social_roi.report.facts import roi_limit
from social_roi.report.findings import with_finding
from social_roi.report.formatting import plain
from social_roi.report.roi import answer as return_answer

# Revenue of one order: mean 55. The lognormal ones have a coefficient of variation of 1.3 (ordinary
# shops) and 2.9 (mixed baskets).
WORLDS = {"uniform": None, "lognormal 1.0": 1.0, "lognormal 1.5": 1.5}
MEAN_ORDER = 55.0
BUYERS = (10, 20, 50, 200)
Z = 1.959963984540054


def orders(random: np.random.Generator, world: str, count: int) -> np.ndarray:
    sigma = WORLDS[world]
    if sigma is None:
        return random.uniform(10, 100, count)
    return random.lognormal(np.log(MEAN_ORDER) - sigma**2 / 2, sigma, count)


def projects(
    random: np.random.Generator, world: str, expected: list[float], sets: int
) -> pd.DataFrame:
    """Sums of revenue by platform of projects with these expected numbers of buyers.

    Columns: project, converting_users, revenue, revenue_squared, largest_revenue, the same of the
    whole project with the prefix all_, and the limits in use with the prefix now_.
    """
    buyers = random.poisson(expected, (sets, len(expected)))
    row = np.repeat(np.arange(buyers.size), buyers.ravel())
    revenue = pd.Series(orders(random, world, len(row)).round(2))
    by_row = revenue.groupby(row)
    sums = pd.DataFrame(
        {
            "revenue": by_row.sum(),
            "revenue_squared": (revenue**2).groupby(row).sum(),
            "largest_revenue": by_row.max(),
        },
        index=range(buyers.size),
    ).fillna(0.0)
    sums.insert(0, "converting_users", buyers.ravel())
    sums.insert(0, "project", np.repeat(np.arange(sets), len(expected)))
    everyone = sums.groupby("project").transform("sum")
    sums = sums.join(everyone.add_prefix("all_"))
    return sums.join(revenue_limits(sums).add_prefix("now_"))


def normal_limits(sums: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The limits in use before: by the spread of the row's own buyers."""
    reach = Z * np.sqrt(sums["revenue_squared"])
    return sums["revenue"] - reach, sums["revenue"] + reach


def verdicts(
    low: pd.Series, high: pd.Series, spend: float, buyers: pd.Series, before: bool
) -> pd.DataFrame:
    enough = buyers >= 10
    return pd.DataFrame(
        {
            "pays_back": (low > spend) & enough,
            "loses": (high < spend) & (enough if before else True),
        }
    )


def interval_of_roi(seed: int, sets: int) -> list[dict[str, Any]]:
    """Six platforms at true ROI 0: coverage and false `loses`, by row."""
    random = np.random.default_rng(seed)
    found = []
    for world in WORLDS:
        for buyers in BUYERS:
            sums = projects(random, world, [buyers] * 6, sets)
            truth = buyers * MEAN_ORDER
            rates = {}
            for when, (low, high) in {
                "before": normal_limits(sums),
                "now": (sums["now_revenue_low"], sums["now_revenue_high"]),
            }.items():
                said = verdicts(low, high, truth, sums["converting_users"], when == "before")
                rates[when] = (((low <= truth) & (truth <= high)).mean(), said["loses"].mean())
            where = f"{world}, {buyers} buyers"
            for claim, place, goal in (
                ("95 % interval of ROI covers", 0, ">= 94 %"),
                ("'loses' at ROI 0", 1, "<= 2 %"),
            ):
                found.append(row(claim, where, rates["before"][place], rates["now"][place], goal))
    return found


def sure_losers(seed: int, sets: int) -> list[dict[str, Any]]:
    """A platform that spent 50 orders with 0 to 8 buyers expected, beside five ordinary ones."""
    random = np.random.default_rng(seed)
    found = []
    for world in WORLDS:
        for buyers in (0, 2, 5, 8):
            sums = projects(random, world, [buyers, *[50] * 5], sets).iloc[::6]
            spend = 50 * MEAN_ORDER
            rates = [
                verdicts(low, high, spend, sums["converting_users"], before)["loses"].mean()
                for before, (low, high) in (
                    (True, normal_limits(sums)),
                    (False, (sums["now_revenue_low"], sums["now_revenue_high"])),
                )
            ]
            where = f"{world}, {buyers} buyers for 50 orders spent"
            found.append(row("'loses' of a sure loser", where, *rates, ">= 95 %"))
    for world in ("lognormal 1.0", "lognormal 1.5"):
        even, few = (projects(random, world, [buyers], 50 * sets)["revenue"] for buyers in (50, 8))
        known = (few < np.quantile(even, 0.02)).mean()
        where = f"{world}, 8 buyers for 50 orders spent"
        found.append(row("the same by who knows the orders' distribution", where, None, known, "-"))
    return found


def highest_of_many(seed: int, sets: int) -> list[dict[str, Any]]:
    """All at true ROI 0: whether the interval told of the one with the highest ROI covers it.

    Before: its 95 % interval, as that of any row. Now: at the level of all that are compared.
    """
    random = np.random.default_rng(seed)
    found = []
    for world in WORLDS:
        for platforms in (6, 40):
            for buyers in (15, 100):
                sums = projects(random, world, [buyers] * platforms, max(sets // 4, 100))
                top = sums.loc[sums.groupby("project")["revenue"].idxmax()]
                truth = buyers * MEAN_ORDER
                low, high = top["now_revenue_low"], top["now_revenue_high"]
                rates = [((low <= truth) & (truth <= high)).mean()]
                wide = 1 - 0.05 / platforms
                limits = (f"{side}{level}" for side in ("low", "high") for level in ("", "_90"))
                rois = {f"roi_{name}": top[f"now_revenue_{name}"] / truth - 1 for name in limits}
                rates.append(
                    np.mean(
                        [
                            roi_limit(row, "low", wide) <= 0 <= roi_limit(row, "high", wide)
                            for row in pd.DataFrame(rois).to_dict("records")
                        ]
                    )
                )
                where = f"{world}, {platforms} platforms, {buyers} buyers"
                found.append(row("95 % interval of the highest covers", where, *rates, ">= 94 %"))
    return found


def sentences(seed: int, sets: int) -> list[dict[str, Any]]:
    """All platforms at true ROI 0: reports whose sentences name one that pays back or loses."""
    random = np.random.default_rng(seed)
    found = []
    for world in WORLDS:
        for platforms in (6, 40):
            for buyers in (15, 30, 100):
                sums = projects(random, world, [buyers] * platforms, sets // 4)
                spend = buyers * MEAN_ORDER
                before = verdicts(*normal_limits(sums), spend, sums["converting_users"], True)
                was_false = before.any(axis=1).groupby(sums["project"]).any().mean()
                limits = {
                    f"roi_{limit}": sums[f"now_revenue_{limit}"] / spend - 1
                    for limit in ("low", "high", "low_90", "high_90")
                }
                low, high = sums["now_revenue_low"], sums["now_revenue_high"]
                said = verdicts(low, high, spend, sums["converting_users"], False)
                verdict = np.select([said["pays_back"], said["loses"]], ["pays_back", "loses"], "")
                rows = sums.assign(
                    **limits,
                    verdict=np.where(verdict == "", "cannot_tell", verdict),
                    roi=sums["revenue"] / spend - 1,
                    spend=spend,
                    conversions=sums["converting_users"],
                    ad_platform=[f"P{place % platforms}" for place in range(len(sums))],
                    campaign_id="c",
                    campaign_name="c",
                    attribution_model="last_touch",
                    is_simulated=False,
                    why_cannot_tell=None,
                    verdict_depends_on_rule=False,
                    models_that_agree=1,
                    models_judged=1,
                    break_even_share=1.0,
                    ripe_spend=spend,
                    spend_outside_events=0.0,
                )
                now_false = np.mean(
                    [names_one(rows.to_dict("records")) for _, rows in rows.groupby("project")]
                )
                where = f"{world}, {platforms} platforms, {buyers} buyers"
                found.append(row("reports that name one, all at ROI 0", where, was_false, now_false,
                                 "<= 5 %"))  # fmt: skip
    return found


def answer_to(
    platforms: list[dict[str, Any]], conversions: int = 1, *, simulated: bool = False
) -> tuple[str, str]:
    """Title and sentence of answer 1 for these rows of `rpt_platform_roi`."""
    totals = {
        "conversions": conversions,
        "attribution_model": "last_touch",
        "is_spend_simulated": simulated,
        "is_revenue_simulated": simulated,
        "gross_margin": 1.0,
        "currency": "EUR",
    }
    tables = {
        "rpt_totals": [totals],
        "rpt_platform_roi": platforms,
        "rpt_campaign_roi": [],
        "rpt_platform_attribution": [],
        "rpt_claims_vs_orders": [],
        "rpt_reported_breakdowns": [],
    }
    answer = with_finding(return_answer(tables), tables)
    return plain(answer.marked_finding), plain(answer.marked_sentence)


def names_one(platforms: list[dict[str, Any]]) -> bool:
    title, sentence = answer_to(platforms)
    claims = (" loses money", "No platform pays back", " pays back, ROI", " pays back most")
    return not title.startswith("Cannot tell") or any(claim in sentence for claim in claims)


def young_ads(seed: int, sets: int) -> list[dict[str, Any]]:
    """A steady business at true ROI 0 whose purchases come days after the ad: false `loses`.

    Four buyers a day, lognormal 1.0 orders, median lag 7 days, lookback window 30 days; the file
    ends before the purchases of its last ads.
    """
    random = np.random.default_rng(seed)
    found = []
    for days in (14, 30, 90, 365):
        for lags in ("exponential", "lognormal"):
            all_sums, ripe_sums, ripe_shares = [], [], []
            for _ in range(sets // 4):
                every, ripe, share = young_project(random, days, lags)
                all_sums.append(every)
                ripe_sums.append(ripe)
                ripe_shares.append(share)
            spend = 4 * days * MEAN_ORDER
            every, ripe = pd.DataFrame(all_sums), pd.DataFrame(ripe_sums)
            pool = every.add_prefix("all_")
            high = revenue_limits(every.join(pool))["revenue_high"]
            ripe_high = revenue_limits(ripe.join(pool))["revenue_high"]
            share = np.array(ripe_shares)
            judged = (high < spend) & (share > 0)
            now = judged & (ripe_high < spend * share)
            where = f"{days} days, {lags} lags"
            before = normal_limits(every)[1] < spend
            found.append(
                row("'loses' at ROI 0, steady", where, before.mean(), now.mean(), "<= 5 %")
            )
    return found


def young_project(
    random: np.random.Generator, days: int, lags: str
) -> tuple[dict[str, float], dict[str, float], float]:
    """Sums of all purchases seen and of those of ripe ads, and the ripe share of the spend."""
    count = random.poisson(4 * days)
    touched = random.uniform(0, days, count)
    lag = np.full(count, np.inf)
    while (late := lag > 30).any():
        many = int(late.sum())
        drawn = (
            random.exponential(7 / np.log(2), many)
            if lags == "exponential"
            else random.lognormal(np.log(7), 1, many)
        )
        lag[late] = drawn
    revenue = orders(random, "lognormal 1.0", count)
    seen = touched + lag <= days
    observed = np.sort(lag[seen])
    p90 = observed[int(np.ceil(0.9 * len(observed))) - 1] if len(observed) >= 10 else 30.0
    ripe_before = max(days - min(30, np.ceil(3 * p90)), 0)
    ripe = seen & (touched < ripe_before)
    return sums_of(revenue[seen]), sums_of(revenue[ripe]), ripe_before / days


def sums_of(revenue: np.ndarray) -> dict[str, float]:
    return {
        "converting_users": len(revenue),
        "revenue": revenue.sum(),
        "revenue_squared": (revenue**2).sum(),
        "largest_revenue": revenue.max(initial=0.0),
    }


def openers(seed: int, sets: int) -> list[dict[str, Any]]:
    """Equal platforms with few conversions: who `opened most`, and coverage of the shares."""
    random = np.random.default_rng(seed)
    found = []
    for conversions in (1, 2, 5, 10, 20, 40):
        told = dict.fromkeys(("before", "now"), 0)
        covered = dict.fromkeys(("before", "now"), 0)
        for _ in range(sets):
            two, six = (random.multinomial(conversions, [1 / n] * n) for n in (2, 6))
            for when, limits in (("before", bootstrap_limits), ("now", share_limits)):
                low, high = limits(random, two)
                first = int(np.argmax(two))
                told[when] += bool(high[1 - first] < low[first])
                low, high = limits(random, six)
                covered[when] += np.mean((low <= 1 / 6) & (high >= 1 / 6))
        rates = [told[when] / sets for when in ("before", "now")]
        where = f"{conversions} conversions"
        found.append(row("'opened most' of two equal platforms", where, *rates, "<= 5 %"))
        if conversions >= 10:
            rates = [covered[when] / sets for when in ("before", "now")]
            found.append(row("95 % interval of a share covers", where, *rates, ">= 93 %"))
    return found


def bootstrap_limits(random: np.random.Generator, counts: np.ndarray) -> np.ndarray:
    replicates = random.poisson(counts, (200, len(counts))).astype(float)
    totals = replicates.sum(axis=1, keepdims=True)
    shares = replicates[totals[:, 0] > 0] / totals[totals[:, 0] > 0]
    return np.quantile(shares, [0.025, 0.975], axis=0)


def share_limits(random: np.random.Generator, counts: np.ndarray) -> np.ndarray:
    """As int_channel_performance: none below ten users (NaN names nobody), else Wilson."""
    if counts.sum() < 10:
        return np.full((2, len(counts)), np.nan)
    return np.array([wilson(int(count), int(counts.sum())) for count in counts]).T


def assumed_costs(seed: int, sets: int) -> list[dict[str, Any]]:
    """Two platforms with equal funnels and assumed costs of 0.03 and 0.04 an impression.

    Before: the one with the higher ROI was named "highest". Now: whether any is named.
    """
    random = np.random.default_rng(seed)
    cheaper, named = 0, 0
    for _ in range(sets):
        impressions = random.poisson(20_000, 2)
        conversions = random.binomial(impressions, 0.012 * 0.05)
        spend = impressions * np.array([0.03, 0.04])
        revenue = np.array([orders(random, "uniform", count).sum() for count in conversions])
        roi = revenue / spend - 1
        cheaper += roi[0] > roi[1]
        platforms = [
            {
                "ad_platform": name,
                "attribution_model": "last_touch",
                "spend": spend[place],
                "revenue": revenue[place],
                "conversions": float(conversions[place]),
                "roi": roi[place],
                "verdict": "cannot_tell",
                "is_simulated": True,
                "models_judged": 0,
                "models_that_agree": None,
                "verdict_depends_on_rule": None,
            }
            for place, name in enumerate(("Facebook", "Instagram"))
        ]
        said = " ".join(answer_to(platforms, int(conversions.sum()), simulated=True))
        named += "Facebook" in said or "Instagram" in said
    claim = "the cheaper assumption is 'highest'"
    return [row(claim, "two equal funnels", cheaper / sets, named / sets, "<= 0 %")]
