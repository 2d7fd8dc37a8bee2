"""The five answers, each a sentence with its number, its interval and its verdict.

A winner is named only where the data can tell it from the others; everything else is said to be
unknown. Figures that rest on simulated money say so inside the sentence.
"""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, NamedTuple

import pandas as pd

from social_roi.report.formatting import Column, column, marked, plain

Tables = Mapping[str, pd.DataFrame]

# Fewer clicks than this say too little about a group's conversion rate to rank it.
MIN_CLICKS = 100
GENDERS = {"F": "Women", "M": "Men"}
UNATTRIBUTED = "unattributed"
UNKNOWN_GROUP = "unknown"
SIMULATED = "with simulated money"
# rate, its trials, its loss, and the loss in words
STEPS = (
    ("ctr", "impressions", "click_loss", "impressions bring no click"),
    ("cvr", "clicks", "conversion_loss", "clicks bring no conversion"),
)


class Answer(NamedTuple):
    """One question with its answer.

    key: the report's tab; marked_sentence: number, interval and verdict in words, the numbers as
    `display.marked` leaves them; is_simulated: the figures rest on drawn money; columns: what to
    show of `rows`.
    """

    key: str
    question: str
    marked_sentence: str
    is_simulated: bool
    columns: tuple[Column, ...]
    rows: pd.DataFrame

    @property
    def sentence(self) -> str:
        return plain(self.marked_sentence)


def five_answers(tables: Tables) -> list[Answer]:
    """Answer the five questions from the tables of `warehouse.REPORT_TABLES`."""
    return [
        return_answer(tables),
        funnel_answer(tables),
        attribution_answer(tables),
        audience_answer(tables),
        segments_answer(tables),
    ]


def say_interval(sentence: str) -> str:
    """Name what the brackets hold, at the first of them; the others follow suit."""
    return sentence.replace(" (\x02", " (95\u00a0%\u00a0interval \x02", 1)


def return_answer(tables: Tables) -> Answer:
    """Which platform and campaign pays back, by the attribution model of the build."""
    platforms = ranked_by_roi(tables, "rpt_platform_roi")
    campaigns = ranked_by_roi(tables, "rpt_campaign_roi")
    simulated = simulated_money(tables)
    if not has_conversions(tables):
        sentence = "Cannot tell: there are no conversions in the data."
    elif platforms["roi"].isna().all():
        sentence = "Cannot tell: what was spent, or what came back, is not in the data."
    else:
        campaigns = campaigns.assign(
            name=campaigns["campaign_name"] + " (" + campaigns["ad_platform"] + ")"
        )
        platforms = platforms.assign(name=platforms["ad_platform"])
        sentence = " ".join(
            [
                _best_return(platforms, "platform"),
                *_losers(platforms),
                _best_return(campaigns, "campaign"),
            ]
        )
    return Answer(
        "roi",
        "Which platform and campaign pays back?",
        say_interval(sentence),
        simulated["roi"],
        (
            column("Platform", "text", "ad_platform"),
            column("Spend", "money", "spend", is_simulated=simulated["spend"]),
            column("Revenue", "money", "revenue", is_simulated=simulated["revenue"]),
            column("Conversions", "credit", "conversions"),
            column("ROI", "decimal", "roi", is_simulated=simulated["roi"]),
            column("95 % interval", "decimal", "roi_low", "roi_high"),
            column("Verdict", "verdict", "verdict"),
        ),
        platforms,
    )


def funnel_answer(tables: Tables) -> Answer:
    """Where people drop out: the step that loses most, and the conversion rate by device."""
    devices = tables["rpt_device_funnel"]
    devices = devices[(devices["impressions"] > 0) | (devices["clicks"] > 0)]
    devices = devices.assign(
        click_loss=_loss(devices["ctr"]), conversion_loss=_loss(devices["cvr"])
    ).sort_values(["cvr", "device_type"], ascending=[False, True], ignore_index=True)
    return Answer(
        "funnel",
        "Where do people drop out?",
        say_interval(_drop_out(devices, has_conversions(tables))),
        False,
        (
            column("Device", "text", "device_type"),
            column("Impressions", "count", "impressions"),
            column("Clicks", "count", "clicks"),
            column("Conversions", "count", "conversions"),
            column("No click", "percent", "click_loss"),
            column("No conversion", "percent", "conversion_loss"),
            column("CVR", "percent", "cvr"),
            column("95 % interval", "percent", "cvr_low", "cvr_high"),
        ),
        devices,
    )


def attribution_answer(tables: Tables) -> Answer:
    """Who opened and who closed the journeys: first against last touch by platform."""
    shares = first_against_last(tables)
    return Answer(
        "attribution",
        "Which ad opened the journey, and which one closed it?",
        say_interval(_opener_and_closer(shares, has_conversions(tables))),
        False,
        (
            column("Platform", "text", "ad_platform"),
            column("First touch", "percent", "share_first"),
            column("95 % interval", "percent", "share_first_low", "share_first_high"),
            column("Last touch", "percent", "share_last"),
            column("95 % interval", "percent", "share_last_low", "share_last_high"),
            column("Last - first", "shift", "shift"),
        ),
        shares,
    )


def audience_answer(tables: Tables) -> Answer:
    """Who responds: the groups by age and gender with the highest and lowest conversion rate."""
    groups = audience_groups(tables)
    known = groups[
        (groups["clicks"] >= MIN_CLICKS)
        & (groups[["age_band", "gender"]] != UNKNOWN_GROUP).all(axis=1)
        & (groups["conversions"] <= groups["clicks"])
    ].reset_index(drop=True)
    shown = known if len(known) <= 6 else pd.concat([known.head(3), known.tail(3)])
    return Answer(
        "audience",
        "Who responds?",
        say_interval(_best_and_worst_group(known, has_conversions(tables))),
        False,
        (
            column("Age", "text", "age_band"),
            column("Gender", "text", "gender"),
            column("Clicks", "count", "clicks"),
            column("Conversions", "count", "conversions"),
            column("CVR", "percent", "cvr"),
            column("95 % interval", "percent", "cvr_low", "cvr_high"),
        ),
        shown.reset_index(drop=True),
    )


def segments_answer(tables: Tables) -> Answer:
    """What kinds of users there are, or why there is one group only."""
    segments = tables["rpt_segments"]
    segments = segments.assign(share=segments["users"] / max(segments["users"].sum(), 1))
    return Answer(
        "segments",
        "What kinds of users are there?",
        _kinds_of_users(segments, tables["segment_selection"]),
        False,
        (
            column("Persona", "text", "persona"),
            column("Users", "count", "users"),
            column("Share", "percent", "share"),
            column("CTR", "percent", "ctr"),
            column("CVR", "percent", "cvr"),
            column("95 % interval", "percent", "cvr_low", "cvr_high"),
            column("Revenue", "money", "revenue", is_simulated=simulated_money(tables)["revenue"]),
        ),
        segments,
    )


def has_conversions(tables: Tables) -> bool:
    return bool(tables["rpt_totals"]["conversions"].sum() > 0)


def simulated_money(tables: Tables) -> dict[str, bool]:
    """Which of `spend`, `revenue` and `roi` rest on drawn money."""
    totals = tables["rpt_totals"]
    spend, revenue = (bool(totals[f"is_{money}_simulated"].any()) for money in ("spend", "revenue"))
    return {"spend": spend, "revenue": revenue, "roi": spend or revenue}


def attribution_model(tables: Tables) -> str:
    """The attribution model that the tables were built to answer by."""
    return str(tables["rpt_totals"]["attribution_model"].iloc[0])


def ranked_by_roi(tables: Tables, name: str) -> pd.DataFrame:
    """Rows of `rpt_platform_roi` or `rpt_campaign_roi` for the chosen model, best ROI first.

    Credit without an ad stays out: nothing was spent on it.
    """
    rows = tables[name]
    chosen = rows[
        (rows["attribution_model"] == attribution_model(tables))
        & (rows["ad_platform"] != UNATTRIBUTED)
    ]
    return chosen.sort_values("roi", ascending=False, kind="stable", ignore_index=True)


def first_against_last(tables: Tables) -> pd.DataFrame:
    """One row per platform, the largest opener first; see `ends_side_by_side`."""
    return ends_side_by_side(tables["rpt_platform_attribution"], ["ad_platform"])


def ends_side_by_side(credits: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """One row per key: `share_first`, `share_last`, their limits, and `shift` (last - first)."""
    credits = credits[credits["ad_platform"] != UNATTRIBUTED]
    first, last = (
        credits.loc[
            credits["attribution_model"] == f"{end}_touch",
            [*keys, "share", "share_low", "share_high"],
        ].rename(columns=lambda name, end=end: name.replace("share", f"share_{end}"))
        for end in ("first", "last")
    )
    both = first.merge(last, on=keys, how="outer")
    both["shift"] = both["share_last"] - both["share_first"]
    return both.sort_values(
        ["share_first", *keys], ascending=[False, *(True for _ in keys)], ignore_index=True
    )


def audience_groups(tables: Tables) -> pd.DataFrame:
    """One row per age band and gender over all platforms, best conversion rate first.

    Counts are sums; `cvr_low` and `cvr_high` are Wilson's 95 % limits of the sums.
    """
    groups = (
        tables["rpt_audience"]
        .groupby(["age_band", "gender"], as_index=False)[["impressions", "clicks", "conversions"]]
        .sum()
    )
    groups["cvr"] = _ratio(groups["conversions"], groups["clicks"])
    limits = [
        wilson(*counts) for counts in zip(groups["conversions"], groups["clicks"], strict=True)
    ]
    groups["cvr_low"] = [low for low, _ in limits]
    groups["cvr_high"] = [high for _, high in limits]
    return groups.sort_values(
        ["cvr", "age_band", "gender"], ascending=[False, True, True], ignore_index=True
    )


def wilson(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's limits of a rate (Wilson 1927); null where it is not a rate."""
    if trials == 0 or successes > trials:
        return float("nan"), float("nan")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    rate = successes / trials
    middle = rate + z * z / (2 * trials)
    reach = z * (rate * (1 - rate) / trials + (z / trials) ** 2 / 4) ** 0.5
    whole = 1 + z * z / trials
    return (middle - reach) / whole, (middle + reach) / whole


def _best_return(ranked: pd.DataFrame, noun: str) -> str:
    """What can be said of the best of `ranked` (by ROI, with a `name`)."""
    known = ranked.dropna(subset=["roi"])
    if known.empty:
        return f"No {noun} has both spend and revenue."
    top = known.iloc[0]
    if top["is_simulated"]:
        return (
            f"Cannot tell which {noun} pays back: {SIMULATED}, {top['name']} comes out highest, "
            f"{_roi(top)}."
        )
    paying = known[known["verdict"] == "pays_back"]
    if paying.empty:
        if (known["verdict"] == "loses").all():
            return f"No {noun} pays back: {top['name']} loses least, {_roi(top)}."
        return f"Cannot tell whether any {noun} pays back: {top['name']} is highest, {_roi(top)}."
    if top["verdict"] != "pays_back":
        return (
            f"Cannot tell which {noun} is best: {top['name']} is highest, {_roi(top)}, on too "
            f"little data; {paying.iloc[0]['name']} pays back, {_roi(paying.iloc[0])}."
        )
    rivals = known[(known["name"] != top["name"]) & (known["roi_high"] >= top["roi_low"])]
    if rivals.empty:
        return f"{top['name']} is the {noun} that pays back most, {_roi(top)}."
    if len(rivals) == 1:
        others = f"{rivals.iloc[0]['name']} ({_limits(rivals.iloc[0])})"
    else:
        others = f"{len(rivals)} others"
    return (
        f"{top['name']} pays back, {_roi(top)}, but cannot tell whether it is the best {noun}: its "
        f"interval overlaps {'that' if len(rivals) == 1 else 'those'} of {others}."
    )


def _losers(ranked: pd.DataFrame) -> list[str]:
    losers = ranked[ranked["verdict"] == "loses"]
    if losers.empty or len(losers) == len(ranked.dropna(subset=["roi"])):
        return []
    return [f"{losers.iloc[-1]['name']} loses money, {_roi(losers.iloc[-1])}."]


def _roi(row: Any) -> str:
    return f"ROI {marked(row['roi'], 'decimal')} ({_limits(row)})"


def _limits(row: Any) -> str:
    return _between(row["roi_low"], row["roi_high"], "decimal")


def _drop_out(devices: pd.DataFrame, converted: bool) -> str:
    steps = pd.concat([_step(devices, *step) for step in STEPS], ignore_index=True)
    steps = steps[steps["trials"] >= MIN_CLICKS].dropna(subset=["low"])
    if not converted:
        steps = steps[steps["rate"] == "ctr"]
    if steps.empty:
        return "Cannot tell: there are too few impressions and clicks in the data."
    worst = steps.loc[steps["loss"].idxmax()]
    sentence = (
        f"Most are lost on {worst['device_type']}, where {marked(worst['loss'], 'percent')} of "
        f"{worst['step']} ({_between(worst['low'], worst['high'], 'percent')})."
    )
    if not converted:
        return f"{sentence} There are no conversions in the data to tell more."
    known = devices[(devices["clicks"] >= MIN_CLICKS) & (devices["device_type"] != UNKNOWN_GROUP)]
    known = known.dropna(subset=["cvr_low"])
    if len(known) < 2:
        return sentence
    best, least = known.iloc[0], known.iloc[-1]
    is_clear = best["cvr_low"] > least["cvr_high"]
    return (
        f"{sentence} After a click {best['device_type']} converts most often, {_cvr(best)}, and "
        f"{least['device_type']} least, {_cvr(least)}: "
        + ("a clear difference." if is_clear else "cannot tell them apart, the intervals overlap.")
    )


def _step(devices: pd.DataFrame, rate: str, trials: str, loss: str, words: str) -> pd.DataFrame:
    """The loss of one step of the funnel by device, with its limits."""
    return pd.DataFrame(
        {
            "rate": rate,
            "device_type": devices["device_type"],
            "trials": devices[trials],
            "step": words,
            "loss": devices[loss],
            "low": 1 - devices[f"{rate}_high"],
            "high": 1 - devices[f"{rate}_low"],
        }
    )


def _between(low: Any, high: Any, kind: str) -> str:
    return "unknown" if pd.isna(low) else f"{marked(low, kind)} to {marked(high, kind)}"


def _cvr(row: Any) -> str:
    limits = _between(row["cvr_low"], row["cvr_high"], "percent")
    return f"{marked(row['cvr'], 'percent')} ({limits})"


def _opener_and_closer(shares: pd.DataFrame, converted: bool) -> str:
    known = shares.dropna(subset=["share_first", "share_last"])
    if not converted or known.empty:
        return "Cannot tell: no conversion in the data has an ad before it."
    if (known["shift"].abs() < 1e-9).all():
        return (
            "Cannot tell openers from closers: first and last touch are the same for every "
            "platform, as they are where journeys have one touch."
        )
    return f"{_largest(known, 'first', 'opened')} {_largest(known, 'last', 'closed')}"


def _largest(shares: pd.DataFrame, end: str, verb: str) -> str:
    """Who has the largest share of first or last touches, if anyone can be told to have it."""
    share, low, high = (f"share_{end}", f"share_{end}_low", f"share_{end}_high")
    ordered = shares.sort_values([share, "ad_platform"], ascending=[False, True])
    top = ordered.iloc[0]
    limits = _between(top[low], top[high], "percent")
    figure = f"{marked(top[share], 'percent')} of conversions ({limits})"
    rivals = ordered.iloc[1:]
    rivals = rivals[~(rivals[high] < top[low])]
    if rivals.empty:
        return f"{top['ad_platform']} {verb} most journeys, {figure}."
    rival = rivals.iloc[0]
    return (
        f"{top['ad_platform']} {verb} {figure}, but cannot tell whether most: the interval of "
        f"{rival['ad_platform']}, {_between(rival[low], rival[high], 'percent')}, overlaps."
    )


def _best_and_worst_group(groups: pd.DataFrame, converted: bool) -> str:
    if not converted:
        return "Cannot tell: there are no conversions in the data."
    if len(groups) < 2:
        return (
            f"Cannot tell: fewer than two groups of known age and gender have {MIN_CLICKS} clicks."
        )
    best, worst = groups.iloc[0], groups.iloc[-1]
    level = 1 - 0.05 / len(groups)  # Bonferroni: the extremes of many groups differ by chance alone
    low, _ = wilson(best["conversions"], best["clicks"], level)
    _, high = wilson(worst["conversions"], worst["clicks"], level)
    figures = f"{group_name(best)} convert most often, {_cvr(best)}, and {group_name(worst)} least"
    if low > high:
        return f"{figures}, {_cvr(worst)}: a clear difference, also among {len(groups)} groups."
    return (
        f"Cannot tell who responds best: {figures}, {_cvr(worst)}, but the intervals overlap once "
        f"they allow for comparing {len(groups)} groups."
    )


def group_name(row: Any) -> str:
    """An age band and gender in words."""
    return f"{GENDERS.get(row['gender'], row['gender'])} {row['age_band']}"


def _kinds_of_users(segments: pd.DataFrame, selection: pd.DataFrame) -> str:
    if segments.empty:
        return "Cannot tell: there are no users, or their segments are not solved yet."
    if len(segments) == 1:
        return f"One kind only. {segments.iloc[0]['what_sets_it_apart']}"
    chosen = selection[selection["is_selected"].fillna(False)].iloc[0]
    kinds = ", ".join(
        f"{row['persona']} ({marked(row['users'], 'count')} users, "
        f"{marked(row['share'], 'percent')})"
        for row in segments.to_dict("records")
    )
    sentence = (
        f"{len(segments)} kinds: {kinds}. Silhouette {marked(chosen['silhouette'], 'decimal')}, "
        f"stability {marked(chosen['stability'], 'decimal')}"
    )
    if pd.isna(chosen["warning"]):
        return f"{sentence}: they can be told apart."
    return f"{sentence}; with a warning: {chosen['warning']}."


def _ratio(part: pd.Series, whole: pd.Series) -> pd.Series:
    """part / whole, null where there is nothing to divide by."""
    return part.astype("float64") / whole.astype("float64").where(whole > 0)


def _loss(rate: pd.Series) -> pd.Series:
    """The share lost at a step; null where more came out of it than went in."""
    return (1 - rate).where(rate <= 1)
