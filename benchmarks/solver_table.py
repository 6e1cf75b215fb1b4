"""Error against cost of the field solver, and of one locally one-dimensional (LOD) Thomas step, the scheme of BioFVM.

    python -m benchmarks.solver_table [SIDE ...]

Errors are largest errors as fractions of the peak around one source switched on in tissue with the mean sink, against
the exact solution in time of the same stencil (nine points here, five for LOD), which cosine modes give: that is what
the step and the iteration do wrong. Cycles, times and convergence are measured among sinusoids (washout at 30 % of the
sites) while one cell in a hundred starts or stops secreting in each step. Times are CPU time of one core, the best of
some repeats, without compilation.
"""

import sys
import time

import numpy as np
import scipy.fft

from abm.fields import multigrid
from abm.fields.solver import DiffusionSolver, decay_length_um
from abm.kernels.jit import jit

HOUR, STEP, SPACING, PERFUSED = 3600.0, 300.0, 10.0, 0.3
FIELDS = {  # diffusion um2/s, decay 1/s, exchange at perfused sites 1/s
    "tnf": (20.0, 0.12 / HOUR, 0.02),
    "tgf_beta": (26.0, 0.35 / HOUR, 0.02),
    "cxcl1": (50.0, 0.7 / HOUR, 0.02),
    "vegf": (10.0, 0.94 / HOUR, 0.02),
    "tnf, no washout": (20.0, 0.12 / HOUR, 0.0),
    "tgf_beta, no washout": (26.0, 0.35 / HOUR, 0.0),
    "cxcl1, no washout": (50.0, 0.7 / HOUR, 0.0),
    "vegf, no washout": (10.0, 0.94 / HOUR, 0.0),
    "lactate": (700.0, 0.0, 0.02),
    "oxygen": (1670.0, 0.5, 10.0),
}

HEADER = """\
                                                                     backward Euler,          one LOD step
                                  fitted cycles    ns per site  conv.  error (%) after       ns per error (%) after
field                  side length  step,  per   per    per     factor  5 min    1 h steady    site  5 min    1 h steady
                                um     s   step  cycle  step"""


@jit
def thomas(lines, own, coupling):
    """Solve (own - coupling * second difference) x = line in place along the first axis of `lines`, zero flux."""
    n, m = lines.shape
    upper = np.empty(n, np.float32)
    upper[0] = coupling / (own + coupling)
    for j in range(m):
        lines[0, j] /= own + coupling
    for i in range(1, n):
        neighbours = np.float32(2.0) if i < n - 1 else np.float32(1.0)
        inverse = np.float32(1.0) / (own + neighbours * coupling - coupling * upper[i - 1])
        upper[i] = coupling * inverse
        for j in range(m):
            lines[i, j] = (lines[i, j] + coupling * lines[i - 1, j]) * inverse
    for i in range(n - 2, -1, -1):
        for j in range(m):
            lines[i, j] += upper[i] * lines[i + 1, j]


def lod_step(values, source, diffusion, sink):
    """One LOD step of backward Euler with half of the sink in each direction; returns the new values."""
    own, coupling = np.float32(1 + STEP * sink / 2), np.float32(STEP * diffusion / SPACING**2)
    values = values + np.float32(STEP) * source
    thomas(values, own, coupling)
    turned = np.ascontiguousarray(values.T)
    thomas(turned, own, coupling)
    return np.ascontiguousarray(turned.T)


def exact(source, diffusion, sink, points, seconds):
    """Values `seconds` after the source was switched on, on the lattice with nine or five points."""
    y, x = (2 - 2 * np.cos(np.arange(size) * np.pi / size) for size in source.shape)
    symbol = y[:, None] + x[None, :] - (y[:, None] * x[None, :] / 6 if points == 9 else 0.0)
    rate = sink + diffusion / SPACING**2 * symbol
    return scipy.fft.idctn(-np.expm1(-rate * seconds) / rate * scipy.fft.dctn(source.astype(float)))


def relative_error(values, expected):
    return float(np.abs(values - expected).max() / expected.max())


def best_time(action, repeats):
    """CPU seconds of one call of `action`, the least of several groups of calls."""
    action()
    times = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(repeats):
            action()
        times.append((time.process_time() - start) / repeats)
    return min(times)


def make(side, diffusion, sink):
    solver = DiffusionSolver(
        (side, side), spacing_um=SPACING, periodic=False, diffusion_um2_per_s=diffusion, step_s=STEP
    )
    solver.set_sink(np.broadcast_to(np.float32(sink), (side, side)).copy())
    return solver


def errors(side, diffusion, sink):
    """Errors after 5 min, 1 h and in the steady state: of the solver, and of LOD."""
    source = np.zeros((side, side), np.float32)
    source[side // 2, side // 2] = 1.0
    solver, values, by_lines = make(side, diffusion, sink), np.zeros_like(source), np.zeros_like(source)
    ours, lines = [], []
    for step in range(1, 13):
        solver.advance(values, source)
        by_lines = lod_step(by_lines, source, diffusion, sink)
        if step in (1, 12):
            ours.append(relative_error(values, exact(source, diffusion, sink, 9, step * STEP)))
            lines.append(relative_error(by_lines, exact(source, diffusion, sink, 5, step * STEP)))
    by_lines = exact(source, diffusion, sink, 5, np.inf).astype(np.float32)
    solver.steady(values, source)
    ours.append(relative_error(values, exact(source, diffusion, sink, 9, np.inf)))
    for _ in range(40):
        by_lines = lod_step(by_lines, source, diffusion, sink)
    lines.append(relative_error(by_lines, exact(source, diffusion, sink, 5, np.inf)))
    return ours, lines


def convergence(solver, source):
    """Mean factor by which one cycle reduces the largest error, from the second to the fifth cycle."""
    values, history = np.zeros_like(source), []
    for _ in range(12):
        multigrid.v_cycle(values, source, solver._sink, np.float32(1 / solver.fitted_step_s), solver._grid)
        history.append(values.copy())
    left = [np.abs(state - history[-1]).max() for state in history]
    return float((left[4] / left[1]) ** (1 / 3))


def row(name, side, diffusion, decay, exchange):
    random = np.random.default_rng(1)
    sink = (decay + exchange * (random.random((side, side)) < PERFUSED)).astype(np.float32)
    mean_sink = decay + exchange * PERFUSED
    solver = make(side, diffusion, sink)
    source = (random.random(sink.shape) < 0.01).astype(np.float32)
    values = np.zeros_like(source)
    solver.steady(values, source)
    cycles, steps, spent = 0, 24 if side < 500 else 8, 0.0
    for _ in range(steps):
        source = np.where(random.random(sink.shape) < 0.01, random.random(sink.shape) < 0.01, source).astype(np.float32)
        start = time.process_time()
        cycles += solver.advance(values, source)
        spent += time.process_time() - start
    repeats = 20 if side < 500 else 2
    rate = np.float32(1 / solver.fitted_step_s)
    cycle = best_time(lambda: multigrid.v_cycle(values, source, solver._sink, rate, solver._grid), repeats)
    lines = best_time(lambda: lod_step(values, source, diffusion, mean_sink), repeats)
    ours, by_lines = errors(side, diffusion, mean_sink)
    sites = sink.size / 1e9
    cells = [f"{100 * error:6.2f}" for error in ours] + [f"{100 * error:6.2f}" for error in by_lines]
    length = decay_length_um(diffusion, mean_sink)
    return (
        f"{name:21s} {side:5d} {length:6.0f} {solver.fitted_step_s:8.3g} {cycles / steps:6.2f} {cycle / sites:6.2f} "
        f"{spent / steps / sites:6.2f} {convergence(solver, source):6.2f}   {' '.join(cells[:3])}   "
        f"{lines / sites:6.2f} {' '.join(cells[3:])}"
    )


def main(sides):
    print(HEADER)
    for side in sides:
        for name, numbers in FIELDS.items():
            print(row(name, side, *numbers), flush=True)
    for side in sides:
        print(f"memory at {side} x {side}: {make(side, 20.0, 1e-3).nbytes / side**2:.1f} bytes per site and field")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [200, 1000])
