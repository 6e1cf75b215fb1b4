"""Diffusion with local sinks and sources, one agent step at a time.

    dc/dt = D lap(c) - s(x) c + q(x)

on a lattice of square sites with zero-flux or periodic edges; s collects decay, washout into perfused sinusoids and
linearised uptake, q secretion and delivery. A step of minutes is long against the relaxation of a field over a few
sites, so it is taken implicitly and unsplit, by backward Euler over a fitted time h,

    (1/h + s) c' - D lap(c') = c/h + q,      h = (exp(k dt) - 1) / k >= dt,

which is exact in the steady state, does not overshoot and keeps non-negative what is. A mode that relaxes at rate r is
multiplied by 1/(1 + r h) instead of exp(-r dt). Here k is a lower bound of all r, and exp is convex, so that
exp(-r dt) <= 1/(1 + r h) <= 1/(1 + r dt): every mode is at least as accurate as with h = dt, and one that relaxes at
rate k, as a field of many sources does, is exact. The bound is one over the longest mean residence time: T(x), the
mean time until a molecule released at x is absorbed, solves s T - D lap(T) = 1 (Barta's inequality with T > 0). It is
smooth, so sites are joined two by two before it is looked for.

The equation is solved by multigrid from the present values (`abm.fields.multigrid`), mostly in one or two cycles; what
little the iteration leaves is repaired in the total, so that sum(c' - c) = h sum(q - s c') to rounding.

A solver is serial, and its kernels release the interpreter lock: different fields may be advanced by different
threads at once, each with its own solver, and the bytes are the same as one after the other.
"""

import functools
import math

import numpy as np

from ..kernels.jit import jit
from ..kernels.memory import zeros
from . import multigrid

_SMALLEST_SIDE = 4
_MOST_CYCLES = 200
_ERROR_LEFT = 0.3  # the error after a cycle is at most about this part of the cycle's correction
_RESIDENCE_TOLERANCE = 0.05  # of the iteration and of the joined sites
_LARGEST_EXPONENT = 20.0  # a field that relaxes e20-fold within a step is in its steady state


class DiffusionSolver:
    """Advances one field on one lattice. All state of the field is in its values; the solver keeps only the sink.

    shape : rows and columns, each at least 4
    spacing_um : distance of neighbouring sites, µm
    periodic : whether the edges are periodic; otherwise there is no flux through them
    diffusion_um2_per_s : diffusion coefficient D, µm²/s
    step_s : time step, s
    tolerance : accepted error of the iteration, as a fraction of the largest value of the field

    Raises ValueError when the lattice is too small, or a number is not positive and finite.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        *,
        spacing_um: float,
        periodic: bool,
        diffusion_um2_per_s: float,
        step_s: float,
        tolerance: float = 0.02,
    ):
        rows, columns = (int(size) for size in shape)
        if min(rows, columns) < _SMALLEST_SIDE:
            raise ValueError(f"a field needs {_SMALLEST_SIDE} x {_SMALLEST_SIDE} sites or more, not {rows} x {columns}")
        for name, value in (
            ("spacing_um", spacing_um),
            ("diffusion_um2_per_s", diffusion_um2_per_s),
            ("step_s", step_s),
            ("tolerance", tolerance),
        ):
            if not 0.0 < value < math.inf:
                raise ValueError(f"{name} must be positive and finite, not {value}")
        self.shape = (rows, columns)
        self.step_s = float(step_s)
        self.fitted_step_s = self.step_s
        self.tolerance = float(tolerance)
        self._sink = zeros(self.shape)
        self._absorbs = False
        self._right_side = zeros(self.shape)
        self._grid = multigrid.build(self.shape, diffusion_um2_per_s / spacing_um**2, periodic)
        self._coarser = functools.partial(
            DiffusionSolver,
            spacing_um=2.0 * spacing_um,
            periodic=periodic,
            diffusion_um2_per_s=diffusion_um2_per_s,
            step_s=step_s,
            tolerance=_RESIDENCE_TOLERANCE,
        )
        self._residence: DiffusionSolver | None = None

    def __repr__(self) -> str:
        return f"DiffusionSolver({self.shape[0]} x {self.shape[1]}, step {self.step_s:g} s, {self.nbytes / 1e6:.1f} MB)"

    @property
    def nbytes(self) -> int:
        """Memory of the solver, without the caller's values and source."""
        own = self._sink.nbytes + self._right_side.nbytes + sum(array.nbytes for array in self._grid)
        return own + (self._residence.nbytes if self._residence is not None else 0)

    def set_sink(self, sink: np.ndarray, *, fit: bool = True) -> None:
        """Take over the local sink s(x) >= 0 (float32, 1/s); its values are copied.

        fit : find the slowest relaxation from the residence times, which costs about one cycle. Otherwise the least sink
            is taken for it: enough where every site absorbs, and cheap for a sink that changes at every step

        Raises ValueError when the array does not fit the lattice, or a value is negative or not finite.
        """
        self._check("sink", sink)
        least, most = float(np.min(sink)), float(np.max(sink))
        if not (least >= 0.0 and most < np.inf):
            raise ValueError("the sink must be finite and not negative")
        self._sink[:] = sink
        self._absorbs = most > 0.0
        multigrid.restrict_sink(self._sink, self._grid)
        exponent = (self._slowest_relaxation(least) if fit and self._absorbs else least) * self.step_s
        stretch = math.expm1(min(exponent, _LARGEST_EXPONENT)) / exponent if exponent > 0 else 1.0
        self.fitted_step_s = self.step_s * stretch

    def _slowest_relaxation(self, least: float) -> float:
        """A lower bound of the rates (1/s) at which the modes of the field relax, at least that of the `least` sink."""
        sink = zeros(tuple(max(-(-size // 2), _SMALLEST_SIDE) for size in self.shape))
        join(self._sink, sink)
        if self._residence is None:
            self._residence = self._coarser(sink.shape)
        self._residence.set_sink(sink, fit=False)
        residence = np.full(sink.shape, 1.0 / np.mean(sink, dtype=np.float64), np.float32)
        self._residence.steady(residence, np.ones(sink.shape, np.float32), tolerance=_RESIDENCE_TOLERANCE)
        return max(least, (1.0 - _RESIDENCE_TOLERANCE) / float(np.max(residence)))

    def advance(self, values: np.ndarray, source: np.ndarray, *, least: float = 0.0) -> int:
        """Advance `values` (float32, in place) by one step under `source` (float32, values per second), and return the number
        of V-cycles: 0 for a field without values and without source, which stays untouched.

        least : values below it are set to zero afterwards

        Raises ValueError when an array does not fit the lattice, ArithmeticError when the iteration does not converge, as
        with values that are not finite.
        """
        return self._solve(values, source, 1.0 / self.fitted_step_s, self.tolerance, least)

    def steady(self, values: np.ndarray, source: np.ndarray, *, tolerance: float = 1e-4) -> int:
        """Replace `values` (float32, the guess to start from) by the steady state under `source`, and return the number of
        V-cycles.

        Raises ValueError when an array does not fit the lattice, or nothing absorbs, so that there is no steady state;
        ArithmeticError when the iteration does not converge.
        """
        if not self._absorbs:
            raise ValueError("a field that nothing absorbs has no steady state: set a sink first")
        return self._solve(values, source, 0.0, tolerance)

    def _solve(self, values: np.ndarray, source: np.ndarray, rate: float, tolerance: float, least: float = 0.0) -> int:
        self._check("values", values)
        self._check("source", source)
        if multigrid.is_zero(source) and (rate == 0 or multigrid.is_zero(values)):
            values.fill(0.0)
            return 0
        cycles = multigrid.solve(
            values,
            source,
            self._sink,
            np.float32(rate),
            self._grid,
            self._right_side,
            _ERROR_LEFT,
            tolerance,
            _MOST_CYCLES,
        )
        if cycles == 0:
            raise ArithmeticError(f"the field did not converge within {_MOST_CYCLES} cycles; are all values finite?")
        multigrid.balance(values, self._grid, np.float32(least))
        return cycles

    def _check(self, name: str, array: np.ndarray) -> None:
        if array.shape != self.shape or array.dtype != np.float32 or not array.flags.c_contiguous:
            raise ValueError(
                f"{name} must be a C-contiguous float32 array of shape {self.shape}, not {array.dtype} of shape {array.shape}"
            )


@jit(counted=False)
def join(fine, coarse):
    """Fill `coarse` with the means over two by two sites of `fine` (both float32); the last row and column count again
    where there is none left."""
    rows, columns = fine.shape
    for i in range(coarse.shape[0]):
        above, below = fine[min(2 * i, rows - 1)], fine[min(2 * i + 1, rows - 1)]
        for j in range(columns // 2):
            west, east = above[2 * j] + below[2 * j], above[2 * j + 1] + below[2 * j + 1]
            coarse[i, j] = np.float32(0.25) * (west + east)
        last = above[columns - 1] + below[columns - 1]
        for j in range(columns // 2, coarse.shape[1]):
            coarse[i, j] = np.float32(0.25) * (last + last)


def decay_length_um(diffusion_um2_per_s: float, sink_per_s: float) -> float:
    """The distance over which a steady level falls by e in homogeneous tissue, sqrt(D/s), µm; infinite without sink."""
    return math.sqrt(diffusion_um2_per_s / sink_per_s) if sink_per_s > 0 else math.inf


def own_site_level(diffusion_um2_per_s: float, sink_per_s: float, spacing_um: float) -> float:
    """The steady level that a unit source (1/s at one site) keeps at its own site in homogeneous tissue, in s.

    It is the Green function of the nine-point lattice at the origin. With a = s + D/(6h²) (20 - 8 cos x) and
    b = D/(6h²) (8 + 4 cos x), the integral over one of the two wave numbers is 1/sqrt(a² - b²); over the other one,
    the periodic trapezoidal rule converges exponentially.

    Raises ValueError without a sink: there is no steady level.
    """
    if not sink_per_s > 0:
        raise ValueError("without a sink a steadily secreting cell has no steady level")
    coupling = diffusion_um2_per_s / (6 * spacing_um**2)
    points = 64 + 16 * math.ceil(decay_length_um(diffusion_um2_per_s, sink_per_s) / spacing_um)
    cosine = np.cos(2 * np.pi * np.arange(points) / points)
    a = sink_per_s + coupling * (20 - 8 * cosine)
    b = coupling * (8 + 4 * cosine)
    return float(np.mean(1 / np.sqrt((a - b) * (a + b))))
