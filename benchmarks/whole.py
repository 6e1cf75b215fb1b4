"""The whole model: seconds, memory, cost per site against size, threads. Every run is a process of its own."""

import json
import statistics

from .timing import REPEATS, Table, child, seconds, times

SIZES = (1, 4, 25, 100, 400)
_LARGE = 25  # mm2, from which one run must do: they last minutes
_NO_OUTPUT_ABOVE = 100
_TARGETS = {4: "8 s", 100: "180 s, 1 GB"}
_THREADS_MM2, _THREADS_DAYS = 4, 2.0


def one_run(mm2: float, days: float, *more: str) -> dict:
    return json.loads(child(["-m", "benchmarks.one_run", f"--mm2={mm2}", f"--days={days}", *more]).said)


def measure(table: Table, sizes: tuple[int, ...] = SIZES, days: float = 14.0, repeats: int = REPEATS) -> None:
    one_run(1, 2.0, "--output")  # compiles
    cases = [(mm2, output) for mm2 in sizes for output in (False, True) if not (output and mm2 > _NO_OUTPUT_ABOVE)]
    found: dict[tuple, list[dict]] = {case: [] for case in cases}
    for repeat in range(repeats):
        for mm2, output in cases:
            if repeat == 0 or mm2 < _LARGE:
                found[mm2, output].append(one_run(mm2, days, *(["--output"] if output else [])))
    table.group(f"whole model, {days:g} d, all rules, one thread: CPU time and peak memory")
    costs = {}
    for (mm2, output), runs in found.items():
        middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        kept = "tables and snapshots" if output else "no output"
        once = f", {len(runs)} run{'s' if len(runs) > 1 else ''}"
        memory = f"{middle['bytes'] / 1e9:.2f} GB"
        target = _TARGETS.get(mm2, "") if not output and days == 14.0 else ""
        table.add(f"{mm2} mm², {kept}{once}", f"{seconds(middle['cpu'])}, {memory}", "", target)
        if not output:
            costs[mm2] = middle["cpu"] / middle["sites"] / middle["steps"] * 1e9
            if mm2 == max(sizes):
                table.add(f"{mm2} mm², to build", seconds(middle["build"]))
    table.group("cost per site and step, against that at 4 mm²")
    for mm2, cost in costs.items():
        relative = times(cost / costs[4]) if 4 in costs else ""
        table.add(f"{mm2} mm²", f"{cost:.1f} ns", relative, "0.85–1.15×" if mm2 >= 4 else "")


def measure_threads(
    table: Table, mm2: float = _THREADS_MM2, days: float = _THREADS_DAYS, repeats: int = REPEATS
) -> None:
    """Wall time: meaningful on a machine with nothing else to do."""
    found: dict[int, list[dict]] = {1: [], 2: []}
    for _ in range(repeats):
        for threads, runs in found.items():
            runs.append(one_run(mm2, days, f"--threads={threads}"))
    table.group(f"threads: {mm2:g} mm², {days:g} d, no output, wall time")
    middle = {threads: statistics.median(run["wall"] for run in runs) for threads, runs in found.items()}
    for threads, wall in middle.items():
        table.add(f"{threads} thread{'s' if threads > 1 else ''}", seconds(wall), times(wall / middle[1]))
