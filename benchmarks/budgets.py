"""What a run costs: fields, agents, the whole model, start-up. `python -m benchmarks.budgets`

CPU seconds of one process (other users of the machine disturb them little), medians of interleaved repetitions,
compile time apart. `--full` runs the whole section of one square centimetre to its end instead of a day of it.
"""

import argparse
import platform
import statistics
import subprocess
import sys
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from abm import LiverModel, load_config
from abm.config.loading import shipped_configs
from abm.fields.solver import DiffusionSolver
from abm.rules.migration import crawl

REPEATS = 5


def cpu(function, *arguments) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


def field_cost(size: int) -> tuple[float, float]:
    """ns per site and V-cycle, and cycles per step, of TNF around 1 % of the sites as sources that come and go."""
    random = np.random.default_rng(1)
    solver = DiffusionSolver((size, size), spacing_um=10.0, periodic=True, diffusion_um2_per_s=20.0, step_s=300.0)
    sink = np.where(random.random((size, size)) < 0.3, 0.02, 0.0).astype(np.float32) + np.float32(0.12 / 3600)
    solver.set_sink(sink)
    values = np.zeros((size, size), np.float32)
    source = np.zeros((size, size), np.float32)
    costs, cycles = [], 0
    for step in range(60):
        if step % 12 == 0:
            source[:] = np.where(random.random((size, size)) < 0.01, 0.02, 0.0)
        start = time.process_time()
        used = solver.advance(values, source)
        if step > 0:
            costs.append((time.process_time() - start) / used / values.size * 1e9)
            cycles += used
    return statistics.median(costs), cycles / len(costs)


def neutrophil_cost(cells_wanted: int) -> float:
    """ns per neutrophil and step: one move with a look at the neighbours and chemotaxis (10 um/min, steps of 1 min)."""
    mm = max(1.0, (cells_wanted / 700.0) ** 0.5)
    model = LiverModel(
        step="1 min", tissue={"width": f"{mm:.2f} mm", "height": f"{mm:.2f} mm"},
        cells={"neutrophil": {"density": f"{cells_wanted / mm**2:.1f} /mm^2"}})
    cells, key = model.neutrophil, model.key("migration")
    chemokine = np.random.default_rng(1).random(model.shape).astype(np.float32)
    p = model.config.rules.migration

    def step(n: int) -> None:
        crawl(cells.rows, model.sites, key, n, cells.order(key, n), p.neutrophil_speed, model.spacing_um,
              p.neutrophil_speed * p.neutrophil_persistence * 60.0, chemokine, p.chemotaxis)

    step(0)
    return statistics.median(cpu(step, n) for n in range(1, 4 * REPEATS)) / cells.count * 1e9


def whole_model(config_name: str, days: float, overrides: tuple[str, ...] = ()) -> tuple[float, float, int]:
    """CPU seconds of `days` of a shipped config without output, seconds to build it, and its number of sites."""
    config = load_config(shipped_configs() / config_name, overrides)
    start = time.process_time()
    model = LiverModel(config)
    built = time.process_time() - start
    steps = round(days * 24.0 / config.step)
    start = time.process_time()
    for _ in range(steps):
        model.step()
    return time.process_time() - start, built, model.shape[0] * model.shape[1]


def help_seconds() -> float:
    """Wall seconds of `crlm --help`, best of five."""
    def once() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "abm.cli", "--help"], check=True, capture_output=True)
        return time.perf_counter() - start

    return min(once() for _ in range(REPEATS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="run one square centimetre for all 14 days")
    full = parser.parse_args().full
    console = Console(width=120)
    table = Table(title=f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one thread")
    for column in ("what", "measured", "budget"):
        table.add_column(column)

    warm = LiverModel(load_config(shipped_configs() / "quickstart.yaml"))
    for _ in range(300):
        warm.step()
    for size in (200, 1000):
        cost, cycles = field_cost(size)
        per_step = f"{cost:.1f} ns per site and V-cycle, {cycles:.2f} cycles per step"
        table.add_row(f"field, {size} x {size} sites", per_step, "8 ns, 2 cycles")
    for cells in (1_000, 10_000, 100_000):
        table.add_row(f"motile agent, {cells:,} neutrophils", f"{neutrophil_cost(cells):.0f} ns per step of one move", "120 ns")
    seconds, built, sites = whole_model("mouse_splenic_injection.yaml", 14.0)
    small = seconds / sites / 14.0
    table.add_row("4 mm2, 14 d, all rules, no output", f"{seconds:.1f} s (and {built:.1f} s to build)", "20 s")
    days = 14.0 if full else 1.0
    seconds, built, sites = whole_model("mouse_whole_section.yaml", days, ("rules.arrival.enrichment=14",))
    table.add_row(f"1 cm2, {days:g} d, same density of cells", f"{seconds:.0f} s (and {built:.1f} s to build)", f"{600 * days / 14:.0f} s")
    if full:
        table.add_row("cost per site, 1 cm2 against 4 mm2", f"{seconds / sites / days / small:.2f}", "1.3")
    table.add_row("crlm --help", f"{help_seconds():.2f} s", "0.3 s")
    console.print(table)


if __name__ == "__main__":
    main()
