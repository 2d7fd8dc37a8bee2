"""The report's page as text: the tables it reads, escaping, size."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import report_tables
from report_tables import Tables, as_rows, payload_of
from social_roi.dbt_runner import PROJECT
from social_roi.errors import UserError
from social_roi.report.build import (
    MAX_DAILY_ROWS,
    build_report,
    csv_text,
    latest_days,
    render,
    report_tabs,
)
from social_roi.report.formatting import plain
from social_roi.report.headline import totals
from social_roi.report.palette import (
    ACCENT,
    IN_DARK,
    OTHER,
    PLATFORMS,
    STEP_COLOURS,
    platform_colours,
)
from social_roi.report.questions import all_answers
from social_roi.report.spec import without_unused
from social_roi.report.types import MAX_ROWS, Chart, Rows
from social_roi.warehouse import REPORT_TABLES, read_frames, read_tables

VARIANTS = {
    "the demo": lambda tables: tables,
    "hostile names": report_tables.hostile_tables,
    "no rows": report_tables.empty_tables,
    "no conversions": report_tables.tables_without_conversions,
    "one platform": report_tables.tables_of_one_platform,
    "simulated money": report_tables.simulated_tables,
    "many campaigns": report_tables.tables_with_many_campaigns,
}
in_every_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)


@pytest.fixture(scope="module")
def tables(demo_database: Path) -> Tables:
    return report_tables.demo_tables(demo_database)


class Elements(HTMLParser):
    """Every start tag with its attributes, and all text outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open_tag = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open_tag = tag

    def handle_endtag(self, tag: str) -> None:
        self.open_tag = ""

    def handle_data(self, data: str) -> None:
        if self.open_tag not in ("script", "style"):
            self.text += data


def page_of(tables: Tables, *, is_demo: bool = False) -> str:
    return render(as_rows(tables), "", is_demo=is_demo)


class Recorded(dict):
    """Tables that remember which of them were read."""

    def __init__(self, tables: dict[str, Rows]) -> None:
        super().__init__(tables)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Rows:
        self.read.add(name)
        return super().__getitem__(name)


@pytest.mark.build
def test_the_page_reads_the_tables_that_it_names_and_no_others(tables: Tables) -> None:
    recorded = Recorded(as_rows(tables))
    render(recorded, "", is_demo=False)
    # read only where there are reports of the platforms
    of_reports = {"rpt_reported_daily", "rpt_restated_days"}
    assert recorded.read | of_reports == set(REPORT_TABLES)


def test_the_exposure_names_every_table_that_the_report_reads() -> None:
    exposures = yaml.safe_load((PROJECT / "models" / "exposures.yml").read_text())["exposures"]
    [report] = [found for found in exposures if found["name"] == "social_roi_report"]
    named = [re.fullmatch(r"ref\('(\w+)'\)", name)[1] for name in report["depends_on"]]
    assert sorted(named) == sorted(REPORT_TABLES)


def charts_of(tables: Tables) -> Iterator[Chart]:
    for tab in report_tabs(as_rows(tables)):
        for block in tab.blocks:
            if isinstance(block, Chart) and not block.empty:
                yield block


@pytest.mark.build
def test_each_chart_says_what_it_shows_in_which_units_and_for_how_many_users(
    tables: Tables,
) -> None:
    for chart in charts_of(tables):
        assert len(chart.title) > 15, chart.key
        assert len(chart.note) > 15, chart.key
        assert re.search(r"\d users", chart.basis), chart.key
        assert chart.model in REPORT_TABLES, chart.key


@pytest.mark.build
@in_every_variant
def test_the_first_interval_of_each_tab_says_its_kind_and_level(
    variant: Callable[[Tables], Tables], tables: Tables
) -> None:
    for panel in page_of(variant(tables)).split('<div class="panel"')[1:]:
        text = Elements(f"<div{panel}").text.replace("\u00a0", " ")
        if "interval" in text:
            before = text.partition("interval")[0]
            assert before.endswith(("95 % confidence ", "80 % prediction ")), text[:200]


@pytest.mark.build
@in_every_variant
def test_each_answer_has_a_title_of_at_most_twelve_words(
    variant: Callable[[Tables], Tables], tables: Tables
) -> None:
    for answer in all_answers(as_rows(variant(tables))):
        title = plain(answer.marked_finding)
        assert 3 <= len(title.split()) <= 12, title
        assert len(title) <= 110, title


@pytest.mark.build
@in_every_variant
def test_names_from_the_data_stay_text(variant: Callable[[Tables], Tables], tables: Tables) -> None:
    ours, theirs = (Elements(page_of(change(tables))) for change in (dict, variant))
    assert {tag for tag, _ in theirs.tags} <= {tag for tag, _ in ours.tags}
    for elements in (ours, theirs):
        scripts = [attributes for tag, attributes in elements.tags if tag == "script"]
        assert len(scripts) == 4
        names = {name for _, attributes in elements.tags for name in attributes}
        assert not {name for name in names if name.startswith("on") or name == "src"}


@pytest.mark.build
def test_hostile_names_can_be_read_on_the_page(tables: Tables) -> None:
    text = Elements(page_of(report_tables.hostile_tables(tables))).text
    for name in report_tables.HOSTILE:
        assert name.strip() in text


@pytest.mark.build
@in_every_variant
def test_links_lead_to_the_docs_beside_the_page_only(
    variant: Callable[[Tables], Tables], tables: Tables
) -> None:
    page = page_of(variant(tables))
    links = {attributes["href"] for tag, attributes in Elements(page).tags if "href" in attributes}
    docs = "docs.html"
    assert links <= {
        "data:,", "#content", docs, *(f"#{tab.key}" for tab in report_tabs(as_rows(tables))),
        *(f"{docs}#!/model/model.social_roi.{name}" for name in REPORT_TABLES),
    }  # fmt: skip
    assert "default-src 'none'" in page


def test_formulas_in_text_are_disarmed_and_numbers_stay_numbers() -> None:
    starts = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "plain", 'with "quotes", and\nlines', None]
    values = [{"name": start, "=value": value} for value, start in enumerate(starts, start=-1)]
    rows = list(csv.reader(io.StringIO(csv_text(values, ["name"]))))
    assert [row[0] for row in rows[1:]] == [
        "'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "plain", 'with "quotes", and\nlines', "",
    ]  # fmt: skip
    assert rows[1][1] == "-1"
    for start in "\uff1d\uff0b\uff0d\uff20\ufe63\u207a":
        assert csv_text([{"name": f"{start}1+1"}], ["name"]).splitlines()[1] == f"'{start}1+1"
    assert csv_text([], ["name", "value"]) == "name,value\r\n"


@pytest.mark.build
def test_downloads_hold_what_the_tables_hold(tables: Tables) -> None:
    payload = payload_of(page_of(tables))
    for name in ("rpt_data_quality", "rpt_platform_attribution", "rpt_segments", "rpt_audience"):
        read = pd.read_csv(io.StringIO(payload["csv"][f"{name}-table"]), keep_default_na=False,
                           na_values=[""])  # fmt: skip
        keys = list(tables[name].columns)  # a table may add a label made of them
        read = read[keys]
        expected = tables[name].sort_values(keys, ignore_index=True)
        read = read.sort_values(keys, ignore_index=True)
        pd.testing.assert_frame_equal(
            read.astype(object).where(read.notna(), None),
            expected.astype(object).where(expected.notna(), None),
            check_dtype=False,
        )


def test_a_chart_carries_only_the_columns_that_it_names() -> None:
    layer = {"data": {"values": [{"a_low": 1, "a": 2}]}, "encoding": {"x": {"field": "a_low"}}}
    spec = {
        "data": {"values": [{"a": 1, "b": 2, "e": "a"}]},
        "transform": [{"filter": "datum.b > 1"}],
        "layer": [layer],
    }
    assert without_unused(spec) == {
        "data": {"values": [{"b": 2}]},
        "transform": [{"filter": "datum.b > 1"}],
        "layer": [layer | {"data": {"values": [{"a_low": 1}]}}],
    }


@pytest.mark.build
def test_equal_tables_give_equal_bytes(tables: Tables, tmp_path: Path) -> None:
    pages = [tmp_path / name / "index.html" for name in ("one", "two")]
    for page in pages:
        build_report(as_rows(tables), page, is_demo=True)
    assert pages[0].read_bytes() == pages[1].read_bytes()


@pytest.mark.build
def test_the_demo_page_has_at_most_1_5_megabytes(tables: Tables, tmp_path: Path) -> None:
    page = tmp_path / "report" / "index.html"
    build_report(as_rows(tables), page, is_demo=True)
    assert page.stat().st_size <= 1_500_000


@pytest.mark.build
def test_the_page_does_not_grow_with_names_and_days(tables: Tables) -> None:
    many = report_tables.tables_with_many_campaigns(tables, platforms=2_000)
    daily = pd.concat(
        tables["rpt_daily"].assign(ad_platform=tables["rpt_daily"]["ad_platform"] + str(number))
        for number in range(10)
    )
    page = page_of(many | {"rpt_daily": daily})
    assert len(page) <= 1_000_000
    assert f"{12_000 - MAX_ROWS:,} more rows are in the table rpt_campaign_roi" in page


@pytest.mark.build
def test_a_long_time_line_keeps_its_latest_days_whole(tables: Tables) -> None:
    daily = pd.concat([tables["rpt_daily"].assign(ad_platform=str(n)) for n in range(5)])
    kept = latest_days(as_rows(tables | {"rpt_daily": daily}))
    days = {row["activity_date"] for row in kept}
    assert len(kept) <= MAX_DAILY_ROWS
    assert max(days) == daily["activity_date"].max()
    assert len(kept) == daily["activity_date"].isin(days).sum()
    assert min(days) > max(set(daily["activity_date"]) - days)


@pytest.mark.build
def test_only_the_demo_says_that_its_data_is_invented(tables: Tables) -> None:
    assert "This data is invented" in page_of(tables, is_demo=True)
    assert "This data is invented" not in page_of(tables)


@pytest.mark.build
def test_simulated_money_is_marked_in_the_title_of_each_chart_and_table(tables: Tables) -> None:
    mark = '<span class="simulated">simulated</span>'
    assert mark not in page_of(tables)
    page = page_of(report_tables.simulated_tables(tables))
    both = '<span class="simulated">spend and revenue simulated</span>'
    assert both not in page_of(tables)
    for key in ("rpt_platform_roi", "rpt_campaign_roi", "rpt_budget_pairs"):
        title = re.search(rf'<h3 id="title-{key}-table">(.*?)</h3>', page, re.DOTALL)[1]
        assert both in title, key
    for key in ("roi-platforms", "roi-spend", "roi-campaigns", "roi-weekly", "attribution-rules"):
        title = re.search(rf'<h3 id="title-{key}">(.*?)</h3>', page, re.DOTALL)[1]
        assert mark in title, key


@pytest.mark.build
def test_a_build_that_did_not_end_well_is_told_on_the_page(tables: Tables) -> None:
    page = render(as_rows(tables), "", is_demo=True, failure="The last build failed: <x>.")
    assert '<p class="banner" role="alert">The last build failed: &lt;x&gt;.</p>' in page
    assert 'role="alert"' not in page_of(tables)


@pytest.mark.build
def test_tables_without_rows_are_left_out_where_that_is_no_news(tables: Tables) -> None:
    empty = ("rpt_budget_pairs", "rpt_money_warnings")
    changed = dict(tables) | {name: tables[name].head(0) for name in empty}
    keys = [block.key for tab in report_tabs(as_rows(changed)) for block in tab.blocks]
    assert "rpt_budget_pairs-table" not in keys
    assert "rpt_money_warnings-table" in keys


@pytest.mark.build
def test_the_revenue_of_all_segments_has_the_same_decimals(tables: Tables) -> None:
    segments = tables["rpt_segments"].copy()
    segments["revenue"] = [475.45 + 1_000 * number for number in range(len(segments))]
    page = page_of(dict(tables) | {"rpt_segments": segments})
    (cards,) = re.findall(r'<div class="personas">.*?\n  </div>', page, re.DOTALL)
    shown = re.findall(r"Revenue.*?<data [^>]*>([^<]*)</data>", cards)
    assert len(shown) > 1 and not [amount for amount in shown if "." in amount]


@pytest.mark.build
def test_no_return_is_told_of_simulated_money(tables: Tables) -> None:
    told = {total.key: total.value for total in totals(as_rows(tables))}
    assert told["roi"] > 0 and told["cpa"] > 0
    simulated = as_rows(report_tables.simulated_tables(tables))
    told = {total.key: total.value for total in totals(simulated)}
    assert told["roi"] is None and told["cpa"] is None and told["spend"] > 0


@pytest.mark.build
def test_titles_follow_the_attribution_rule(tables: Tables) -> None:
    rules = payload_of(page_of(tables))["returns"]["rules"]
    titles = {rule: rules[rule]["titles"] for rule in rules}
    assert titles["last_touch"]["roi-platforms"].startswith("Of 6 platforms ")
    assert titles["first_touch"]["roi-shares"] != titles["last_touch"]["roi-shares"]
    for chart in charts_of(tables):
        if chart.key in titles["last_touch"]:
            assert chart.title == titles["last_touch"][chart.key], chart.key


@pytest.mark.build
def test_every_chart_and_table_says_in_the_page_how_it_is_computed(tables: Tables) -> None:
    page = page_of(tables)
    blocks = re.split(r'<section class="block', page)[1:]
    told = [block for block in blocks if "how this is computed" in block]
    assert len(told) >= 30
    for block in told:
        meaning = block.split("<summary>how this is computed</summary>")[1].split("</details>")[0]
        assert len(re.sub(r"<[^>]*>|\s+", " ", meaning)) > 60
        assert "{{" not in meaning
    returns = next(block for block in told if 'id="block-rpt_platform_roi-table"' in block)
    assert "<dt>ROI</dt><dd>Return on investment: (revenue x gross_margin - spend) / spend" in (
        returns
    )
    assert "<dt>95 % interval</dt><dd>The 95 % confidence interval of the ROI" in returns


def test_the_goal_of_roas_counts_the_margin_as_the_roi_beside_it_does(tables: Tables) -> None:
    changed = as_rows(tables)
    changed["rpt_totals"] = [
        row | {"target_roas": 3.0, "gross_margin": 0.5} for row in changed["rpt_totals"]
    ]
    (roi,) = (total for total in totals(changed) if total.key == "roi")
    assert roi.goal == pytest.approx(0.5)


def test_a_column_of_text_that_says_nothing_by_any_rule_is_left_out(tables: Tables) -> None:
    def heads(changed: Tables) -> list[str]:
        (tab,) = (tab for tab in report_tabs(as_rows(changed)) if tab.key == "roi")
        (table,) = (block for block in tab.blocks if block.key == "rpt_platform_roi-table")
        return [shown.label for shown in table.columns]

    returns = tables["rpt_platform_roi"]
    assert "Not judged because" not in heads(
        dict(tables) | {"rpt_platform_roi": returns.assign(why_cannot_tell=None)}
    )
    reason = np.where(returns["attribution_model"] == "linear", "too few buyers", None)
    assert "Not judged because" in heads(
        dict(tables) | {"rpt_platform_roi": returns.assign(why_cannot_tell=reason)}
    )


def test_a_forecast_of_roi_has_the_format_of_roi(tables: Tables) -> None:
    page = page_of(tables)
    table = page.split('id="rpt_forecast_periods-table"')[1].split("</table>")[0]
    row = next(line for line in table.split("<tr") if '<td class="t">ROI</td>' in line)
    assert re.search(r'data-k="roi">[+-]?[\d,]+%</td>', row)


def test_formats_are_compared_within_their_platform(tables: Tables) -> None:
    named = {chart.key: chart for chart in charts_of(tables)}
    assert named["funnel-ctr-format"].title.startswith("No format is clearly clicked more often")
    assert "funnel-ctr-ad" not in named
    frame = tables["rpt_ad_funnel"].copy()
    video = (frame["level"] == "format") & (frame["name"] == "Video")
    video &= frame["ad_platform"] == "Instagram"
    frame.loc[video, ["clicks", "ctr", "ctr_low", "ctr_high"]] = [1, 0.00001, 0.0, 0.001]
    changed = {chart.key: chart for chart in charts_of(tables | {"rpt_ad_funnel": frame})}
    assert re.fullmatch(
        r"(Image|Carousel) is clicked more often than Video on Instagram",
        changed["funnel-ctr-format"].title,
    )
    unnamed = frame.assign(name=frame["name"].where(frame["level"] == "ad", "unknown"))
    assert "funnel-ctr-ad" in {
        chart.key for chart in charts_of(tables | {"rpt_ad_funnel": unnamed})
    }


def test_a_missing_database_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(tmp_path))
    with pytest.raises(UserError, match="run `social-roi build`"):
        read_tables("duckdb", "demo", REPORT_TABLES)


@pytest.mark.build
def test_a_missing_table_says_what_to_do(
    demo_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(demo_database.parent))
    with pytest.raises(UserError, match=r"no table rpt_nothing in .*run `social-roi build`"):
        read_tables("duckdb", "demo", ["rpt_nothing"])


@pytest.mark.build
def test_tables_come_in_plain_types_and_in_the_order_of_their_keys(
    demo_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIAL_ROI_BUILD", str(demo_database.parent))
    tables = read_tables("duckdb", "demo", REPORT_TABLES)
    for name, rows in tables.items():
        kinds = {type(value) for row in rows for value in row.values()}
        assert kinds <= {str, int, float, bool, type(None)}, name
        keys = [next(iter(row.values())) for row in rows]
        assert keys == sorted(keys), name
    days = [row["activity_date"] for row in tables["rpt_daily"]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in days)
    frames = read_frames("duckdb", "demo", REPORT_TABLES)
    assert as_rows(frames) == tables
    for name, frame in frames.items():
        assert {str(kind) for kind in frame.dtypes} <= {"str", "Int64", "float64", "boolean"}, name


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1, 1.08883])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("deficiency", DEFICIENCIES.values(), ids=DEFICIENCIES)
def test_platform_colours_are_distinguishable(deficiency: np.ndarray) -> None:
    for colours in (PLATFORMS.values(), [IN_DARK[colour] for colour in PLATFORMS.values()]):
        seen = np.array([lab(deficiency @ linear(colour)) for colour in colours])
        differences = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
        assert differences[np.triu_indices(len(seen), 1)].min() > 20


@pytest.mark.parametrize("ground", ["#ffffff", "#15181d"], ids=["light", "dark"])
def test_the_colours_of_marks_stand_out_from_the_page(ground: str) -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])
    for colour in (*PLATFORMS.values(), *STEP_COLOURS, ACCENT, OTHER):
        shown = colour if ground == "#ffffff" else IN_DARK.get(colour, colour)
        one, other = sorted((linear(shown) @ weights, linear(ground) @ weights))
        assert (other + 0.05) / (one + 0.05) >= 3, colour


def test_a_platform_keeps_its_colour_with_any_others() -> None:
    assert platform_colours(["Instagram"])["Instagram"] == PLATFORMS["Instagram"]
    unknown = platform_colours(["Instagram", "Facebook", "Mastodon"])
    assert unknown["Mastodon"] not in (unknown["Facebook"], unknown["Instagram"])
