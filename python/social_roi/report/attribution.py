"""Which ad opened the journey, and which one closed it? The sentence."""

from collections.abc import Mapping

from social_roi.report.facts import (
    UNATTRIBUTED,
    first_against_last,
    has_conversions,
    known,
    knows_buyers_only,
    ordered,
    unattributed_conversions,
    without_ad,
)
from social_roi.report.formatting import between, marked, say_interval, text
from social_roi.report.palette import OTHER
from social_roi.report.types import (
    Answer,
    Column,
    OverviewRow,
    Row,
    Rows,
    Tables,
    column,
)

ENDS = ["First touch", "Last touch"]
BOTH_ENDS: tuple[Column, ...] = (
    column("Platform", "text", "ad_platform"),
    column("First touch", "percent", "share_first"),
    column("95 % interval", "percent", "share_first_low", "share_first_high"),
    column("Last touch", "percent", "share_last"),
    column("95 % interval", "percent", "share_last_low", "share_last_high"),
    column("Last - first, points", "shift", "shift"),
)


def answer(tables: Tables) -> Answer:
    """Who opened and who closed the journeys: first against last touch by platform."""
    shares = first_against_last(tables)
    sentence = _opener_and_closer(shares, has_conversions(tables))
    if knows_buyers_only(tables) and known(shares, "share_first"):
        sentence += (
            " Only the visits are known that orders tell of, mostly the last one before each: who"
            " opened a journey takes a log of the site."
        )
    return Answer(
        "attribution",
        "Which ad opened the journey, and which one closed it?",
        say_interval(" ".join([sentence, *without_ad(tables)])),
        False,
        BOTH_ENDS,
        shares,
        ends_summary(tables),
    )


def _opener_and_closer(shares: Rows, converted: bool) -> str:
    rows = known(shares, "share_first", "share_last")
    if not converted or not rows:
        return "Cannot tell: no conversion in the data has an ad before it."
    if all(abs(row["shift"]) < 1e-9 for row in rows):
        return (
            "Cannot tell openers from closers: first-touch and last-touch shares are equal for "
            "every platform, as they are when every journey has one touch."
        )
    if not known(rows, "share_first_low", "share_last_low"):
        return (
            "Cannot tell who opens and who closes: shares are not compared with fewer than ten "
            "users who converted after an ad (on Athena, before the first solve)."
        )
    return f"{_largest(rows, 'first', 'opened')} {_largest(rows, 'last', 'closed')}"


def ends_summary(tables: Tables) -> Rows:
    """What the shares leave out, and what they are shares of."""
    alone, everything = unattributed_conversions(tables)
    if not everything:
        return []
    nothing = dict.fromkeys(field for shown in BOTH_ENDS for field in shown.fields)
    counted = f"Attributed: {text(everything - alone, 'credit')}"
    whole = 1.0 if everything > alone else None
    return [
        nothing | {"ad_platform": f"{UNATTRIBUTED}: {text(alone, 'credit')}"},
        nothing | {"ad_platform": counted, "share_first": whole, "share_last": whole},
    ]


def opener_and_closer(shares: Rows) -> tuple[str, str]:
    """The platforms with clearly the most first and last touches; empty where that is not clear."""
    rows = known(shares, "share_first", "share_last")
    if not known(rows, "share_first_low", "share_last_low"):
        return "", ""
    if all(abs(row["shift"]) < 1e-9 for row in rows):
        return "", ""
    found = [_top_and_rivals(rows, end) for end in ("first", "last")]
    opener, closer = ("" if rivals else top["ad_platform"] for top, rivals in found)
    return opener, closer


def _top_and_rivals(shares: Rows, end: str) -> tuple[Row, Rows]:
    """The platform with the largest share of these touches, and those that may have as much."""
    share, low, high = (f"share_{end}", f"share_{end}_low", f"share_{end}_high")
    top, *others = ordered(shares, f"-{share}", "ad_platform")
    return top, [row for row in others if None in (row[high], top[low]) or row[high] >= top[low]]


def _largest(shares: Rows, end: str, verb: str) -> str:
    """The platform with the largest share of first or last touches, if the intervals show one."""
    share, low, high = (f"share_{end}", f"share_{end}_low", f"share_{end}_high")
    top, rivals = _top_and_rivals(shares, end)
    limits = between(top[low], top[high], "percent")
    figure = f"{marked(top[share], 'percent')} of attributed conversions ({limits})"
    if not rivals:
        return f"{top['ad_platform']} {verb} the most journeys, {figure}."
    rival = rivals[0]
    return (
        f"{top['ad_platform']} {verb} {figure}, but cannot tell whether the most: the interval of "
        f"{rival['ad_platform']}, {between(rival[low], rival[high], 'percent')}, overlaps."
    )


def overview_row(row: Row, colours: Mapping[str, str]) -> OverviewRow:
    ends = (row["share_first"], row["share_last"])
    return OverviewRow(
        row["ad_platform"],
        colours.get(row["ad_platform"], OTHER),
        dict(zip(("circle", "square"), ends, strict=True)),
        ends,
        row["shift"],
        "shift",
    )
