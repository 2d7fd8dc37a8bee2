"""The demo's spend as exports of three ad managers: Meta, Google Ads and TikTok.

Each ad manager bills some of the demo's platforms, to the cent as planned in `demo.py`, and reports
the purchases that it would claim by its attribution setting: those after its own click or view, as
if there were no others, dated to the ad. So two may claim one purchase, and none knows of it.
The bytes of the files depend on nothing but the demo's plan.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import pandas as pd

from social_roi.demo import CAMPAIGNS, DAYS, RENAMED, SEED, START, draw_clean

CURRENCY = "USD"
DAY = 24 * 3600
LAST = START + timedelta(days=DAYS - 1)
SUMS = ["impressions", "clicks", "conversions", "cents"]
AGES = ((18, 24), (25, 34), (35, 44), (45, 54), (55, 64))
GENDERS = {"F": "female", "M": "male"}
DEVICES = {"Mobile": "Mobile phones", "Desktop": "Computers", "Tablet": "Tablets"}

Cells = Sequence[object]


class Manager(NamedTuple):
    """An ad manager: the demo's platforms that it bills, and its attribution setting."""

    platforms: tuple[str, ...]
    click_days: int
    view_days: int
    first_id: int


META = Manager(("Facebook", "Instagram"), 7, 1, 120_214_078_301_110_401)
GOOGLE = Manager(("YouTube",), 30, 0, 22_019_874_401)
TIKTOK = Manager(("Snapchat",), 7, 1, 1_801_266_410_374_401)


def touches_of(manager: Manager, clean: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per click or view of the manager's ads, with the purchases that it claims for it.

    Columns: day (since START), campaign_id, user_id, device_type, impressions, clicks, conversions,
    cents (the value of the conversions). A purchase is claimed for the last click within
    `click_days`, else for the last view within `view_days`.
    """
    both = pd.concat([clean["ad_events"], clean["ad_interactions"]])
    own = both[both["ad_platform"].isin(manager.platforms) & (both["event_type"] != "conversion")]
    own = own.sort_values(["second", "user_id", "event_type"], kind="stable", ignore_index=True)
    is_click = own["event_type"] == "click"
    own = own.assign(
        day=own["second"] // DAY,
        # the log of views lacks some that were clicked
        impressions=own["impressions"].mask(is_click, 1).astype(int),
        clicks=is_click.astype(int),
    )
    conversions, cents = [0] * len(own), [0] * len(own)
    of_user = own.groupby("user_id").groups
    sold = clean["ad_events"][clean["ad_events"]["event_type"] == "conversion"]
    for user_id, second, revenue in zip(
        sold["user_id"], sold["second"], sold["revenue"], strict=True
    ):
        claimed = [
            (own.at[row, "clicks"], row)
            for row in of_user.get(user_id, ())
            if 0
            <= second - own.at[row, "second"]
            <= DAY * (manager.click_days if own.at[row, "clicks"] else manager.view_days)
        ]
        if claimed:
            _, row = max(claimed)
            conversions[row] += 1
            cents[row] += round(float(revenue) * 100)
    return own.assign(conversions=conversions, cents=cents)


def spend_of(manager: Manager, clean: Mapping[str, pd.DataFrame]) -> pd.Series:
    """The planned spend in cents, by day and campaign_id."""
    spend = clean["ad_spend"]
    own = spend[
        spend["campaign_id"].map(lambda name: CAMPAIGNS[name].platform in manager.platforms)
    ]
    cents = own["spend"].map(lambda text: round(float(text) * 100))
    return own.assign(cents=cents).groupby(["day", "campaign_id"])["cents"].sum()


def by_day(manager: Manager, clean: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per campaign and day: the sums, users and spend (in cents)."""
    rows = touches_of(manager, clean).groupby(["day", "campaign_id"])
    table = rows[SUMS].sum().assign(users=rows["user_id"].nunique())
    spend = spend_of(manager, clean)
    table = table.reindex(spend.index, fill_value=0).assign(spend=spend)
    return table.reset_index().sort_values(["day", "campaign_id"], ignore_index=True)


def divided(
    manager: Manager, clean: Mapping[str, pd.DataFrame], whole: list[str], parts: list[str]
) -> pd.DataFrame:
    """The same money and counts by `whole` and `parts`, the spend shared out by impressions.

    Columns of users that `parts` may name besides those of touches: age_band, gender.
    """
    users = clean["users"]
    bands = {age: f"{low}-{high}" for low, high in AGES for age in range(low, high + 1)}
    users = users[["user_id", "gender"]].assign(
        age_band=users["age"].map(lambda age: bands.get(age, "65+")),
        gender=users["gender"].map(lambda gender: GENDERS.get(gender, "unknown")),
    )
    groups = touches_of(manager, clean).merge(users, on="user_id").groupby([*whole, *parts])
    table = groups[SUMS].sum().assign(users=groups["user_id"].nunique()).reset_index()
    budgets = spend_of(manager, clean).groupby(whole).sum()
    for key, rows in table.groupby(whole):
        budget = budgets[key if len(whole) > 1 else key[0]]
        running = list(accumulate(rows["impressions"], initial=0))
        # cutting the running total keeps the budget to the cent
        cuts = [int(shown) * int(budget) // int(running[-1]) for shown in running]
        table.loc[rows.index, "spend"] = [high - low for low, high in pairwise(cuts)]
    return table.astype({"spend": int})


def exports(seed: int = SEED) -> dict[str, bytes]:
    """The files by name."""
    clean = draw_clean(seed)
    period = f"{START:%b} {START.day}, {START.year} - {LAST:%b} {LAST.day}, {LAST.year}"
    dashed = period.replace(", ", "-").replace(" - ", "-").replace(" ", "-")
    return {
        f"Northwind-Campaigns-{dashed}.csv": _meta_by_day(by_day(META, clean)),
        f"Northwind-Age-and-gender-{dashed}.csv": _meta_audience(
            divided(META, clean, ["campaign_id"], ["age_band", "gender"])
        ),
        "Campaign report.csv": _google(by_day(GOOGLE, clean), period),
        "Campaign report (device).csv": _google(
            divided(GOOGLE, clean, ["day", "campaign_id"], ["device_type"]), period
        ),
        f"Campaign Report({START:%Y-%m-%d} to {LAST:%Y-%m-%d}).xlsx": _tiktok(
            by_day(TIKTOK, clean)
        ),
    }


def write_exports(folder: Path) -> list[Path]:
    """Write the files to the folder, which is created if needed, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in exports().items():
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return paths


# --- the formats of the ad managers --------------------------------------------------------------


def _meta_by_day(table: pd.DataFrame) -> bytes:
    header = [
        *("Campaign name", "Day", "Campaign delivery", "Attribution setting", "Campaign ID"),
        *META_FIGURES,
        *("Reporting starts", "Reporting ends"),
    ]
    period = [f"{START:%Y-%m-%d}", f"{LAST:%Y-%m-%d}"]
    # the total comes first, has no name, and people of several days are not added up
    total = table.sum(numeric_only=True).astype(object)
    total["users"] = ""
    rows = [["", "", "", "", "", *_meta_figures(total), *period]]
    for row in table.itertuples():
        day = _date(row.day)
        names = [_name(row.campaign_id), day, "inactive", "7-day click or 1-day view"]
        rows.append([*names, _id(META, row.campaign_id), *_meta_figures(row), day, day])
    return _delimited([header, *rows], ",", "\n").encode()


def _meta_audience(table: pd.DataFrame) -> bytes:
    header = [
        *("Campaign name", "Age", "Gender", "Attribution setting", "Campaign ID"),
        *META_FIGURES,
        *("Reporting starts", "Reporting ends"),
    ]
    period = [f"{START:%Y-%m-%d}", f"{LAST:%Y-%m-%d}"]
    rows = [
        [
            *(_name(row.campaign_id), row.age_band, row.gender, "7-day click or 1-day view"),
            *(_id(META, row.campaign_id), *_meta_figures(row), *period),
        ]
        for row in table.itertuples()
    ]
    return _delimited([header, *rows], ",", "\n").encode()


META_FIGURES = (
    f"Amount spent ({CURRENCY})",
    "Impressions",
    "Reach",
    "Link clicks",
    "CTR (link click-through rate)",
    "Purchases",
    "Purchases conversion value",
)


def _meta_figures(row: object) -> list[object]:
    return [
        _money(row.spend),
        *(row.impressions, row.users, row.clicks),
        f"{100 * row.clicks / row.impressions:.4f}" if row.impressions else "",
        # no purchase is a blank
        row.conversions or "",
        _money(row.cents) if row.conversions else "",
    ]


def _google(table: pd.DataFrame, period: str) -> bytes:
    has_devices = "device_type" in table
    header = [
        *("Day", "Campaign status", "Campaign", *(["Device"] * has_devices), "Campaign ID"),
        *("Currency code", "Cost", "Impr.", "Clicks", "CTR", "Conversions", "Conv. value"),
    ]
    rows = [
        [
            *(_date(row.day), "Paused", _name(row.campaign_id)),
            *([DEVICES[row.device_type]] if has_devices else []),
            *(_id(GOOGLE, row.campaign_id), CURRENCY, *_google_figures(row)),
        ]
        for row in table.itertuples()
    ]
    whole = table.sum(numeric_only=True)
    total = [" --", "", *([" --"] * has_devices), " --", CURRENCY, *_google_figures(whole)]
    rows += [[f"Total: {name}", *total] for name in ("Campaigns", "Account")]
    title = [["Campaign report"], [period]]
    return _delimited([*title, header, *rows], "\t", "\r\n").encode("utf-16")


def _google_figures(row: object) -> list[object]:
    rate = f"{100 * row.clicks / row.impressions:.2f}%" if row.impressions else " --"
    counts = [f"{row.impressions:,}", f"{row.clicks:,}", rate, f"{row.conversions:,.2f}"]
    return [f"{row.spend / 100:,.2f}", *counts, f"{row.cents / 100:,.2f}"]


def _tiktok(table: pd.DataFrame) -> bytes:
    header = [
        *("Campaign name", "By Day", "Campaign ID", "Cost", "Impressions", "Clicks (destination)"),
        *("CTR (destination)", "Complete payment", "Complete payment value", "Currency"),
    ]
    rows = [
        [
            *(_name(row.campaign_id), _date(row.day), _id(TIKTOK, row.campaign_id)),
            *_tiktok_figures(row),
        ]
        for row in table.itertuples()
    ]
    total = [f"Total of {len(rows)} results", "-", "-"]
    total += _tiktok_figures(table.sum(numeric_only=True))
    return _workbook([header, *rows, total])


def _tiktok_figures(row: object) -> list[object]:
    rate = f"{100 * row.clicks / row.impressions:.2f}%" if row.impressions else "-"
    counts = [int(row.impressions), int(row.clicks), rate, int(row.conversions)]
    return [row.spend / 100, *counts, row.cents / 100, CURRENCY]


def _date(day: int) -> str:
    return f"{START + timedelta(days=int(day)):%Y-%m-%d}"


def _money(cents: int) -> str:
    return f"{cents / 100:.2f}"


def _name(campaign_id: str) -> str:
    """The campaign's name today: ad managers show no former one."""
    return RENAMED.get(campaign_id, (CAMPAIGNS[campaign_id].name,))[0]


def _id(manager: Manager, campaign_id: str) -> str:
    return str(manager.first_id + 37 * list(CAMPAIGNS).index(campaign_id))


def _delimited(rows: Iterable[Cells], delimiter: str, line_end: str) -> str:
    """Text of delimited cells. Those that need quotes have them."""

    def cell(value: object) -> str:
        text = str(value)
        return f'"{text}"' if delimiter in text else text

    return "".join(delimiter.join(map(cell, row)) + line_end for row in rows)


def _workbook(rows: Iterable[Cells]) -> bytes:
    """An XLSX with one sheet. Not compressed: its bytes are the same with every zlib."""

    def cell(value: object) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    space = "http://schemas.openxmlformats.org"
    package, office = f"{space}/package/2006", f"{space}/officeDocument/2006/relationships"
    main = f"{space}/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData>'
        "</worksheet>",
    }
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, text in parts.items():
            content = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}'
            archive.writestr(zipfile.ZipInfo(name, (2026, 7, 1, 0, 0, 0)), content)
    return sink.getvalue()
