"""Wilson intervals are computed in SQL (models), Python (answers) and Vega (page)."""

import re

import duckdb
import jinja2
import pytest
import vl_convert

from social_roi.dbt_runner import PROJECT
from social_roi.report.audience import wilson, wilson_transform

TRIALS = (0, 1, 2, 7, 100, 1_234, 10**6, 10**9)
GRID = [
    (successes, trials)
    for trials in TRIALS
    for successes in sorted({0, 1, trials // 3, trials // 2, trials - 1, trials, trials + 1})
    if successes >= 0
]
RATES = [(successes, trials) for successes, trials in GRID if 0 < trials >= successes]
Limits = tuple[float, float] | tuple[None, None]


def of_the_models() -> list[Limits]:
    macros = jinja2.Environment().from_string((PROJECT / "macros" / "intervals.sql").read_text())
    low, high = (macros.module.wilson("successes", "trials", side) for side in ("low", "high"))
    return [
        duckdb.sql(
            f"select {low}, {high} from (select {s} as successes, {n} as trials)"
        ).fetchall()[0]
        for s, n in GRID
    ]


def of_the_page() -> list[Limits]:
    """As Vega itself computes and draws them, for rates up to 1."""
    rows = [{"row": row, "cvr": s / n, "clicks": n} for row, (s, n) in enumerate(RATES)]
    spec = {
        "data": {"values": rows},
        "transform": [
            *wilson_transform(),
            {
                "calculate": "datum.row + '|' + format(datum.low, '.15f') + '|'"
                " + format(datum.high, '.15f')",
                "as": "text",
            },
        ],
        "mark": "text",
        "encoding": {"text": {"field": "text"}, "y": {"field": "row", "type": "ordinal"}},
    }
    drawn = vl_convert.vegalite_to_svg(spec, vl_version="6.4")
    found = re.findall(r">(\d+)\|([^|<]+)\|([^|<]+)<", drawn)
    limits = {int(row): (number(low), number(high)) for row, low, high in found}
    return [limits[row] for row in range(len(RATES))]


def number(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


def test_models_and_answers_agree_also_on_what_is_no_rate() -> None:
    for counts, expected in zip(GRID, of_the_models(), strict=True):
        found = wilson(*counts)
        assert (found[0] is None) == (counts not in RATES), counts
        assert found == pytest.approx(expected, abs=1e-12), counts


def test_page_and_answers_agree() -> None:
    assert len(RATES) > 30
    for counts, expected in zip(RATES, of_the_page(), strict=True):
        assert wilson(*counts) == pytest.approx(expected, abs=1e-12), counts
