"""How fast `crlm` is, and against what: one table.  `python -m benchmarks`

Everything is CPU time (of one process, or of a command with all its processes), the median of interleaved repetitions,
kernels compiled beforehand; wall time only where it says so. Parts:

    fields    one simulated hour of a field, against NumPy, SciPy, py-pde and a copy of the array
    motile    crawling agents, against plain Mesa
    searching T cells in the tissue
    agents    all rules, against plain Mesa
    whole     seconds and peak memory of whole runs, and cost per site against size
    threads   one and two of them
    startup   `--help`, first step, first compile
    movie     frames per second
    batch     what a batch adds to its runs

`python -m benchmarks.solver_table` shows error against cost of the field solver in detail, and
`python -m benchmarks.passage_table` what passes through the liver. The kernels one by one: `pytest benchmarks -n 0`.
"""

import argparse
import datetime
import sys
from collections.abc import Callable
from pathlib import Path

from . import agents, field_hour, startup, whole
from .timing import REPEATS, Table, child, machine

PARTS = ("fields", "motile", "searching", "agents", "whole", "threads", "startup", "movie", "batch")
_RUNS, _QUICK_RUNS = 400, 60  # of a batch
_QUICK_DAYS, _QUICK_MM2, _QUICK_AGENTS, _QUICK_SIDES = 1.0, (1, 4), (1_000, 10_000), (200,)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help="only these parts")
    parser.add_argument("--quick", action="store_true", help="small sizes and single days: a few minutes")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"repetitions ({REPEATS})")
    parser.add_argument("--mm2", type=int, nargs="+", help="sizes of whole runs (1 4 25 100 400)")
    parser.add_argument("--days", type=float, help="simulated days of whole runs (14)")
    parser.add_argument("--agents", type=int, nargs="+", help="numbers of agents (1000 10000 100000)")
    parser.add_argument("--sides", type=int, nargs="+", help="sides of the lattices of fields, in sites (200 1000)")
    parser.add_argument("-o", "--output", type=Path, help="a Markdown file to write, besides printing it")
    asked = parser.parse_args()
    usual = (
        (_QUICK_MM2, _QUICK_DAYS, _QUICK_AGENTS, _QUICK_SIDES)
        if asked.quick
        else (whole.SIZES, 14.0, agents.SIZES, (200, 1000))
    )
    for name, value in zip(("mm2", "days", "agents", "sides"), usual, strict=True):
        if getattr(asked, name) is None:
            setattr(asked, name, value)
    return asked


def measure_fields(table: Table, sides: tuple[int, ...], repeats: int) -> None:
    field_hour.measure_cycles(table, sides, repeats)
    field_hour.measure(table, sides, repeats)


def measure_batch(table: Table, runs: int) -> None:
    table.group("batch")
    for line in child(["-m", "benchmarks.batch_overhead", str(runs)]).said.splitlines():
        said, _, aim = line.partition(" (aim: ")
        what, _, measured = said.rpartition(": ")
        table.add(what or "altogether", measured, "", aim.partition(")")[0])


def main() -> None:
    asked, table = arguments(), Table()
    repeats = asked.repeats
    parts: dict[str, Callable[[], None]] = {
        "fields": lambda: measure_fields(table, tuple(asked.sides), repeats),
        "motile": lambda: agents.measure_motile(table, tuple(asked.agents), repeats),
        "searching": lambda: agents.measure_searching(table, repeats),
        "agents": lambda: agents.measure(table, tuple(asked.agents), repeats),
        "whole": lambda: whole.measure(table, tuple(asked.mm2), asked.days, repeats),
        "threads": lambda: whole.measure_threads(table, repeats=repeats),
        "startup": lambda: startup.measure(table, repeats),
        "movie": lambda: startup.measure_movie(table, repeats),
        "batch": lambda: measure_batch(table, _QUICK_RUNS if asked.quick else _RUNS),
    }
    for name in asked.only:
        print(f"{name} ...", file=sys.stderr, flush=True)
        parts[name]()
    text = (
        f"# Benchmarks\n\n`{' '.join(['python -m benchmarks', *sys.argv[1:]])}`, {datetime.date.today().isoformat()}.\n"
        f"{machine()}.\n\nCPU time, kernels compiled, medians of {repeats} interleaved repetitions, unless it says otherwise. "
        f"*Relative* is to `crlm`'s own figure above, where nothing else is said.\n\n{table.markdown()}"
    )
    print(text)
    if asked.output is not None:
        asked.output.parent.mkdir(parents=True, exist_ok=True)
        asked.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
