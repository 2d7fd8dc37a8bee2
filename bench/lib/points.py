"""How close the point forecasts are: by rolling origins, beside last week again and AutoETS."""

import json
import subprocess
import time
import venv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib import results
from social_roi.errors import UserError
from social_roi.solvers.combined import LEVEL_DAYS, SEASON, combined

LIB = Path(__file__).parent
AHEAD = 28
LEAST_KNOWN = 28
ORIGINS = 8  # a week apart; of more than two years 20, spread over all of it
SEVERAL_YEARS = 800
OURS, NAIVE, PEER = "combined", "last week again", "AutoETS"


class Origin(NamedTuple):
    """A history, and what came after it."""

    series: str
    known: np.ndarray
    came: np.ndarray


def origins(series: dict[str, np.ndarray]) -> list[Origin]:
    """The newest first, each with 28 days known and 28 days to come at least."""
    found = []
    for name, values in series.items():
        days = len(values)
        count, step = ORIGINS, SEASON
        if days > SEVERAL_YEARS:
            count = 20
            step = (days - AHEAD - LEAST_KNOWN) // count // SEASON * SEASON
        ends = [days - AHEAD - step * back for back in range(count)]
        for end in ends:
            known = values[: max(end, 0)]
            # a scale of 0 says nothing: nothing has ever changed
            if len(known) >= LEAST_KNOWN and np.abs(known[SEASON:] - known[:-SEASON]).sum() > 0:
                found.append(Origin(name, known, values[end : end + AHEAD]))
    return found


def of_folder(folder: Path) -> dict[str, np.ndarray]:
    """Daily series of CSV files: a column `date`, and any of spend, revenue and conversions."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        table = pd.read_csv(path, parse_dates=["date"]).set_index("date").sort_index()
        for measure in table.columns.intersection(["spend", "revenue", "conversions"]):
            found[f"{path.stem} {measure}"] = table[measure].asfreq("D").fillna(0).to_numpy(float)
    if not found:
        raise UserError(f"{folder}: no CSV file with date and spend, revenue or conversions")
    return found


def errors(series: dict[str, np.ndarray], with_peer: bool) -> dict[str, float]:
    """By method: MASE at 28 days, the mean over the series. And counts, and CPU ms a forecast.

    MASE: the mean absolute miss of a day, in units of the mean change of a day from the same
    weekday of the week before, in the history.
    """
    made = origins(series)
    start = time.process_time()
    forecasts = {OURS: [_ours(one.known) for one in made]}
    cpu = {OURS: time.process_time() - start}
    forecasts[NAIVE] = [np.resize(one.known[-SEASON:], AHEAD) for one in made]
    if with_peer:
        forecasts[PEER], cpu[PEER] = _peer([one.known for one in made])
    scales = [np.abs(one.known[SEASON:] - one.known[:-SEASON]).mean() for one in made]
    names = [one.series for one in made]
    found: dict[str, float] = {"series": len(set(names)), "origins": len(made)}
    by_series = {}
    for method, expected in forecasts.items():
        misses = [
            np.abs(values - one.came).mean() / scale
            for values, one, scale in zip(expected, made, scales, strict=True)
        ]
        by_series[method] = pd.Series(misses).groupby(names).mean()
        found[f"MASE, {method}"] = float(by_series[method].mean())
    found["share of series nearer than last week"] = float(
        (by_series[OURS] < by_series[NAIVE]).mean()
    )
    found |= {f"CPU ms a forecast, {method}": 1000 * s / len(made) for method, s in cpu.items()}
    return found


def _ours(known: np.ndarray) -> np.ndarray:
    padded = np.concatenate([np.zeros(LEVEL_DAYS), known])[-LEVEL_DAYS:]
    days = min(len(known), LEVEL_DAYS)
    return combined(padded[np.newaxis], np.array([days]), AHEAD)[0]


def _peer(histories: list[np.ndarray]) -> tuple[list[np.ndarray], float]:
    """The forecasts of statsforecast's AutoETS, and its CPU seconds.

    It comes from the package index into an environment of its own, as it needs an older pandas.
    """
    folder = results.FOLDER / "statsforecast"
    python = folder / "bin" / "python"
    if not python.exists():
        print("installing statsforecast (once) ...", flush=True)
        venv.create(folder, with_pip=True)
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    _run([*command, "--require-hashes", "-r", LIB / "statsforecast.lock"])
    asked, told = results.FOLDER / "histories.json", results.FOLDER / "autoets.json"
    asked.write_text(
        json.dumps({"ahead": AHEAD, "histories": [list(known) for known in histories]}), "utf-8"
    )
    _run([python, LIB / "autoets.py", asked, told])
    found = json.loads(told.read_text("utf-8"))
    asked.unlink()
    told.unlink()
    return [np.array(values) for values in found["forecasts"]], found["cpu"]


def _run(command: list[Path | str]) -> None:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise UserError(f"AutoETS: {said[-1]}; --no-peer leaves it out")
