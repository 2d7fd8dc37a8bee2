"""Wall time, CPU time and peak memory of one step of this process."""

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
Step = dict[str, str | float]

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def measure(steps: list[Step], name: str, run: Callable[[], Result]) -> Result:
    """What `run` returns; adds name, wall and cpu (s) and peak_mb (resident) to the steps.

    On Linux the peak is the step's own; elsewhere that of the process so far.
    """
    if RESET.exists():
        RESET.write_text("5")
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    steps.append({"name": name, **spent, "peak_mb": _peak_mb()})
    return result


def _peak_mb() -> float:
    if STATUS.exists():
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
