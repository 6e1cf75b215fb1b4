"""The field solver against direct solutions, exact solutions of the lattice, and the Green function of the plane."""

import concurrent.futures
import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.fft
import scipy.sparse
import scipy.sparse.linalg
import scipy.special

from abm.fields import multigrid
from abm.fields.solver import DiffusionSolver, decay_length_um, join, own_site_level

HOUR = 3600.0
STEP = 300.0
SPACING = 10.0
SIGNALS = {
    "tnf": (20.0, 0.12 / HOUR),
    "tgf_beta": (26.0, 0.35 / HOUR),
    "cxcl1": (50.0, 0.7 / HOUR),
    "vegf": (10.0, 0.94 / HOUR),
}
WASHOUT = 0.02
SIZES = [(200, 200), (256, 256), (201, 173), (1000, 1000)]
LATTICES = [(shape, periodic) for shape in SIZES[:3] for periodic in (False, True)] + [((1000, 1000), True)]


def make(shape, diffusion, sink, periodic=False, *, step=STEP, spacing=SPACING, fit=True, **options):
    solver = DiffusionSolver(
        shape, spacing_um=spacing, periodic=periodic, diffusion_um2_per_s=diffusion, step_s=step, **options
    )
    solver.set_sink(np.broadcast_to(np.float32(sink), shape).copy(), fit=fit)
    return solver


def sinusoids(shape, sink, washout, seed=5):
    """Washout at 30 % of the sites."""
    perfused = np.random.default_rng(seed).random(shape) < 0.3
    return (sink + washout * perfused).astype(np.float32)


def point(shape, row=None, column=None):
    source = np.zeros(shape, np.float32)
    source[shape[0] // 2 if row is None else row, shape[1] // 2 if column is None else column] = 1.0
    return source


def second_difference(size, periodic):
    matrix = scipy.sparse.diags([np.ones(size - 1), -2 * np.ones(size), np.ones(size - 1)], [-1, 0, 1]).tolil()
    ends = [(0, size - 1), (size - 1, 0)] if periodic else [(0, 0), (size - 1, size - 1)]
    for end in ends:
        matrix[end] += 1
    return matrix.tocsr()


def naive_operator(shape, diffusion, sink, periodic):
    """The matrix of s - D lap with nine points, float64."""
    y, x = (second_difference(size, periodic) for size in shape)
    rows, columns = (scipy.sparse.identity(size) for size in shape)
    laplacian = scipy.sparse.kron(rows, x) + scipy.sparse.kron(y, columns) + scipy.sparse.kron(y, x) / 6
    sinks = scipy.sparse.diags(np.broadcast_to(sink, shape).ravel().astype(float))
    return (sinks - diffusion / SPACING**2 * laplacian).tocsc()


def naive_step(solver, shape, diffusion, sink, periodic, values, source):
    """One fitted step by a direct solution in float64."""
    rate = 1 / solver.fitted_step_s
    matrix = naive_operator(shape, diffusion, sink, periodic) + rate * scipy.sparse.identity(values.size)
    right = rate * values.astype(float) + source
    return scipy.sparse.linalg.spsolve(matrix.tocsc(), right.ravel()).reshape(shape)


class ExactModes:
    """Exact solution in time on the lattice with one sink everywhere, by cosine or Fourier modes."""

    def __init__(self, shape, diffusion, sink, periodic):
        self.periodic = periodic
        angles = [np.arange(n) * (2 if periodic else 1) * np.pi / n for n in shape]
        if periodic:
            angles[1] = angles[1][: shape[1] // 2 + 1]  # of a real transform
        y, x = (2 - 2 * np.cos(angle) for angle in angles)
        symbol = y[:, None] + x[None, :] - y[:, None] * x[None, :] / 6
        self.rate = sink + diffusion / SPACING**2 * symbol

    def after(self, source, on_s, off_s=0.0):
        """Values after `on_s` with and `off_s` without the source, from zero."""
        growth = -np.expm1(-self.rate * on_s) / self.rate * np.exp(-self.rate * off_s)
        if self.periodic:
            return scipy.fft.irfftn(growth * scipy.fft.rfftn(source.astype(float)), source.shape)
        return scipy.fft.idctn(growth * scipy.fft.dctn(source.astype(float)))


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", [(4, 4), (4, 37), (9, 12), (33, 17), (64, 64)])
def test_step_equals_a_direct_solution(shape, periodic):
    random = np.random.default_rng(1)
    sink, source = sinusoids(shape, 1e-4, WASHOUT), random.random(shape, np.float32) * 1e-3
    values = random.random(shape, np.float32)
    solver = make(shape, 20.0, sink, periodic, tolerance=1e-6)
    expected = naive_step(solver, shape, 20.0, sink, periodic, values, source)
    solver.advance(values, source)
    np.testing.assert_allclose(values, expected, atol=1e-5 * expected.max())


@pytest.mark.parametrize("shape", [(4, 4), (5, 9), (6, 7), (7, 4), (9, 12), (30, 17)])
def test_sites_are_joined_two_by_two(shape):
    """The last row and column count twice where there is none left, and no lattice gets smaller than 4 x 4."""
    fine = np.random.default_rng(5).random(shape, np.float32)
    padded = np.pad(fine, [(0, max(size % 2, 8 - size)) for size in shape], mode="edge")
    coarse = np.empty([size // 2 for size in padded.shape], np.float32)
    join(fine, coarse)
    np.testing.assert_allclose(coarse, padded.reshape(coarse.shape[0], 2, -1, 2).mean(axis=(1, 3)), rtol=3e-7)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize(("diffusion", "sink", "washout"), [(20.0, 3e-5, 0.0), (700.0, 0.0, 0.02), (1670.0, 0.1, 5.0)])
def test_steady_state_equals_a_direct_solution(diffusion, sink, washout, periodic):
    shape = (45, 58)
    sink = sinusoids(shape, sink, washout)
    source = (np.random.default_rng(2).random(shape) < 0.02).astype(np.float32)
    values = np.zeros(shape, np.float32)
    make(shape, diffusion, sink, periodic).steady(values, source, tolerance=1e-4)
    matrix = naive_operator(shape, diffusion, sink, periodic)
    expected = scipy.sparse.linalg.spsolve(matrix, source.ravel().astype(float))
    np.testing.assert_allclose(values.ravel(), expected, atol=2e-4 * expected.max())


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", [(65, 129), (96, 100)])
@pytest.mark.parametrize("perfused", ["half", "around", "one site"])
def test_steady_state_beside_large_unperfused_tissue(perfused, shape, periodic):
    """Where sinks jump on the scale of the lattice the cycles are slower, but converge."""
    sink = np.full(shape, 1e-5, np.float32)
    if perfused == "half":
        sink[:, : shape[1] // 2] = WASHOUT
    elif perfused == "around":
        away = np.hypot(*np.ogrid[-shape[0] / 2 : shape[0] / 2, -shape[1] / 2 : shape[1] / 2]) > 25
        sink = np.where(away, sinusoids(shape, 1e-5, WASHOUT), sink)
    else:
        sink[5, 7] = WASHOUT
    values, source = np.zeros(shape, np.float32), np.full(shape, 1e-3, np.float32)
    assert make(shape, 20.0, sink, periodic).steady(values, source) <= 25
    matrix = naive_operator(shape, 20.0, sink, periodic)
    expected = scipy.sparse.linalg.spsolve(matrix, source.ravel().astype(float))
    np.testing.assert_allclose(values.ravel(), expected, atol=1e-3 * expected.max())


FIELDS = [
    pytest.param(diffusion, decay, washout, id=f"{name}-{'washed' if washout else 'still'}")
    for name, (diffusion, decay) in SIGNALS.items()
    for washout in (0.0, WASHOUT)
]
FIELDS += [pytest.param(700.0, 0.0, WASHOUT, id="lactate"), pytest.param(1670.0, 0.5, WASHOUT, id="oxygen")]


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", [*SIZES, (129, 257), (1023, 33)])
def test_convergence_factor(shape, periodic):
    """A cycle leaves at most 0.3 of the error; 0.35 in the steady state of sizes with very narrow blocks."""
    narrow = shape not in SIZES
    source = (np.random.default_rng(3).random(shape) < 0.01).astype(np.float32)
    cases = [(20.0, 0.12 / HOUR, 0.0), (10.0, 0.94 / HOUR, WASHOUT), (700.0, 0.0, WASHOUT), (1670.0, 0.1, 2.0)]
    for diffusion, decay, washout in cases:
        solver = make(shape, diffusion, sinusoids(shape, decay, washout), periodic, fit=False)
        for rate in (0.0, 1 / STEP):
            errors = convergence_history(solver, source, rate)
            factor = (errors[5] / errors[1]) ** 0.25
            allowed = 0.35 if narrow and rate == 0 else 0.3
            assert factor <= allowed, (diffusion, decay, washout, rate, factor)


def convergence_history(solver, source, rate):
    """Largest errors after 1, 2, ... single cycles from zero, as fractions of the peak."""
    states, values = [], np.zeros(solver.shape, np.float32)
    solver._right_side[:] = source
    for _ in range(12):
        multigrid.v_cycle(values, solver._right_side, solver._sink, np.float32(rate), solver._grid)
        states.append(values[::3, ::3].copy())
    return [np.abs(state - states[-1]).max() / values.max() for state in states]


@pytest.mark.parametrize(("diffusion", "decay"), SIGNALS.values(), ids=SIGNALS.keys())
@pytest.mark.parametrize(("shape", "periodic"), LATTICES)
@pytest.mark.parametrize("sink", ["decay", "washed"])
def test_point_source_switched_on_and_off(diffusion, decay, shape, periodic, sink):
    """At most 10 % of the peak in the first hour after a switch and 1 % from then on."""
    sink = decay + (0.3 * WASHOUT if sink == "washed" else 0.0)
    solver, exact = make(shape, diffusion, sink, periodic), ExactModes(shape, diffusion, sink, periodic)
    on, off, values = point(shape), np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    looked_at = (0, 11)
    for step in range(12):
        solver.advance(values, on)
        if step in looked_at:
            expected = exact.after(on, (step + 1) * STEP)
            error = np.abs(values - expected).max() / expected.max()
            assert error <= (0.1 if step < 11 else 0.01), step
    peak = exact.after(on, 12 * STEP).max()
    for step in range(12):
        solver.advance(values, off)
        if step in looked_at:
            error = np.abs(values - exact.after(on, 12 * STEP, (step + 1) * STEP)).max() / peak
            assert error <= (0.1 if step < 11 else 0.01), step


@pytest.mark.parametrize(("diffusion", "decay", "washout"), FIELDS)
@pytest.mark.parametrize("sources", ["one", "many"])
def test_switching_among_sinusoids(diffusion, decay, washout, sources):
    """As above with washout at single sites, against the exact exponential of the lattice."""
    shape = (20, 24)
    sink = sinusoids(shape, decay, washout)
    on = point(shape) if sources == "one" else (np.random.default_rng(7).random(shape) < 0.03).astype(np.float32)
    rate, modes = np.linalg.eigh(naive_operator(shape, diffusion, sink, False).toarray())
    weight = modes.T @ on.ravel()
    growth = -np.expm1(-rate * 12 * STEP) / rate
    solver, values = make(shape, diffusion, sink), np.zeros(shape, np.float32)
    allowed = 0.1 if sources == "one" else 0.13  # the requirement is for one source
    for step in range(1, 13):
        solver.advance(values, on)
        expected = modes @ (-np.expm1(-rate * step * STEP) / rate * weight)
        assert np.abs(values.ravel() - expected).max() <= (allowed if step < 12 else 0.01) * expected.max(), step
    peak = expected.max()
    for step in range(1, 13):
        solver.advance(values, np.zeros_like(on))
        expected = modes @ (growth * np.exp(-rate * step * STEP) * weight)
        assert np.abs(values.ravel() - expected).max() <= (allowed if step < 12 else 0.01) * peak, step


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("length_sites", [2.5, 6.3])
def test_steady_plume_is_the_green_function_of_the_plane(shape, length_sites):
    """K0(r/length) h²/(2 pi D) from three sites on, and `own_site_level` at the source, by steady() and by steps."""
    diffusion = 20.0
    sink = diffusion / (length_sites * SPACING) ** 2
    solver, source = make(shape, diffusion, sink), point(shape)
    values, stepped = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    solver.steady(values, source)
    for _ in range(60):
        solver.advance(stepped, source)
    own = own_site_level(diffusion, sink, SPACING)
    assert np.abs(values - stepped).max() <= 0.002 * own
    assert values.max() == pytest.approx(own, rel=1e-3)
    row, column = np.unravel_index(np.argmax(values), shape)
    distance = np.hypot(*np.meshgrid(np.arange(shape[0]) - row, np.arange(shape[1]) - column, indexing="ij"))
    away = distance >= 3
    expected = scipy.special.k0(distance[away] / length_sites) * SPACING**2 / (2 * np.pi * diffusion)
    assert np.abs(values[away] - expected).max() <= 0.01 * own


@pytest.mark.parametrize("length_sites", [1.0, 1.5, 2.0])
def test_decay_lengths_down_to_a_site(length_sites):
    """What there is of a field and how far it spreads are exact, and its level is K0's within a tenth at every site."""
    sink = 20.0 / (length_sites * SPACING) ** 2
    solver = make((101, 101), 20.0, sink)
    values = np.zeros((101, 101), np.float32)
    solver.steady(values, point((101, 101)), tolerance=1e-6)
    distance = np.hypot(*(np.indices((101, 101)) - 50))
    assert values.sum(dtype=float) == pytest.approx(1.0 / sink, rel=1e-4)
    assert (values * distance**2).sum(dtype=float) * sink == pytest.approx(4 * length_sites**2, rel=1e-3)
    near = (distance > 0) & (distance <= 5 * length_sites)
    expected = scipy.special.k0(distance[near] / length_sites) * SPACING**2 / (2 * np.pi * 20.0)
    np.testing.assert_allclose(values[near], expected, rtol=0.1)


@pytest.mark.parametrize("length_sites", [1.0, 2.0, 3.0, 4.0, 10.0])
def test_isotropic(length_sites):
    """The same level along an axis and obliquely at exactly the same distance, within 2 %, far out as well."""
    solver = make((161, 161), 20.0, 20.0 / (length_sites * SPACING) ** 2)
    values = np.zeros((161, 161), np.float32)
    solver.steady(values, point((161, 161)), tolerance=1e-6)
    for axis, oblique in [((5, 0), (3, 4)), ((10, 0), (6, 8)), ((13, 0), (5, 12))]:
        along, across = (values[80 + r, 80 + c] for r, c in (axis, oblique))
        assert along == pytest.approx(across, rel=0.02), axis


def test_second_order_in_space():
    """Half the spacing leaves a quarter of the error at a fixed distance from a broad source."""
    errors = []
    for spacing in (20.0, 10.0):
        size = round(1280 / spacing)
        x = (np.arange(size) + 0.5) * spacing
        mode = np.cos(3 * np.pi * x / 1280)[:, None] * np.cos(4 * np.pi * x / 1280)[None, :]
        sink, wave = 0.005, (np.pi / 1280) ** 2 * 25
        solver = make((size, size), 20.0, sink, spacing=spacing)
        values = np.ones((size, size), np.float32)
        solver.steady(values, (sink * (1 + mode)).astype(np.float32), tolerance=1e-6)
        errors.append(np.abs(values - 1 - mode * sink / (sink + 20.0 * wave)).max())
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.15)


def test_first_order_in_time():
    """Half the step leaves half of the error of a mode; the uniform mode has none."""
    shape, errors = (64, 64), []
    mode = np.cos(6 * np.pi * (np.arange(64) + 0.5) / 64)[:, None] * np.ones(64)
    rate = 1e-3 + 20.0 / SPACING**2 * (2 - 2 * np.cos(6 * np.pi / 64))
    for step in (100.0, 50.0, 25.0):
        solver = make(shape, 20.0, 1e-3, step=step, tolerance=1e-6)
        values = (1 + mode).astype(np.float32)
        for _ in range(round(200 / step)):
            solver.advance(values, np.zeros(shape, np.float32))
        assert values.mean() == pytest.approx(np.exp(-0.2), rel=0.01)
        errors.append(np.abs(values - values.mean() - mode * np.exp(-rate * 200)).max())
    assert 1.7 < errors[0] / errors[1] < 2.2
    assert 1.8 < errors[1] / errors[2] < 2.2


def test_fitted_step_is_bounded_by_the_slowest_relaxation():
    shape = (40, 50)
    sink = sinusoids(shape, 1e-4, WASHOUT)
    slowest = scipy.sparse.linalg.eigsh(naive_operator(shape, 20.0, sink, False), k=1, sigma=0)[0][0]
    longest = np.expm1(slowest * STEP) / slowest
    fitted = make(shape, 20.0, sink).fitted_step_s
    assert STEP < fitted <= longest
    assert fitted > 0.6 * longest
    assert make(shape, 20.0, 0.0).fitted_step_s == STEP
    assert make(shape, 20.0, sink, fit=False).fitted_step_s == pytest.approx(np.expm1(1e-4 * STEP) / 1e-4, rel=1e-5)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", SIZES)
def test_mass_is_balanced(shape, periodic):
    """sum(c' - c) = h sum(q - s c') to float32 rounding at the default tolerance, while sources change."""
    random = np.random.default_rng(8)
    sink = sinusoids(shape, 1e-4, WASHOUT)
    solver, values = make(shape, 20.0, sink, periodic), np.zeros(shape, np.float32)
    for _ in range(4):
        source = (random.random(shape) < 0.01).astype(np.float32)
        before = values.astype(float)
        solver.advance(values, source)
        taken = np.sum(sink * values.astype(float))
        change = np.sum(values - before) / solver.fitted_step_s
        assert change + taken == pytest.approx(source.sum(dtype=float), rel=2e-6)


def test_stays_non_negative_and_bounded():
    """No level falls below zero, and none exceeds what the strongest source could sustain."""
    shape, random = (97, 120), np.random.default_rng(9)
    solver = make(shape, 20.0, sinusoids(shape, 1e-3, WASHOUT))
    values = (random.random(shape) < 0.01).astype(np.float32)
    for step in range(30):
        source = (random.random(shape) < 0.005).astype(np.float32) * (step % 3 == 0)
        solver.advance(values, source)
        assert values.min() >= 0
        assert values.max() <= own_site_level(20.0, 1e-3, SPACING) * 40


def test_decayed_field_becomes_zero():
    shape = (40, 40)
    solver = make(shape, 1670.0, 0.5)
    values = point(shape)
    cycles = [solver.advance(values, np.zeros(shape, np.float32)) for _ in range(10)]
    assert max(cycles) <= 5
    assert cycles[-1] == 0
    assert not values.any()


def test_empty_field_is_left_alone():
    solver, values = make((64, 64), 20.0, 1e-3), np.zeros((64, 64), np.float32)
    assert solver.advance(values, np.zeros_like(values)) == 0
    assert values.tobytes() == bytes(values.nbytes)


def test_uniform_field_without_sink_stays_exactly():
    values = np.full((57, 64), 0.7, np.float32)
    make((57, 64), 700.0, 0.0).advance(values, np.zeros_like(values))
    np.testing.assert_allclose(values, np.float32(0.7), rtol=2e-7)


def test_few_cycles_for_slowly_varying_sources():
    """Two cycles on average while one cell in a hundred starts or stops secreting in each step."""
    shape, random, cycles = (200, 200), np.random.default_rng(10), 0
    for diffusion, decay in SIGNALS.values():
        solver = make(shape, diffusion, sinusoids(shape, decay, WASHOUT))
        source = (random.random(shape) < 0.01).astype(np.float32)
        values = np.zeros(shape, np.float32)
        solver.steady(values, source)
        for _ in range(20):
            moved = random.random(shape) < 0.01
            source = np.where(moved, random.random(shape) < 0.01, source).astype(np.float32)
            cycles += solver.advance(values, source)
    assert cycles <= 2 * 20 * len(SIGNALS)


def test_periodic_translation():
    """Half a period of a power of two translates every bit; any other way to the tolerance of the iteration."""
    shape = (128, 128)
    solver = make(shape, 20.0, 0.003, periodic=True, tolerance=1e-3)
    source = (np.random.default_rng(11).random(shape) < 0.01).astype(np.float32)

    def run(shift):
        values, moved = np.zeros(shape, np.float32), np.roll(source, shift, (0, 1))
        for _ in range(3):
            solver.advance(values, moved)
        return np.roll(values, (-shift[0], -shift[1]), (0, 1))

    reference = run((0, 0))
    np.testing.assert_allclose(run((64, 64)), reference, rtol=1e-6)
    np.testing.assert_allclose(run((13, 50)), reference, atol=2e-3 * reference.max())


def test_same_bytes_in_other_threads():
    """Fields advanced side by side in two threads, or one after the other, or again."""
    shape = (150, 170)

    def run(number):
        random = np.random.default_rng(number)
        solver = make(shape, 20.0 + number, sinusoids(shape, 1e-4, WASHOUT, seed=number))
        values = np.zeros(shape, np.float32)
        for _ in range(20):
            solver.advance(values, (random.random(shape) < 0.01).astype(np.float32))
        return values.tobytes()

    one_after_the_other = [run(number) for number in range(6)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, range(6))) == one_after_the_other


TINY = """
import sys
import numpy as np
from abm.fields.solver import DiffusionSolver
random = np.random.default_rng(12)
shape = (6, 7)
solver = DiffusionSolver(shape, spacing_um=10.0, periodic=False, diffusion_um2_per_s=20.0, step_s=300.0)
solver.set_sink(random.random(shape, np.float32) * np.float32(0.02))
values = np.zeros(shape, np.float32)
for _ in range(3):
    solver.advance(values, random.random(shape, np.float32))
sys.stdout.write(" ".join(repr(float(v)) for v in values.ravel()))
"""


def test_same_without_compilation():
    results = []
    for disabled in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": disabled}
        done = subprocess.run([sys.executable, "-c", TINY], env=environment, capture_output=True, text=True, check=True)
        results.append(np.array([float(word) for word in done.stdout.split()]))
    assert results[0].size == 42
    np.testing.assert_allclose(results[1], results[0], rtol=1e-5)


@pytest.mark.parametrize("length_sites", [1.0, 2.0, 5.0, 77.0])
def test_own_site_level_by_brute_quadrature(length_sites):
    sink = 20.0 / (length_sites * SPACING) ** 2
    exact = ExactModes((1024, 1024), 20.0, sink, True)
    expected = exact.after(point((1024, 1024)), np.inf).max()
    assert own_site_level(20.0, sink, SPACING) == pytest.approx(expected, rel=1e-6)


def test_decay_length():
    assert decay_length_um(20.0, 0.005) == pytest.approx(63.2, abs=0.1)
    assert decay_length_um(20.0, 0.0) == np.inf
    with pytest.raises(ValueError, match="without a sink"):
        own_site_level(20.0, 0.0, SPACING)


def test_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="4 x 4 sites or more"):
        make((3, 50), 20.0, 0.0)
    with pytest.raises(ValueError, match="diffusion_um2_per_s must be positive"):
        make((8, 8), 0.0, 0.0)
    solver, zeros = make((8, 8), 20.0, 0.0), np.zeros((8, 8), np.float32)
    with pytest.raises(ValueError, match="values must be"):
        solver.advance(np.zeros((8, 8)), zeros)
    with pytest.raises(ValueError, match="source must be"):
        solver.advance(zeros, np.zeros((8, 9), np.float32))
    with pytest.raises(ValueError, match="no steady state"):
        solver.steady(zeros, zeros)
    with pytest.raises(ValueError, match="not negative"):
        solver.set_sink(np.full((8, 8), -1.0, np.float32))
    with pytest.raises(ArithmeticError, match="finite"):
        solver.advance(np.full((8, 8), np.nan, np.float32), zeros)
