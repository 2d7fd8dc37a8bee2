"""Writing the page: what stands on it, in which order, and everything inside one file."""

import csv
import io
import json
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import pandas as pd
import vl_convert
from markupsafe import Markup, escape

from social_roi.answers import (
    Answer,
    Tables,
    attribution_model,
    five_answers,
    group_name,
    simulated_money,
)
from social_roi.report import charts, page_tables
from social_roi.report.charts import Chart
from social_roi.report.formatting import MARKED, Column, cell, column, model_label, plain, text
from social_roi.report.page_tables import Table, latest_days
from social_roi.report.palette import ACCENT, OTHER
from social_roi.report.spec import report_colours

VEGA_LITE = "6.4"
# Text that a spreadsheet would take for a formula begins with one of these.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBER_KINDS = ("count", "credit", "decimal", "money", "percent", "shift")


class Tab(NamedTuple):
    """One tab: charts and tables in the order shown."""

    key: str
    title: str
    blocks: list[Chart | Table]


def build_report(tables: Tables, page: Path, *, is_demo: bool) -> None:
    """Write the report as the one file `page`.

    tables: all of `warehouse.REPORT_TABLES`; equal tables give equal bytes. The chart library,
    which takes two seconds to bundle, is kept beside the page's folder for the next run.
    """
    page.parent.mkdir(parents=True, exist_ok=True)
    html = render(tables, vega_bundle(page.parent.parent), is_demo=is_demo)
    page.write_text(html, encoding="utf-8")


def vega_bundle(cache: Path) -> str:
    """Vega, Vega-Lite and vega-embed as one script, kept in the folder `cache`."""
    kept = cache / f"vega-{VEGA_LITE}-{vl_convert.__version__}.js"
    if not kept.exists():
        bundle = vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;", vl_version=VEGA_LITE)
        partial = kept.with_suffix(".partial")
        partial.write_text(bundle, encoding="utf-8")
        partial.replace(kept)
    return kept.read_text(encoding="utf-8")


def render(tables: Tables, bundle: str, *, is_demo: bool) -> str:
    """The page as text."""
    answers = five_answers(tables)
    colours = report_colours(tables)
    tabs = report_tabs(tables)
    blocks = [block for tab in tabs for block in tab.blocks]
    payload = {
        "charts": {
            block.key: {"spec": block.spec, "title": block.title, "filtered": block.is_filtered}
            for block in blocks
            if isinstance(block, Chart) and not block.empty
        },
        "csv": {block.key: csv_text(block.rows) for block in blocks if isinstance(block, Table)}
        | {"daily": csv_text(latest_days(tables))},
        "daily": _columns(latest_days(tables)),
    }
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("social_roi.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"cell": html_cell, "sentence": html_sentence, "text": text}
    environment.tests |= {"chart": lambda block: isinstance(block, Chart)}
    return environment.get_template("index.html.j2").render(
        is_demo=is_demo,
        totals=tables["rpt_totals"].iloc[0].to_dict(),
        model=model_label(attribution_model(tables)).lower(),
        answers=[(answer, overview_chart(answer, colours)) for answer in answers],
        tabs=tabs,
        platforms={name: colours[name] for name in _platforms(tables)},
        simulated=simulated_money(tables),
        personas=_personas(tables),
        daily=_daily_summary(tables),
        css=Markup(_static("report.css")),
        js=Markup(_static("report.js")),
        bundle=Markup(bundle.replace("</script", "<\\/script")),
        payload=json_for_script(payload),
        number_kinds=NUMBER_KINDS,
    )


def report_tabs(tables: Tables) -> list[Tab]:
    """The tabs after the overview, with what stands on each."""
    return [
        Tab(
            "roi",
            "Return",
            [
                charts.platform_returns(tables),
                page_tables.roi_table(tables, "rpt_platform_roi", "Platforms", ()),
                charts.spend_against_return(tables),
                charts.campaign_returns(tables),
                page_tables.roi_table(
                    tables,
                    "rpt_campaign_roi",
                    "Campaigns",
                    (column("Campaign", "text", "campaign_name"),),
                ),
                charts.weekly_money(tables),
            ],
        ),
        Tab(
            "funnel",
            "Funnel",
            [
                charts.funnel_steps(tables),
                charts.rate_by_device(tables, "ctr"),
                charts.rate_by_device(tables, "cvr"),
                page_tables.funnel_table(
                    tables, "rpt_device_funnel", "Devices", "Device", "device_type"
                ),
                charts.rate_by_platform(tables, "ctr"),
                charts.rate_by_platform(tables, "cvr"),
                page_tables.funnel_table(
                    tables, "rpt_platform_funnel", "Platforms", "Platform", "ad_platform"
                ),
            ],
        ),
        Tab(
            "attribution",
            "Attribution",
            [
                charts.first_and_last_touch(tables),
                page_tables.ends_table(tables),
                charts.models_side_by_side(tables),
                page_tables.models_table(tables),
                charts.roi_by_rule(tables),
                page_tables.rules_table(tables),
                charts.path_lengths(tables),
                charts.days_to_conversion(tables),
                page_tables.paths_table(tables),
                page_tables.campaign_ends_table(tables),
                page_tables.claims_table(tables),
            ],
        ),
        Tab(
            "audience",
            "Audience",
            [
                charts.audience_map(tables),
                charts.audience_rates(tables),
                page_tables.audience_table(tables),
            ],
        ),
        Tab(
            "segments",
            "Segments",
            [
                charts.segment_profile(tables),
                charts.segment_map(tables),
                charts.elbow(tables),
                charts.segment_quality(tables),
                page_tables.segments_table(tables),
                page_tables.selection_table(tables),
            ],
        ),
        Tab(
            "quality",
            "Data quality",
            [
                page_tables.files_table(tables),
                charts.rejections(tables),
                page_tables.rejections_table(tables),
                page_tables.warnings_table(tables),
            ],
        ),
    ]


def csv_text(frame: pd.DataFrame) -> str:
    """A frame as CSV (RFC 4180). Text that looks like a formula gets an apostrophe before it."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(frame.columns)
    writer.writerows(map(_csv_cell, row) for row in frame.itertuples(index=False))
    return written.getvalue()


def _csv_cell(value: Any) -> Any:
    if pd.isna(value):
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def json_for_script(value: Any) -> Markup:
    """JSON that can stand inside a script element, whatever text it holds."""
    dumped = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(dumped.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def html_cell(shown: Column, row: dict[str, Any]) -> Markup:
    """A table cell: its text, and the raw values for sorting and for the reader's own format."""
    values = [row[field] for field in shown.fields]
    if shown.kind not in NUMBER_KINDS:
        return Markup('<td class="{}">{}</td>').format(
            f"verdict {values[0]}" if shown.kind == "verdict" else "text", cell(row, shown)
        )
    raw = ["" if pd.isna(value) else _raw(value, shown.kind) for value in values]
    limits = Markup(' data-w="{}"').format(raw[1]) if len(raw) == 2 else ""
    return Markup('<td data-v="{}"{}>{}</td>').format(raw[0], limits, cell(row, shown))


def _raw(value: Any, kind: str) -> str:
    return str(value) if kind == "count" else repr(float(value))


def html_sentence(sentence: str) -> Markup:
    """An answer's sentence, with its numbers marked up for the reader's own format."""
    html = []
    start = 0
    for found in MARKED.finditer(sentence):
        html.append(escape(sentence[start : found.start()]))
        html.append(
            Markup('<data value="{}" data-kind="{}">{}</data>').format(
                found[2], found[1], plain(found[0])
            )
        )
        start = found.end()
    return Markup("").join([*html, escape(sentence[start:])])


class MiniRow(NamedTuple):
    """One row of an overview chart: marks by shape, a bar from low to high, the value beside it."""

    label: str
    colour: str
    marks: dict[str, float]
    bar: tuple[float, float]
    value: float
    kind: str


MINI_TITLES = {
    "roi": "ROI; the line is break-even",
    "funnel": "Conversions per click",
    "attribution": "Share of conversions: first touch (circle) to last touch (square)",
    "audience": "Conversions per click",
    "segments": "Share of users",
}
MINI_ROWS = 8


def overview_chart(answer: Answer, colours: dict[str, str]) -> dict[str, Any]:
    """The small chart of an answer: title, rows, and where zero lies (None at the left edge).

    Places are shares of the chart's width in per cent.
    """
    rows = [
        _mini_row(answer.key, row, colours)
        for row in answer.rows.head(MINI_ROWS).to_dict("records")
    ]
    rows = [row for row in rows if pd.notna(row.value)]
    ends = [end for row in rows for end in (*row.bar, *row.marks.values()) if pd.notna(end)]
    low, high = min([0.0, *ends]), max([0.0, *ends])

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2) if high > low else 0.0

    drawn = [
        {
            "row": row,
            "marks": {shape: place(value) for shape, value in row.marks.items()},
            "bar": None
            if any(map(pd.isna, row.bar))
            else (place(min(row.bar)), round(place(max(row.bar)) - place(min(row.bar)), 2)),
        }
        for row in rows
    ]
    return {
        "title": MINI_TITLES[answer.key],
        "rows": drawn,
        "zero": place(0.0) if low < 0 else None,
    }


def _mini_row(key: str, row: dict[str, Any], colours: dict[str, str]) -> MiniRow:
    match key:
        case "roi":
            limits = (row["roi_low"], row["roi_high"])
            colour = colours.get(row["ad_platform"], OTHER)
            return MiniRow(
                row["ad_platform"], colour, {"circle": row["roi"]}, limits, row["roi"], "decimal"
            )
        case "attribution":
            ends = (row["share_first"], row["share_last"])
            colour = colours.get(row["ad_platform"], OTHER)
            marks = dict(zip(("circle", "square"), ends, strict=True))
            return MiniRow(row["ad_platform"], colour, marks, ends, row["shift"], "shift")
        case "segments":
            return MiniRow(row["persona"], ACCENT, {}, (0.0, row["share"]), row["share"], "percent")
    label = row["device_type"] if key == "funnel" else group_name(row)
    limits = (row["cvr_low"], row["cvr_high"])
    return MiniRow(label, ACCENT, {"circle": row["cvr"]}, limits, row["cvr"], "percent")


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """A frame by column, nulls as None: half the size of rows with their names."""
    whole = frame.astype(object).where(frame.notna(), None)
    return {name: whole[name].tolist() for name in whole}


def _daily_summary(tables: Tables) -> dict[str, Any]:
    """The first and last day, and the sums that the date filter starts from."""
    daily = latest_days(tables)
    if daily.empty:
        return {}
    names = ("spend", "revenue", "conversions", "clicks", "impressions")
    return {
        "first": daily["activity_date"].min(),
        "last": daily["activity_date"].max(),
        "is_cut": len(daily) < len(tables["rpt_daily"]),
        "sums": {name: daily[name].sum(min_count=1) for name in names},
    }


def _platforms(tables: Tables) -> list[str]:
    return sorted({*tables["rpt_platform_roi"]["ad_platform"]} - {"unattributed"})


def _personas(tables: Tables) -> list[dict[str, Any]]:
    segments = tables["rpt_segments"]
    return segments.assign(share=segments["users"] / max(segments["users"].sum(), 1)).to_dict(
        "records"
    )


def _static(name: str) -> str:
    return resources.files("social_roi.report").joinpath("static", name).read_text("utf-8")
