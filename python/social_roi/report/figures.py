"""The figures for slides: PNG and SVG with the titles and colours of the report's page."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from social_roi.answers import (
    Tables,
    audience_groups,
    first_against_last,
    ranked_by_roi,
)
from social_roi.report import charts
from social_roi.report.charts import Chart
from social_roi.report.formatting import VERDICTS, text
from social_roi.report.palette import ACCENT, MUTED, SEQUENTIAL, STEP_COLOURS
from social_roi.report.spec import report_colours

WIDTH = 9.6  # inches; at 200 dots per inch as wide as a slide
DOTS_PER_INCH = 200
TEXT = "#1b1f24"
QUIET = "#596069"
STYLE = {
    "axes.edgecolor": "#e3e6ea",
    "axes.labelcolor": QUIET,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": 10,
    "grid.color": "#e3e6ea",
    "svg.hashsalt": "social_roi",
    "text.color": TEXT,
    "text.parse_math": False,  # a name with dollar signs is a name
    "xtick.color": QUIET,
    "ytick.color": TEXT,
}
# Without these the files would hold the time of drawing and the version of the library.
METADATA = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def write_figures(tables: Tables, folder: Path) -> list[Path]:
    """Write every figure as PNG and SVG into `folder`; equal tables give equal bytes.

    tables: all of `warehouse.REPORT_TABLES`. Returns the paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with mpl.rc_context(), sns.axes_style("whitegrid", rc=STYLE):
        mpl.rcParams.update(STYLE)
        for name, (chart, rows, draw) in figures(tables).items():
            figure = _figure(chart, rows, lambda axes, draw=draw: draw(axes, tables))
            for suffix, metadata in METADATA.items():
                path = folder / f"{name}.{suffix}"
                figure.savefig(path, dpi=DOTS_PER_INCH, metadata=metadata)
                written.append(path)
    return written


def figures(tables: Tables) -> dict[str, tuple[Chart, int, Callable[[Axes, Tables], None]]]:
    """By file name: the page's chart of the same data, how many rows it has, and how to draw it."""
    devices = len(tables["rpt_device_funnel"])
    platforms = min(len(ranked_by_roi(tables, "rpt_platform_roi")), charts.MAX_BARS)
    return {
        "roi_by_platform": (charts.platform_returns(tables), platforms, draw_returns),
        "funnel_by_device": (charts.funnel_steps(tables), 2 * devices, draw_funnel),
        "first_and_last_touch": (
            charts.first_and_last_touch(tables),
            2 * min(len(first_against_last(tables)), charts.MAX_BARS),
            draw_ends,
        ),
        "demographics": (charts.audience_map(tables), 6, draw_audience),
        "elbow": (charts.elbow(tables), 8, draw_elbow),
        "segments": (charts.segment_map(tables), 11, draw_segments),
    }


def draw_returns(axes: Axes, tables: Tables) -> None:
    rows = ranked_by_roi(tables, "rpt_platform_roi").dropna(subset=["roi"])[: charts.MAX_BARS]
    markers = dict(zip(VERDICTS, "^vo", strict=True))
    _intervals(
        axes,
        rows["ad_platform"],
        rows[["roi_low", "roi", "roi_high"]],
        list(report_colours(tables)[name] for name in rows["ad_platform"]),
        [markers[verdict] for verdict in rows["verdict"]],
    )
    axes.axvline(0, color=MUTED, linestyle="--", linewidth=1.2, zorder=1)
    for verdict in rows["verdict"].drop_duplicates():
        axes.scatter([], [], marker=markers[verdict], color=TEXT, label=VERDICTS[verdict])
    _legend(axes)
    axes.set_xlabel("ROI")


def draw_funnel(axes: Axes, tables: Tables) -> None:
    steps = charts.device_steps(tables)
    sns.barplot(
        steps,
        x="share",
        y="device_type",
        hue="step",
        palette=dict(zip(charts.STEPS, STEP_COLOURS, strict=True)),
        saturation=1,
        ax=axes,
    )
    for bars in axes.containers:
        shares = [text(share, "percent") for share in bars.datavalues]
        axes.bar_label(bars, labels=shares, padding=4, fontsize=9)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlabel="Share of impressions", ylabel="")
    _legend(axes)


def draw_ends(axes: Axes, tables: Tables) -> None:
    shares = first_against_last(tables).head(charts.MAX_BARS)
    colours = report_colours(tables)
    ends = pd.concat(
        shares[["ad_platform", *(f"share_{end}{limit}" for limit in ("_low", "", "_high"))]]
        .set_axis(["ad_platform", "low", "share", "high"], axis="columns")
        .assign(marker=marker, place=np.arange(len(shares)) + shift)
        for end, marker, shift in (("first", "o", -0.17), ("last", "s", 0.17))
    )
    _intervals(
        axes,
        shares["ad_platform"],
        ends[["low", "share", "high"]],
        [colours[name] for name in ends["ad_platform"]],
        list(ends["marker"]),
        list(ends["place"]),
    )
    for marker, label in zip("os", charts.ENDS, strict=True):
        axes.scatter([], [], marker=marker, color=TEXT, label=label)
    _legend(axes)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlabel="Share of attributed conversions", xlim=(0, None))


def draw_audience(axes: Axes, tables: Tables) -> None:
    groups = audience_groups(tables)
    groups = groups[groups["clicks"] >= charts.MIN_CLICKS]
    rates = groups.pivot(index="gender", columns="age_band", values="cvr")
    rates = rates[charts.by_age(rates.columns)]
    sns.heatmap(
        rates,
        vmin=0,
        annot=True,
        fmt=".1%",
        cmap=LinearSegmentedColormap.from_list("rates", SEQUENTIAL),
        cbar=False,
        linewidths=2,
        ax=axes,
    )
    axes.set(xlabel="Age", ylabel="")
    axes.set_xticklabels(map(_cut, rates.columns))
    axes.set_yticklabels(map(_cut, rates.index), rotation=0)


def draw_elbow(axes: Axes, tables: Tables) -> None:
    rows = tables["segment_selection"]
    sns.lineplot(rows, x="k", y="inertia", color=MUTED, linewidth=2, ax=axes)
    sizes = np.where(rows["is_selected"].fillna(False), 140, 30)
    axes.scatter(rows["k"], rows["inertia"], s=sizes, color=ACCENT, zorder=3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="Number of segments", ylabel="Inertia", ylim=(0, None))


def draw_segments(axes: Axes, tables: Tables) -> None:
    users, centres, names = charts.segment_positions(tables)
    colours = dict(zip(centres["persona"], charts.segment_colours(len(centres)), strict=True))
    for persona, colour in colours.items():
        places = users[users["persona"] == persona]
        axes.scatter(
            places["x"], places["y"], s=18 * places["users"] ** 0.8, color=colour, alpha=0.35,
            linewidths=0,
        )  # fmt: skip
        centre = centres[centres["persona"] == persona]
        axes.scatter(
            centre["x"], centre["y"], s=150, color=colour, marker="D", edgecolor="white",
            label=_cut(persona), zorder=3,
        )  # fmt: skip
    axes.set(
        xlabel=f"{names[0]} (standard deviations from average)",
        ylabel=f"{names[1]} (standard deviations from average)",
    )
    _legend(axes)


def _figure(chart: Chart, rows: int, draw: Callable[[Axes], None]) -> Figure:
    """A figure with the chart's title, basis and source; its message where there is no data."""
    height = 1.9 + 0.36 * max(rows, 3)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    simulated = " (simulated money)" if chart.is_simulated else ""
    figure.suptitle(f"{chart.title}{simulated}", x=0.015, ha="left", fontsize=13, fontweight="bold")
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
    labels: pd.Series,
    limits: pd.DataFrame,
    colours: list[str],
    markers: list[str],
    places: list[float] | None = None,
) -> None:
    """A point with its interval for each row of limits (low, value, high), from the top down."""
    places = places or list(range(len(limits)))
    rows = zip(limits.to_numpy(dtype=float), colours, markers, places, strict=True)
    for (low, value, high), colour, marker, place in rows:
        axes.plot([low, high], [place, place], color=colour, linewidth=3, alpha=0.45)
        axes.scatter([value], [place], color=colour, marker=marker, s=70, zorder=3)
    axes.set_yticks(range(len(labels)), [_cut(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)


def _cut(label: str) -> str:
    return label if len(label) <= 40 else f"{label[:39]}…"


def _legend(axes: Axes) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, title=None,
        borderaxespad=0, handletextpad=0.4,
    )  # fmt: skip
