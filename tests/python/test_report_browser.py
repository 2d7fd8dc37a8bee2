"""The report in a real browser, offline and from a file. Any word on the console is a failure."""

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Download, Page, sync_playwright

import report_tables
from report_tables import Tables, as_rows
from social_roi.dbt_runner import PROJECT
from social_roi.report.build import build_report, report_tabs
from social_roi.report.formatting import cell, plain
from social_roi.report.questions import all_answers
from social_roi.report.types import Table

pytestmark = pytest.mark.build

AXE = PROJECT / "tests" / "vendor" / "axe-core" / "axe.min.js"
SCREENSHOTS = PROJECT / "build" / "screenshots"
TABS = (
    "overview",
    "roi",
    "funnel",
    "attribution",
    "audience",
    "segments",
    "forecast",
    "budget",
    "quality",
)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# the others are like them, and take a minute
KEEP_FIRST_ROWS = """
    document.querySelectorAll('tbody tr:nth-child(n + 4)').forEach((row) => row.remove())
"""
OPEN_TAB_IS_DRAWN = """(tab) => document.documentElement.dataset.tab === tab &&
    [...document.querySelectorAll(`#panel-${tab} .canvas`)].every((canvas) => canvas.dataset.drawn)
"""


# Points, lines and bars below 3 to 1 against the page: not heat maps, whose cells have labels, nor
# the bands of forecasts, whose middle line is drawn.
PALE_MARKS = """() => {
    const parsed = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const light = (rgb) => rgb.map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
    const ground = parsed(getComputedStyle(document.body).backgroundColor).slice(0, 3);
    const contrast = (colour, opacity) => {
        const mixed = parsed(colour).slice(0, 3)
            .map((value, place) => opacity * value + (1 - opacity) * ground[place]);
        const [one, other] = [light(mixed), light(ground)].sort((a, b) => a - b);
        return (other + 0.05) / (one + 0.05);
    };
    const pale = [];
    const root = document.documentElement.dataset.tab;
    for (const canvas of document.querySelectorAll(`#panel-${root} .canvas`)) {
        const marks = canvas.querySelectorAll(
            ".mark-symbol path, .mark-rule line, .mark-line path, .mark-rect path");
        for (const mark of marks) {
            if (mark.closest(".role-axis, .role-legend, .role-axis-grid")) continue;
            if (canvas.querySelector(".mark-text") && mark.closest(".mark-rect")) continue;
            const style = getComputedStyle(mark);
            const all = Number(style.opacity);
            const seen = [
                [style.fill, all * Number(style.fillOpacity)],
                [style.stroke, all * Number(style.strokeOpacity)],
            ].filter(([colour]) => colour !== "none" && !/, 0\\)$/.test(colour));
            const best = Math.max(0, ...seen.map(([colour, opacity]) => contrast(colour, opacity)));
            if (seen.length && best < 3) pale.push(`${canvas.id}: ${best.toFixed(2)}`);
        }
    }
    return [...new Set(pale)];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("the report's tests need Chromium: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tables(demo_database: Path) -> Tables:
    return report_tables.demo_tables(demo_database)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def demo_page(tables: Tables, folder: Path) -> Path:
    page = folder / "demo" / "index.html"
    build_report(as_rows(tables), page, is_demo=True)
    return page


@contextmanager
def opened(browser: Browser, path: Path, tab: str = "overview", **context: Any) -> Iterator[Page]:
    """The page at a tab. Fails on anything on the console and on any request but for the file."""
    context = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US"} | context
    page = browser.new_page(**context)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on(
        "request",
        lambda request: (
            request.url.startswith((path.as_uri(), "data:", "blob:"))
            or problems.append(f"request: {request.url}")
        ),
    )
    page.goto(f"{path.as_uri()}#{tab}")
    wait_until_drawn(page, tab)
    yield page
    page.close()
    assert not problems


def wait_until_drawn(page: Page, tab: str) -> None:
    page.wait_for_function(OPEN_TAB_IS_DRAWN, arg=tab)


def open_tab(page: Page, tab: str) -> None:
    page.click(f"#tab-{tab}")
    wait_until_drawn(page, tab)


def screenshot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def overflows(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize(
    "variant",
    [
        report_tables.hostile_tables,
        report_tables.empty_tables,
        report_tables.tables_without_conversions,
        report_tables.tables_of_one_platform,
        report_tables.simulated_tables,
        report_tables.tables_with_many_campaigns,
    ],
)
def test_every_tab_opens_whatever_the_data(
    variant: Callable[[Tables], Tables], browser: Browser, tables: Tables, folder: Path
) -> None:
    path = folder / variant.__name__ / "index.html"
    build_report(as_rows(variant(tables)), path, is_demo=False)
    with opened(browser, path) as page:
        for tab in TABS:
            open_tab(page, tab)
            assert page.is_visible(f"#panel-{tab}")
            assert page.title() == "Social ROI report"
            drawings = page.locator(f"#panel-{tab} .canvas").evaluate_all(
                "(all) => all.map((canvas) => canvas.innerHTML).join()"
            )
            assert not re.search(r"NaN|Infinity|undefined", drawings)
            assert not overflows(page), tab
            if tab in ("overview", "roi"):
                screenshot(page, f"{variant.__name__}-{tab}")


def test_every_tab_opens_in_the_demo(browser: Browser, demo_page: Path) -> None:
    with opened(browser, demo_page) as page:
        for tab in TABS:
            open_tab(page, tab)
            assert [tab] == page.locator("[role=tabpanel]").evaluate_all(
                "(all) => all.filter((panel) => panel.checkVisibility())"
                ".map((panel) => panel.id.slice('panel-'.length))"
            )
            screenshot(page, f"demo-{tab}")


def test_the_page_can_be_used_without_scripts(browser: Browser, demo_page: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(demo_page.as_uri())
    assert page.is_visible("#answer-roi")
    page.close()


def page_tables(tables: Tables) -> list[Table]:
    return [
        block
        for tab in report_tabs(as_rows(tables))
        for block in tab.blocks
        if isinstance(block, Table)
    ]


def test_numbers_on_the_page_equal_the_tables(
    browser: Browser, demo_page: Path, tables: Tables
) -> None:
    with opened(browser, demo_page) as page:
        for table in page_tables(tables):
            shown = page.locator(f"#{table.key} tbody tr").evaluate_all(
                "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
            )
            assert shown == [[cell(row, column) for column in table.columns] for row in table.rows]
        for answer in all_answers(as_rows(tables)):
            for place, words in (
                (f"#answer-{answer.key} .finding", answer.marked_finding),
                (f"#answer-{answer.key} .sentence", answer.marked_brief),
                (f"#panel-{answer.key} .lead", answer.marked_sentence),
            ):
                assert page.text_content(place) == plain(words)


def test_numbers_are_written_in_the_readers_format(
    browser: Browser, demo_page: Path, tables: Tables
) -> None:
    answer = plain(all_answers(as_rows(tables))[0].marked_brief)
    returned = re.search(r"brought (\d\.\d\d) back", answer)[1].replace(".", ",")
    with opened(browser, demo_page, "roi", locale="de-DE") as page:
        assert f"brought {returned} back" in page.text_content("#answer-roi .sentence")
        assert f"{returned}x" in page.text_content("#rpt_platform_roi-table")
        open_tab(page, "funnel")
        assert "1,5" in page.text_content("#funnel-ctr-platforms")


def column(page: Page, table: str, number: int) -> list[str]:
    return page.locator(f"#{table} tbody tr:visible").evaluate_all(
        f"(rows) => rows.map((row) => row.cells[{number}].dataset.v ?? row.cells[{number}]"
        ".textContent)"
    )


def test_tables_sort_by_mouse_and_by_key_with_unknown_values_last(
    browser: Browser, demo_page: Path
) -> None:
    with opened(browser, demo_page, "funnel") as page:
        table = "rpt_platform_funnel-table"
        head = page.locator(f"#{table} th", has_text="CVR").first
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == "descending"
        *known, unknown = column(page, table, 7)
        assert unknown == ""
        assert known == sorted(known, key=float, reverse=True)
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "ascending"
        *known, unknown = column(page, table, 7)
        assert unknown == ""
        assert known == sorted(known, key=float)
        page.locator(f"#{table} th button").first.click()
        names = column(page, table, 0)
        assert names == sorted(names, key=str.lower)


def test_the_platform_filter_narrows_tables_and_charts(browser: Browser, demo_page: Path) -> None:
    with opened(browser, demo_page, "roi") as page:
        page.click("#filter-none")
        page.check("input[value=Facebook]")
        page.check("input[value=YouTube]")
        assert "2 of 6 platforms" in page.text_content("#filter-state")
        assert set(column(page, "rpt_platform_roi-table", 0)) == {"Facebook", "YouTube"}
        assert set(column(page, "rpt_campaign_roi-table", 4)) == {"Facebook", "YouTube"}
        page.wait_for_function(
            "!document.getElementById('roi-platforms').textContent.includes('Instagram')"
        )
        assert "YouTube" in page.text_content("#roi-platforms")
        open_tab(page, "attribution")
        assert "Instagram" not in page.text_content("#attribution-models")


def test_the_date_filter_sums_the_days_it_says(
    browser: Browser, demo_page: Path, tables: Tables
) -> None:
    daily = tables["rpt_daily"]
    days = daily["activity_date"].between("2026-04-01", "2026-04-30")
    expected = daily[days & (daily["ad_platform"] == "Instagram")]
    with opened(browser, demo_page, "roi") as page:
        page.fill("#from-day", "2026-04-01")
        page.fill("#to-day", "2026-04-30")
        page.click("#filter-none")
        page.check("input[value=Instagram]")
        for name in ("spend", "revenue", "conversions", "clicks", "impressions"):
            shown = float(page.get_attribute(f"#sum-{name}", "value"))
            assert shown == pytest.approx(float(expected[name].sum())), name
        page.click("#reset")
        assert float(page.get_attribute("#sum-clicks", "value")) == daily["clicks"].sum()


def test_the_rule_and_the_window_change_figures_verdicts_and_words(
    browser: Browser, demo_page: Path, tables: Tables
) -> None:
    rows = tables["rpt_platform_roi"]
    first = rows[
        (rows["attribution_model"] == "first_touch") & (rows["ad_platform"] != "unattributed")
    ].sort_values("roi", ascending=False)
    with opened(browser, demo_page, "roi") as page:
        page.select_option("#rule", "first_touch")
        assert column(page, "rpt_platform_roi-table", 0) == list(first["ad_platform"])
        assert [float(roi) for roi in column(page, "rpt_platform_roi-table", 2)] == pytest.approx(
            list(first["roi"]), abs=1e-4
        )
        assert "by first touch" in page.text_content("#panel-roi .lead").lower()
        assert page.url.endswith("#roi?rule=first_touch")
        page.select_option("#window", "7")
        within = tables["rpt_attribution_sensitivity"]
        within = within[
            (within["attribution_model"] == "first_touch") & (within["lookback_days"] == 7)
        ]
        top = within.sort_values("roi", ascending=False)["ad_platform"].iloc[0]
        assert f"Within 7 days by first touch: {top}" in page.text_content("[data-answer=roi]")
        assert set(column(page, "rpt_platform_roi-table", 1)) == {"-"}
        page.click("#reset")
        assert "last touch" in page.text_content("[data-answer=roi]")
        assert page.url.endswith("#roi")


def test_the_address_holds_the_filters_and_opens_a_chart(browser: Browser, demo_page: Path) -> None:
    with opened(browser, demo_page) as page:
        whole = page.text_content("[data-total=spend] .figure")
        page.fill("#from-day", "2026-05-01")
        page.click("#filter-none")
        page.check("input[value=Instagram]")
        chosen = page.text_content("[data-total=spend] .figure")
        assert chosen != whole
        page.reload()
        assert page.text_content("[data-total=spend] .figure") == chosen
        assert "of all platforms and days" in page.text_content("#panel-funnel .lead-scope")
        page.evaluate("location.hash = 'roi-weekly'")
        wait_until_drawn(page, "roi")
        assert page.is_visible("#roi-weekly svg")
        assert page.text_content("[data-total=spend] .figure") == whole


def test_a_week_that_is_cut_is_not_drawn_as_a_whole_one(browser: Browser, demo_page: Path) -> None:
    hollow = "#roi-weekly .mark-symbol path[fill=transparent]"
    with opened(browser, demo_page, "roi") as page:
        assert page.locator(hollow).count() == 4  # spend and revenue of the first and last week
        page.fill("#from-day", "2026-05-01")
        page.wait_for_timeout(300)
        assert page.locator(hollow).count() == 4
        assert "2026-05-01" in page.text_content("#filter-state")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_mark_stands_out_from_the_page(
    scheme: str, browser: Browser, demo_page: Path
) -> None:
    with opened(browser, demo_page, color_scheme=scheme) as page:
        for tab in TABS:
            open_tab(page, tab)
            assert page.evaluate(PALE_MARKS) == [], tab


def test_a_phone_shows_the_verdict_without_scrolling_sideways(
    browser: Browser, demo_page: Path
) -> None:
    with opened(browser, demo_page, "roi", viewport={"width": 390, "height": 844}) as page:
        for table in ("rpt_platform_roi-table", "rpt_campaign_roi-table"):
            verdict = page.locator(f"#{table} tbody td.verdict").first.bounding_box()
            assert verdict["x"] + verdict["width"] <= 390, table


def download(page: Page, selector: str) -> Download:
    with page.expect_download() as started:
        page.click(selector)
    return started.value


def shortened(value: Any) -> str:
    return str(float(f"{value:.10g}") if isinstance(value, float) else value)


def test_every_table_downloads_as_csv_with_its_rows(
    browser: Browser, demo_page: Path, tables: Tables
) -> None:
    with opened(browser, demo_page) as page:
        for tab in report_tabs(as_rows(tables)):
            open_tab(page, tab.key)
            for table in (block for block in tab.blocks if isinstance(block, Table)):
                file = download(page, f"button[data-csv={table.key}]")
                assert file.suggested_filename == f"{table.key}.invented-data.csv"
                text = Path(file.path()).read_text("utf-8-sig")
                head, *rows = csv.reader(io.StringIO(text, newline=""))
                assert head == list(table.rows[0])
                expected = [
                    ["" if pd.isna(value) else shortened(value) for value in row]
                    for row in (list(row.values()) for row in table.rows)
                ]
                assert [[cell.removeprefix("'") for cell in row] for row in rows] == expected


def test_the_days_download_as_csv_with_their_flags(
    browser: Browser, tables: Tables, folder: Path
) -> None:
    path = folder / "days" / "index.html"
    hostile = report_tables.hostile_tables(tables)
    daily = hostile["rpt_daily"]
    build_report(as_rows(hostile), path, is_demo=False)
    with opened(browser, path, "roi") as page:
        text = Path(download(page, "[data-csv=daily]").path()).read_text("utf-8-sig")
    read = pd.read_csv(io.StringIO(text))
    read["ad_platform"] = read["ad_platform"].str.removeprefix("'")
    pd.testing.assert_frame_equal(read, daily.astype(read.dtypes), check_dtype=False)
    assert len(daily) > 1_000
    assert "'=HYPERLINK" in text


def test_a_name_like_a_formula_is_text_in_the_download(
    browser: Browser, tables: Tables, folder: Path
) -> None:
    path = folder / "formula" / "index.html"
    build_report(as_rows(report_tables.hostile_tables(tables)), path, is_demo=False)
    with opened(browser, path, "roi") as page:
        text = Path(download(page, "[data-csv=rpt_campaign_roi-table]").path()).read_text("utf-8")
        assert "'=HYPERLINK" in text
        assert not re.search(r'(^|,)"?[=@+]', text, re.MULTILINE)
        assert "=HYPERLINK" in page.text_content("#rpt_campaign_roi-table")


def test_charts_download_as_svg_and_png(browser: Browser, demo_page: Path) -> None:
    with opened(browser, demo_page, "roi") as page:
        file = download(page, "[data-chart=roi-platforms][data-format=svg]")
        assert file.suggested_filename == "roi-platforms.invented-data.svg"
        svg = Path(file.path()).read_text("utf-8")
        for words in (
            "Of 6 platforms ", "INVENTED DATA", "ads of 2026-01-01",
            "Credited by last touch within 30 days", "users who converted", "Source: ",
        ):  # fmt: skip
            assert words in svg, words
        png = Path(download(page, "[data-chart=roi-platforms][data-format=png]").path())
        assert png.read_bytes().startswith(b"\x89PNG")


def test_a_link_opens_its_tab_and_the_keyboard_moves_on(browser: Browser, demo_page: Path) -> None:
    with opened(browser, demo_page, "funnel") as page:
        assert page.get_attribute("#tab-funnel", "aria-selected") == "true"
        page.focus("#tab-funnel")
        page.keyboard.press("ArrowRight")
        wait_until_drawn(page, "attribution")
        assert page.url.endswith("#attribution")
        page.keyboard.press("Home")
        wait_until_drawn(page, "overview")
        page.click("#answer-segments .more")
        wait_until_drawn(page, "segments")
        page.go_back()
        wait_until_drawn(page, "overview")


def luminance(page: Page) -> float:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 765


def test_dark_and_light_follow_the_reader_and_can_be_chosen(
    browser: Browser, demo_page: Path
) -> None:
    with opened(browser, demo_page, "roi", color_scheme="dark") as page:
        assert luminance(page) < 0.2
        assert page.get_attribute("#roi-platforms", "data-drawn") == "dark"
        screenshot(page, "demo-roi-dark")
        page.click("button[data-theme=light]")
        page.wait_for_selector("#roi-platforms[data-drawn=light]")
        assert luminance(page) > 0.9


def test_a_phone_of_360_pixels_shows_every_tab_without_scrolling_sideways(
    browser: Browser, demo_page: Path
) -> None:
    with opened(browser, demo_page, viewport={"width": 360, "height": 780}) as page:
        for tab in TABS:
            open_tab(page, tab)
            assert not overflows(page), tab
            screenshot(page, f"demo-{tab}-360")


def test_the_open_tab_prints_with_its_charts(browser: Browser, demo_page: Path) -> None:
    with opened(browser, demo_page, "segments", color_scheme="dark") as page:
        sheets = re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True))
        assert len(sheets) <= 4
        page.emulate_media(media="print")
        assert page.is_visible("#segments-map svg")
        assert not page.is_visible("#answer-segments")
        assert not page.is_visible("#rpt_platform_roi-table")
        assert not page.is_visible("[role=tablist]")
        assert luminance(page) > 0.9


@pytest.mark.parametrize(
    ("scheme", "rules"),
    [("light", "{}"), ("dark", "{runOnly: ['color-contrast']}")],
    ids=["light", "dark"],
)
def test_axe_finds_nothing_serious(
    scheme: str, rules: str, browser: Browser, demo_page: Path
) -> None:
    with opened(browser, demo_page, color_scheme=scheme) as page:
        page.evaluate(AXE.read_text("utf-8"))
        page.evaluate(KEEP_FIRST_ROWS)
        for tab in TABS:
            open_tab(page, tab)
            violations = page.evaluate(f"axe.run({rules}).then((results) => results.violations)")
            serious = [
                (found["id"], node["html"][:160])
                for found in violations
                if found["impact"] in ("serious", "critical")
                for node in found["nodes"][:3]
            ]
            assert not serious, tab


@pytest.mark.parametrize("tab", ["overview", "roi"])
def test_nothing_moves_while_the_page_loads(tab: str, browser: Browser, demo_page: Path) -> None:
    with opened(browser, demo_page, tab) as page:
        shift = page.evaluate(
            """() => new Promise((resolve) => {
                const sum = (list) =>
                    resolve(list.getEntries().reduce((total, entry) => total + entry.value, 0));
                new PerformanceObserver(sum).observe({ type: "layout-shift", buffered: true });
                requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
            })"""
        )
        assert shift < 0.05
