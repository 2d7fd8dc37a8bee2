"""AutoETS in an environment of its own: python bench/lib/autoets.py HISTORIES RESULT.

HISTORIES: JSON with `ahead` and a list of `histories`, daily values each. Writes the forecasts, and
the CPU seconds without imports.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from statsforecast.models import AutoETS

WEEK = 7

if __name__ == "__main__":
    histories, result = map(Path, sys.argv[1:])
    asked = json.loads(histories.read_text("utf-8"))
    start = time.process_time()
    forecasts = [
        np.maximum(AutoETS(season_length=WEEK).forecast(y=np.array(y), h=asked["ahead"])["mean"], 0)
        for y in asked["histories"]
    ]
    spent = time.process_time() - start
    found = {"forecasts": [list(map(float, values)) for values in forecasts], "cpu": spent}
    result.write_text(json.dumps(found), "utf-8")
