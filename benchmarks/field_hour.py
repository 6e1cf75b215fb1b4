"""One simulated hour of a diffusing field, by `crlm` and by what else one might use.

The fields are those of the model: nine-point Laplacian, washout at 30 % of the sites; one site in a hundred begins to
secrete at the start and goes on. Cells look every 5 min, so every method stops twelve times, and takes as few steps in
between as keep its error after the hour within 1 % of the peak: that of its steps, measured on a small lattice against
the exact solution in time of the same stencil. (With washout a field has settled long before the hour is over, so that
nobody is limited by it but by his stability; without, the hour is short.) The first field is taken at all sizes.
"""

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.ndimage
import scipy.sparse as sparse

from abm.fields.solver import DiffusionSolver

from .mesa_reference.fields import factorised, laplacian
from .timing import REPEATS, Table, cpu, interleaved, times

HOUR, STOP, SPACING, PERFUSED, ERROR = 3600.0, 300.0, 10.0, 0.3, 0.01
STOPS = round(HOUR / STOP)
FIELDS = {  # diffusion um2/s, decay 1/s, washout at perfused sites 1/s
    "TNF-α (D = 20 µm²/s)": (20.0, 0.12 / HOUR, 0.02),
    "TNF-α without washout": (20.0, 0.12 / HOUR, 0.0),
    "lactate (D = 700 µm²/s)": (700.0, 0.0, 0.02),
}
SMALL = 48
_FINE = 240  # steps of the hour of the coarser of the two solutions from which the exact one is extrapolated
_LEAST_CPU = 0.05  # seconds that a measurement of sub-steps takes at least
_NINE = np.array([[1, 4, 1], [4, -20, 4], [1, 4, 1]]) / 6.0


@dataclass
class Problem:
    """A square lattice of `side` sites with periodic edges, its sinks (1/s) and sources (1/s), from an empty start."""

    side: int
    diffusion: float
    decay: float
    exchange: float

    def __post_init__(self) -> None:
        random = np.random.default_rng(1)
        shape = (self.side, self.side)
        self.coupling = self.diffusion / SPACING**2
        self.sink = (self.decay + self.exchange * (random.random(shape) < PERFUSED)).astype(np.float32)
        self.source = (random.random(shape) < 0.01).astype(np.float32)

    @cached_property
    def exact(self) -> np.ndarray:
        return self._exact(laplacian(self.sink.shape, periodic=True))

    @cached_property
    def exact_with_five_points(self) -> np.ndarray:
        line = sparse.diags_array([1.0, -2.0, 1.0], offsets=[-1, 0, 1], shape=(self.side, self.side)).tolil()
        line[0, -1] = line[-1, 0] = 1.0
        one = sparse.eye_array(self.side)
        return self._exact(sparse.kron(line, one) + sparse.kron(one, line))

    def _exact(self, spread) -> np.ndarray:
        """Backward Euler in many steps and in twice and four times as many, extrapolated to infinitely many."""
        sink, source, found = self.sink.ravel().astype(float), self.source.ravel().astype(float), []
        for steps in (_FINE, 2 * _FINE, 4 * _FINE):
            rate, values = steps / HOUR, np.zeros(sink.size)
            factors = factorised(sparse.diags_array(rate + sink) - self.coupling * spread)
            for _ in range(steps):
                values = factors.solve(rate * values + source)
            found.append(values)
        return ((8 * found[2] - 6 * found[1] + found[0]) / 3).reshape(self.sink.shape)

    def error_of(self, values: np.ndarray, exact: np.ndarray | None = None) -> float:
        exact = self.exact if exact is None else exact
        return float(np.abs(values - exact).max() / exact.max())


class Crlm:
    """The solver of `abm.fields`, one step per stop."""

    name, least = "crlm, implicit multigrid", 1

    def __init__(self, problem: Problem, substeps: int):
        self.problem, self.substeps = problem, substeps
        self.solver = DiffusionSolver(
            problem.sink.shape,
            spacing_um=SPACING,
            periodic=True,
            diffusion_um2_per_s=problem.diffusion,
            step_s=STOP / substeps,
        )
        self.solver.set_sink(problem.sink)
        self.restart()

    def restart(self) -> None:
        self.values = np.zeros_like(self.problem.source)

    def substep(self) -> None:
        self.solver.advance(self.values, self.problem.source)


class Explicit:
    """Forward Euler: what the methods below share. `least` is the fewest sub-steps of a stop that are stable."""

    steepest = 16.0 / 3.0  # largest eigenvalue of the nine-point Laplacian

    def __init__(self, problem: Problem, substeps: int):
        self.problem, self.substeps = problem, substeps
        self.dt = np.float32(STOP / substeps)
        self.spread = np.float32(self.dt * problem.coupling)
        self.kept = 1 - self.dt * problem.sink
        self.gained = self.dt * problem.source
        self.restart()

    @classmethod
    def least_for(cls, problem: Problem) -> int:
        return math.ceil(STOP * (cls.steepest * problem.coupling + float(problem.sink.max())) / 2.0)

    def restart(self) -> None:
        self.values = np.zeros_like(self.problem.source)


class ExplicitNumpy(Explicit):
    """Slices of a padded float32 array, temporaries reused."""

    name = "explicit, NumPy"

    def restart(self) -> None:
        super().restart()
        self.padded = np.zeros((self.problem.side + 2,) * 2, np.float32)
        self.sides, self.corners = np.empty_like(self.values), np.empty_like(self.values)

    def substep(self) -> None:
        p, c, sides, corners = self.padded, self.values, self.sides, self.corners
        p[1:-1, 1:-1] = c
        p[0], p[-1] = p[-2], p[1]
        p[:, 0], p[:, -1] = p[:, -2], p[:, 1]
        np.add(p[:-2, 1:-1], p[2:, 1:-1], out=sides)
        sides += p[1:-1, :-2]
        sides += p[1:-1, 2:]
        np.add(p[:-2, :-2], p[:-2, 2:], out=corners)
        corners += p[2:, :-2]
        corners += p[2:, 2:]
        sides *= np.float32(4 / 6) * self.spread
        corners *= np.float32(1 / 6) * self.spread
        sides += corners
        c *= self.kept - np.float32(20 / 6) * self.spread
        c += sides
        c += self.gained


class ExplicitNdimage(Explicit):
    """`scipy.ndimage.convolve` with the nine weights."""

    name = "explicit, scipy.ndimage"

    def substep(self) -> None:
        change = scipy.ndimage.convolve(self.values, self.spread * _NINE.astype(np.float32), mode="wrap")
        self.values *= self.kept
        self.values += change
        self.values += self.gained


class Factorised:
    """Backward Euler with `scipy.sparse.linalg.splu`; the factors last until the sinks change."""

    name, least = "implicit, scipy.sparse splu", 1

    def __init__(self, problem: Problem, substeps: int):
        self.problem, self.substeps = problem, substeps
        self.rate = substeps / STOP
        self.factorise()
        self.restart()

    def factorise(self) -> None:
        spread = self.problem.coupling * laplacian(self.problem.sink.shape, periodic=True)
        self.factors = factorised(sparse.diags_array(self.rate + self.problem.sink.ravel().astype(float)) - spread)

    def restart(self) -> None:
        self.values = np.zeros(self.problem.source.shape)

    def substep(self) -> None:
        right = self.rate * self.values + self.problem.source
        self.values = self.factors.solve(right.ravel()).reshape(right.shape)


class PyPde(Explicit):
    """py-pde, compiled by numba, forward Euler with five points (its nine-point operators are not compiled for PDEs)."""

    name = "explicit, py-pde"
    steepest = 8.0

    def __init__(self, problem: Problem, substeps: int):
        import pde

        self.problem, self.substeps = problem, substeps
        extent = problem.side * SPACING
        self.grid = pde.CartesianGrid([[0, extent]] * 2, problem.sink.shape, periodic=True)
        equation = pde.PDE(
            {"c": f"{problem.diffusion} * laplace(c) - s * c + q"},
            consts={"s": pde.ScalarField(self.grid, problem.sink), "q": pde.ScalarField(self.grid, problem.source)},
        )
        self.state = pde.ScalarField(self.grid, 0.0)
        self.dt = STOP / substeps
        self.stepper = pde.EulerSolver(equation, adaptive=False, backend="numba").make_stepper(self.state, dt=self.dt)

    def restart(self) -> None:
        self.state.data[:] = 0.0

    @property
    def values(self) -> np.ndarray:
        return self.state.data

    def several(self, count: int) -> None:
        self.stepper(self.state, 0.0, count * self.dt)


METHODS = (Crlm, Factorised, PyPde, ExplicitNumpy, ExplicitNdimage)


def fewest_substeps(method: type, problem: Problem) -> tuple[int, float]:
    """The fewest sub-steps of a stop with which a method is within 1 % after the hour, and its error then."""
    exact = problem.exact_with_five_points if method is PyPde else problem.exact
    substeps = method.least if hasattr(method, "least") else method.least_for(problem)
    while True:
        solution = method(problem, substeps)
        run(solution, STOPS * substeps)
        error = problem.error_of(solution.values, exact)
        if error <= ERROR:
            return substeps, error
        substeps *= 2


def run(solution, count: int) -> None:
    if hasattr(solution, "several"):
        solution.several(count)
    else:
        for _ in range(count):
            solution.substep()


def hour_of(solution) -> float:
    """CPU seconds of the hour: ours from start to end, of the others as many sub-steps as take long enough to time, for
    each of theirs costs the same."""
    needed = STOPS * solution.substeps
    solution.restart()
    if isinstance(solution, Crlm):
        return cpu(lambda: run(solution, needed))
    count = 1
    while True:
        spent = cpu(functools.partial(run, solution, count))
        if spent >= _LEAST_CPU or count >= needed:
            return spent / count * needed
        count = min(needed, max(2 * count, math.ceil(1.2 * count * _LEAST_CPU / max(spent, 1e-4))))


def measure(table: Table, sides: tuple[int, ...] = (200, 1000), repeats: int = REPEATS) -> None:
    methods = [method for method in METHODS if method is not PyPde or _has_pde()]
    chosen = {
        (name, method): fewest_substeps(method, Problem(SMALL, *numbers))
        for name, numbers in FIELDS.items()
        for method in methods
    }
    for number, (name, numbers) in enumerate(FIELDS.items()):
        for side in sides[: 1 if number else None]:
            table.group(
                f"{name}, steady sources: one simulated hour, to ≤ 1 % error at its end, {side} x {side} sites, CPU time per site"
            )
            problem = Problem(side, *numbers)
            solutions = {method: method(problem, chosen[name, method][0]) for method in methods}
            cases: dict[str, Callable[[], float]] = {
                method.name: lambda solution=solution: hour_of(solution) for method, solution in solutions.items()
            }
            cases["factors"] = lambda solutions=solutions: cpu(solutions[Factorised].factorise)
            target = np.empty_like(problem.source)
            cases["copy"] = lambda problem=problem, target=target: (
                cpu(lambda: [np.copyto(target, problem.source) for _ in range(200)]) / 200
            )
            found = {case: value / side**2 * 1e9 for case, value in interleaved(cases, repeats).items()}
            ours = found[Crlm.name]
            for method in methods:
                substeps, error = chosen[name, method]
                relative = "" if method is Crlm else times(found[method.name] / ours)
                table.add(
                    f"{method.name}: {STOPS * substeps} steps, error {100 * error:.2g} %",
                    nanoseconds(found[method.name]),
                    relative,
                )
            table.add(
                "factorising for splu, whenever perfusion changes",
                nanoseconds(found["factors"]),
                times(found["factors"] / ours),
            )
            table.add("limit: one copy of the array", nanoseconds(found["copy"]), times(found["copy"] / ours))


def measure_cycles(table: Table, sides: tuple[int, ...] = (200, 1000), repeats: int = REPEATS) -> None:
    """What a V-cycle costs, and how many a step takes while sources come and go every hour."""
    table.group("field solver of crlm, TNF-α, sources that change every hour: CPU time per site and V-cycle")
    for side in sides:
        problem, random = Problem(side, *FIELDS[next(iter(FIELDS))]), np.random.default_rng(2)
        ours, costs, cycles = Crlm(problem, 1), [], []
        for step in range(12 * repeats):
            if step % STOPS == 0:
                problem.source[:] = random.random(problem.source.shape) < 0.01
            start = time.process_time()
            used = ours.solver.advance(ours.values, problem.source)
            costs.append((time.process_time() - start) / used / side**2 * 1e9)
            cycles.append(used)
        table.add(
            f"{side} x {side} sites", f"{np.median(costs):.1f} ns", f"{np.mean(cycles):.2f} cycles per step", "4 ns"
        )


def nanoseconds(value: float) -> str:
    return f"{value:.3g} ns" if value < 1000 else f"{value:,.0f} ns"


def _has_pde() -> bool:
    import importlib.util

    return importlib.util.find_spec("pde") is not None
