"""Wall time and CPU time (s) and peak memory (resident, MB): of a step, or of a whole process."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
Step = dict[str, str | float]

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
UNITS_PER_MB = 2**20 if sys.platform == "darwin" else 2**10


def measure(steps: list[Step], name: str, run: Callable[[], Result]) -> Result:
    """What `run` returns; adds name, wall, cpu and peak_mb to the steps.

    On Linux the peak is the step's own; elsewhere that of the process so far.
    """
    if RESET.exists():
        RESET.write_text("5")
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    steps.append({"name": name, **spent, "peak_mb": _peak_mb()})
    return result


def measure_process(
    steps: list[Step], name: str, command: list[str], environment: Mapping[str, str] = os.environ
) -> None:
    """Run a command and add name, wall, cpu and peak_mb; ends with what it printed if it fails."""
    wall = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    printed = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{name} failed:\n{printed[-2000:]}")
    spent = {"wall": time.perf_counter() - wall, "cpu": used.ru_utime + used.ru_stime}
    steps.append({"name": name, **spent, "peak_mb": used.ru_maxrss / UNITS_PER_MB})


def show(steps: Sequence[Step]) -> None:
    """A line for each step."""
    for step in steps:
        print(
            f"{step['name']:34} wall {step['wall']:>8.2f} s   cpu {step['cpu']:>8.2f} s"
            f" {step['peak_mb']:>8.0f} MB"
        )


def _peak_mb() -> float:
    if STATUS.exists():
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNITS_PER_MB
