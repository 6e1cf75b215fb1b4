"""How things are timed: CPU seconds, interleaved repetitions, medians; and the table in which they are shown."""

import gc
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

REPEATS = 5


def cpu(action: Callable[[], object]) -> float:
    """CPU seconds of one call, of this process alone: other users of the machine disturb them little."""
    start = time.process_time()
    action()
    return time.process_time() - start


def interleaved(cases: dict[str, Callable], repeats: int = REPEATS) -> dict:
    """The median of what each case returns (a number, or an array of them); the cases take turns, so that a slow moment
    of the machine hits them all."""
    found: dict[str, list] = {name: [] for name in cases}
    for _ in range(repeats):
        for name, case in cases.items():
            gc.collect()
            found[name].append(case())
    return {name: np.median(values, axis=0) for name, values in found.items()}


@dataclass(frozen=True)
class Spent:
    """What a finished process used: CPU seconds (its children's too), wall seconds, and what it printed."""

    cpu: float
    wall: float
    said: str


def child(arguments: list[str], **environment: str) -> Spent:
    """Run `python ARGUMENTS` to its end; raises CalledProcessError with what it complained of."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        done.check_returncode()
    return Spent(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, done.stdout)


class Table:
    """Rows of: what, measured, how many times what crlm needs (or what it is relative to), target."""

    columns = ("what", "measured", "relative", "target")

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []

    def group(self, title: str) -> None:
        self.rows.append((f"**{title}**", "", "", ""))

    def add(self, what: str, measured: str, relative: str = "", target: str = "") -> None:
        self.rows.append((what, measured, relative, target))
        print(f"  {what}: {measured} {f'({relative})' if relative else ''}", file=sys.stderr, flush=True)

    def markdown(self) -> str:
        lines = [f"| {' | '.join(row)} |" for row in (self.columns, ("---",) * 4, *self.rows)]
        return "\n".join(lines) + "\n"


def machine() -> str:
    """One sentence about where the table was made."""
    import numba
    import numpy
    import psutil
    import scipy

    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as lines:
            name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass
    memory = psutil.virtual_memory().total / 1e9
    return (
        f"{name}, {os.cpu_count()} processors, {memory:.0f} GB; {platform.system()}, Python {platform.python_version()}, "
        f"NumPy {numpy.__version__}, SciPy {scipy.__version__}, numba {numba.__version__}"
    )


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def times(value: float) -> str:
    """A ratio, in two or three digits."""
    if value < 0.1:
        return f"1/{1 / value:.0f}"
    return f"{value:.2f}×" if value < 10 else f"{value:.0f}×"
