"""The figures for slides: PNG and SVG with the titles and colours of the report's page."""

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

from social_roi.report import (
    attribution_tab,
    audience,
    audience_tab,
    budget,
    forecast_tab,
    funnel_tab,
    roi_tab,
    segments_tab,
)
from social_roi.report.facts import MIN_CLICKS, about, first_against_last, known, ranked_by_roi
from social_roi.report.formatting import VERDICTS, interval, is_null, plain, text
from social_roi.report.palette import (
    ACCENT,
    MUTED,
    ON_DARK,
    ON_PALE,
    OTHER,
    SEQUENTIAL,
    STEP_COLOURS,
)
from social_roi.report.questions import all_answers
from social_roi.report.spec import MAX_BARS, report_colours
from social_roi.report.types import Chart, Rows, Tables

WIDTH = 9.6  # inches; at 200 dots per inch as wide as a slide
DOTS_PER_INCH = 200
LINE = 110  # characters
# figures whose title is the finding of a question; the others keep the chart's
FINDING_OF = {
    "roi_by_platform": "roi",
    "funnel_by_device": "funnel",
    "first_and_last_touch": "attribution",
    "demographics": "audience",
    "segments": "segments",
    "forecast": "forecast",
    "budget": "budget",
}
TEXT = "#1b1f24"
QUIET = "#596069"
STYLE = {
    "axes.edgecolor": "#e3e6ea",
    "axes.labelcolor": QUIET,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same font on every machine
    "font.size": 10,
    "grid.color": "#e3e6ea",
    "svg.hashsalt": "social_roi",
    "text.color": TEXT,
    "text.parse_math": False,  # dollar signs in names are no formulas
    "xtick.color": QUIET,
    "ytick.color": TEXT,
}
# Leaves out the time of drawing and the version of the library: equal tables give equal bytes.
METADATA = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def write_figures(tables: Tables, folder: Path, *, is_demo: bool = False) -> list[Path]:
    """Write every figure as PNG and SVG into `folder`; equal tables give equal bytes.

    Each says below its title what it shows, of which data and by which rule, and whether the data
    is invented or its money simulated. tables: all of `warehouse.REPORT_TABLES`. Returns the paths.
    """
    findings = {answer.key: plain(answer.marked_finding) for answer in all_answers(tables)}
    source = about(tables, is_demo=is_demo)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with mpl.rc_context(), sns.axes_style("whitegrid", rc=STYLE):
        mpl.rcParams.update(STYLE)
        for name, (chart, rows, draw) in figures(tables).items():
            head = [findings.get(FINDING_OF.get(name, ""), chart.title), chart.title, *source]
            if is_demo or chart.is_simulated:
                marks = "INVENTED DATA" if is_demo else "SIMULATED MONEY"
                head.insert(1, marks)
            figure = _figure(chart, head, rows, lambda axes, draw=draw: draw(axes, tables))
            for suffix, metadata in METADATA.items():
                path = folder / f"{name}.{suffix}"
                figure.savefig(path, dpi=DOTS_PER_INCH, metadata=metadata)
                written.append(path)
    return written


def figures(tables: Tables) -> dict[str, tuple[Chart, int, Callable[[Axes, Tables], None]]]:
    """By file name: the page's chart of the same data, its number of rows, its draw function."""
    devices = len(tables["rpt_device_funnel"])
    platforms = min(len(ranked_by_roi(tables, "rpt_platform_roi")), MAX_BARS)
    openers = min(len(first_against_last(tables)), MAX_BARS)
    return {
        "roi_by_platform": (roi_tab.platform_returns(tables), platforms, draw_returns),
        "funnel_by_device": (funnel_tab.funnel_steps(tables), 2 * devices, draw_funnel),
        "first_and_last_touch": (
            attribution_tab.first_and_last_touch(tables),
            2 * openers,
            draw_ends,
        ),
        "demographics": (audience_tab.audience_map(tables), 6, draw_audience),
        "elbow": (segments_tab.elbow(tables), 8, draw_elbow),
        "segments": (segments_tab.segment_map(tables), 11, draw_segments),
        "forecast": (
            forecast_tab.expected_returns(tables),
            len(forecast_tab.with_roi(tables)),
            draw_forecast,
        ),
        "budget": (budget.next_unit(tables), len(budget.with_next_unit(tables)), draw_budget),
    }


def draw_returns(axes: Axes, tables: Tables) -> None:
    rows = known(ranked_by_roi(tables, "rpt_platform_roi"), "roi")[:MAX_BARS]
    markers = {"pays_back": "^", "loses": "v", "cannot_tell": "o"}
    colours = report_colours(tables)
    _intervals(
        axes,
        [row["ad_platform"] for row in rows],
        [(row["roi_low"], row["roi"], row["roi_high"]) for row in rows],
        [colours[row["ad_platform"]] for row in rows],
        [markers[row["verdict"]] for row in rows],
    )
    _values(axes, [row["roi"] for row in rows], "roi")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.axvline(0, color=MUTED, linestyle="--", linewidth=1.2, zorder=1)
    for verdict in dict.fromkeys(row["verdict"] for row in rows):
        axes.scatter([], [], marker=markers[verdict], color=TEXT, label=VERDICTS[verdict])
    _legend(axes)
    axes.set_xlabel("ROI")


def draw_funnel(axes: Axes, tables: Tables) -> None:
    steps = pd.DataFrame(funnel_tab.device_steps(tables))
    sns.barplot(
        steps,
        x="count",
        y="device_type",
        hue="step",
        palette=dict(zip(funnel_tab.STEPS, STEP_COLOURS, strict=True)),
        saturation=1,
        ax=axes,
    )
    for bars, (_, labels) in zip(axes.containers, steps.groupby("step", sort=False), strict=True):
        axes.bar_label(bars, labels=labels["label"], padding=4, fontsize=9)
    # as on the page: on a linear scale only the impressions can be seen
    axes.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set(xlabel="People's steps, on a square-root scale", ylabel="")
    axes.set_xlim(0, 1.2 * steps["count"].max())
    _legend(axes)


def draw_ends(axes: Axes, tables: Tables) -> None:
    shares = first_against_last(tables)[:MAX_BARS]
    colours = report_colours(tables)
    ends = [
        (row, end, marker, place + shift)
        for end, marker, shift in (("first", "o", -0.17), ("last", "s", 0.17))
        for place, row in enumerate(shares)
    ]
    _intervals(
        axes,
        [row["ad_platform"] for row in shares],
        [[row[f"share_{end}{limit}"] for limit in ("_low", "", "_high")] for row, end, *_ in ends],
        [colours[row["ad_platform"]] for row, *_ in ends],
        [marker for *_, marker, _ in ends],
        [place for *_, place in ends],
    )
    _values(
        axes,
        [row[f"share_{end}"] for row, end, *_ in ends],
        "percent",
        [place for *_, place in ends],
    )
    for marker, label in zip("os", attribution_tab.ENDS, strict=True):
        axes.scatter([], [], marker=marker, color=TEXT, label=label)
    _legend(axes)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlabel="Share of attributed conversions", xlim=(0, None))


def draw_audience(axes: Axes, tables: Tables) -> None:
    groups = pd.DataFrame(known(audience.audience_groups(tables), "cvr"))
    groups = groups[groups["clicks"] >= MIN_CLICKS]
    groups["gender"] = groups["gender"].map(audience.gender_name)
    rates = groups.pivot(index="gender", columns="age_band", values="cvr")
    rates = rates[audience_tab.by_age(rates.columns)]
    sns.heatmap(
        rates,
        vmin=0,
        cmap=LinearSegmentedColormap.from_list("rates", SEQUENTIAL),
        cbar=False,
        linewidths=2,
        ax=axes,
    )
    axes.grid(visible=False)
    top = np.nanmax(rates)
    for (line, age), rate in np.ndenumerate(rates):
        is_dark = rate > 0.62 * top
        axes.text(
            age + 0.5, line + 0.5, "few clicks" if is_null(rate) else text(rate, "percent"),
            ha="center", va="center", color=ON_DARK if is_dark else ON_PALE,
        )  # fmt: skip
    axes.set(xlabel="Age", ylabel="")
    axes.set_xticklabels(map(_cut, rates.columns))
    axes.set_yticklabels(map(_cut, rates.index), rotation=0)


def draw_elbow(axes: Axes, tables: Tables) -> None:
    rows = tables["segment_selection"]
    candidates, inertia = [row["k"] for row in rows], [row["inertia"] for row in rows]
    sns.lineplot(x=candidates, y=inertia, color=MUTED, linewidth=2, ax=axes)
    sizes = [140 if row["is_selected"] else 30 for row in rows]
    axes.scatter(candidates, inertia, s=sizes, color=ACCENT, zorder=3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="Number of segments", ylabel="Inertia", ylim=(0, None))


def draw_segments(axes: Axes, tables: Tables) -> None:
    users, centres, names = segments_tab.segment_positions(tables)
    colours = segments_tab.segment_colours(len(centres))
    for centre, colour in zip(centres, colours, strict=True):
        places = [row for row in users if row["segment"] == centre["segment"]]
        axes.scatter(
            _column(places, "x"), _column(places, "y"), s=18 * _column(places, "users") ** 0.8,
            color=colour, alpha=0.35, linewidths=0,
        )  # fmt: skip
        axes.scatter(
            centre["x"], centre["y"], s=150, color=colour, marker="D", edgecolor="white",
            label=_cut(centre["persona"]), zorder=3,
        )  # fmt: skip
    axes.set(
        xlabel=f"{names[0]} (steps from the average user)",
        ylabel=f"{names[1]} (steps from the average user)",
    )
    _legend(axes)


def draw_forecast(axes: Axes, tables: Tables) -> None:
    rows = forecast_tab.with_roi(tables)
    colours = report_colours(tables)
    _intervals(
        axes,
        [row["ad_platform"] for row in rows],
        [(row["roi_low_80"], row["roi"], row["roi_high_80"]) for row in rows],
        [colours.get(row["ad_platform"], OTHER) for row in rows],
        ["o"] * len(rows),
    )
    _values(axes, [row["roi"] for row in rows], "roi")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    recent = np.array([row["roi_recent"] for row in rows], dtype=float)
    axes.scatter(
        recent, range(len(rows)), s=70, facecolors="none", edgecolors=MUTED, label="so far"
    )
    axes.axvline(0, color=MUTED, linestyle="--", linewidth=1.2, zorder=1)
    axes.scatter([], [], color=TEXT, label="expected, with the 80 % prediction interval")
    _legend(axes)
    axes.set_xlabel("ROI")


def draw_budget(axes: Axes, tables: Tables) -> None:
    rows = budget.with_next_unit(tables)
    colours = report_colours(tables)
    low = _column(rows, "next_unit_low")
    axes.barh(
        [_cut(row["ad_platform"]) for row in rows],
        _column(rows, "next_unit_high") - low,
        left=low,
        color=[colours.get(row["ad_platform"], OTHER) for row in rows],
        height=0.45,
    )
    for place, row in enumerate(rows):
        limits = interval(row["next_unit_low"], row["next_unit_high"], "decimal")
        axes.annotate(
            limits, (row["next_unit_high"], place), (5, 0), textcoords="offset points",
            va="center", fontsize=8.5,
        )  # fmt: skip
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("Revenue of one more unit of spend")
    axes.set_xlim(0, 1.12 * max(row["next_unit_high"] for row in rows) or 1)


def _column(rows: Rows, name: str) -> np.ndarray:
    return np.array([row[name] for row in rows], dtype=float)


def _figure(chart: Chart, head: Sequence[str], rows: int, draw: Callable[[Axes], None]) -> Figure:
    """A figure with its head (title, then lines) and basis; its message where there is no data."""
    title, *lines = (line for words in head for line in textwrap.wrap(words, LINE))
    height = 2.1 + 0.36 * max(rows, 3) + 0.16 * len(lines)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    figure.suptitle(title, x=0.015, ha="left", fontsize=13, fontweight="bold")
    axes.set_title(
        "\n".join(lines),
        x=0,
        ha="left",
        fontsize=8.5,
        color=QUIET,
        pad=30 if not chart.empty else 6,
    )
    if chart.empty:
        axes.axis("off")
        axes.text(0.5, 0.5, chart.empty, ha="center", va="center", color=QUIET)
    else:
        draw(axes)
        axes.set_axisbelow(True)
        sns.despine(figure, left=True, bottom=True)
    figure.supxlabel(chart.basis, x=0.015, ha="left", fontsize=8.5, color=QUIET)
    return figure


def _intervals(
    axes: Axes,
    labels: Sequence[str],
    limits: Sequence[Sequence[float | None]],
    colours: list[str],
    markers: list[str],
    places: list[float] | None = None,
) -> None:
    """A point with its interval for each row of limits (low, value, high), from the top down."""
    places = places or list(range(len(limits)))
    # null becomes NaN, which is not drawn
    rows = zip(np.array(limits, dtype=float), colours, markers, places, strict=True)
    for (low, value, high), colour, marker, place in rows:
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        axes.scatter([value], [place], color=colour, marker=marker, s=70, zorder=3)
    axes.set_yticks(range(len(labels)), [_cut(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)


def _values(
    axes: Axes, numbers: Sequence[float | None], kind: str, places: Sequence[float] = ()
) -> None:
    """The number above the point of each row, or of each place."""
    for place, number in zip(places or range(len(numbers)), numbers, strict=True):
        if is_null(number):
            continue
        axes.annotate(
            text(number, kind), (number, place), (0, 7), textcoords="offset points", ha="center",
            fontsize=8.5,
        )  # fmt: skip


def _cut(label: str) -> str:
    return label if len(label) <= 40 else f"{label[:39]}…"


def _legend(axes: Axes) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, title=None,
        borderaxespad=0, handletextpad=0.4,
    )  # fmt: skip
