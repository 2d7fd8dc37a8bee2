"""The figures: the page's numbers and titles, the same bytes for the same data."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import report_tables
from report_tables import as_rows
from social_roi.report.facts import ranked_by_roi
from social_roi.report.figures import (
    draw_elbow,
    draw_ends,
    draw_funnel,
    draw_returns,
    write_figures,
)
from social_roi.report.palette import PLATFORMS
from social_roi.report.types import Tables

pytestmark = pytest.mark.build

NAMES = {
    "roi_by_platform",
    "funnel_by_device",
    "first_and_last_touch",
    "demographics",
    "elbow",
    "segments",
    "forecast",
    "budget",
}


@pytest.fixture(scope="module")
def tables(demo_database: Path) -> Tables:
    return as_rows(report_tables.demo_tables(demo_database))


@pytest.fixture(scope="module")
def written(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_figures(tables, tmp_path_factory.mktemp("figures"))


def drawn(draw: Callable[[Axes, Tables], None], tables: Tables) -> Axes:
    axes = Figure().subplots()
    draw(axes, tables)
    return axes


def points(axes: Axes) -> np.ndarray:
    """Places of all markers, in the order drawn."""
    return np.concatenate([marks.get_offsets() for marks in axes.collections])


def test_every_figure_comes_as_png_for_slides_and_as_svg(written: list[Path]) -> None:
    assert {(path.stem, path.suffix) for path in written} == {
        (name, suffix) for name in NAMES for suffix in (".png", ".svg")
    }
    for path in written:
        if path.suffix == ".png":
            width, height = struct.unpack(">II", path.read_bytes()[16:24])
            assert width >= 1_900
            assert 0.2 < height / width < 1


def test_equal_tables_give_equal_bytes(written: list[Path], tables: Tables, tmp_path: Path) -> None:
    again = write_figures(tables, tmp_path)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


def test_roi_is_drawn_at_the_value_of_its_row_in_the_platforms_colour(tables: Tables) -> None:
    rows = ranked_by_roi(tables, "rpt_platform_roi")
    axes = drawn(draw_returns, tables)
    assert points(axes)[: len(rows), 0].tolist() == pytest.approx([row["roi"] for row in rows])
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [row["ad_platform"] for row in rows]
    lines = [line for line in axes.lines if len(set(line.get_ydata())) == 1]
    assert [line.get_color() for line in lines] == [PLATFORMS[name] for name in names]
    limits = [tuple(line.get_xdata()) for line in lines]
    assert limits == [(row["roi_low"], row["roi_high"]) for row in rows]


def test_funnel_bars_are_as_long_as_their_counts(tables: Tables) -> None:
    axes = drawn(draw_funnel, tables)
    devices = {row["device_type"]: row for row in tables["rpt_device_funnel"]}
    names = [label.get_text() for label in axes.get_yticklabels()]
    conversions = axes.containers[2].datavalues
    assert conversions == pytest.approx(
        [
            devices[name]["conversions"] - devices[name]["conversions_without_click"]
            for name in names
        ]
    )


def test_first_and_last_touch_are_not_the_same_picture(tables: Tables) -> None:
    axes = drawn(draw_ends, tables)
    platforms = len(axes.get_yticks())
    first, last = np.split(points(axes)[: 2 * platforms, 0], 2)
    assert first.sum() == pytest.approx(1)
    assert last.sum() == pytest.approx(1)
    assert abs(first - last).max() > 0.1


def test_the_elbow_marks_the_number_of_segments_used(tables: Tables) -> None:
    axes = drawn(draw_elbow, tables)
    sizes = axes.collections[-1].get_sizes()
    rows = tables["segment_selection"]
    assert list(sizes == sizes.max()) == [row["is_selected"] for row in rows]


@pytest.mark.parametrize("variant", [report_tables.empty_tables, report_tables.hostile_tables])
def test_empty_tables_and_odd_names_give_figures_too(
    variant: Callable[[report_tables.Tables], report_tables.Tables],
    demo_database: Path,
    tmp_path: Path,
) -> None:
    tables = as_rows(variant(report_tables.demo_tables(demo_database)))
    assert len(write_figures(tables, tmp_path)) == 2 * len(NAMES)
