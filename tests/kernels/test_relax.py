"""What relaxes and what is forgotten."""

import numpy as np
import pytest

from abm.kernels.jit import jit
from abm.kernels.relax import decay, relax_all, relaxed

FAINT = np.float32(1e-6)


def test_a_lattice_decays_and_what_is_faint_is_forgotten():
    levels = np.array([[1.0, 0.5], [1.5e-6, 0.0]], np.float32)
    decay(levels, np.float32(0.5), FAINT)
    np.testing.assert_array_equal(levels, np.array([[0.5, 0.25], [0.0, 0.0]], np.float32))


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("signal", [0.0, 0.2, 1.0])
def test_expression_relaxes_exactly(level, signal):
    fine = level
    for _ in range(20_000):
        fine += (0.4 * signal * (1 - fine) - 0.2 * fine) * 3.0 / 20_000
    assert relaxed(np.float32(level), signal, 0.4, 0.2, 3.0, FAINT) == pytest.approx(fine, abs=1e-4)
    halves = relaxed(relaxed(np.float32(level), signal, 0.4, 0.2, 1.5, FAINT), signal, 0.4, 0.2, 1.5, FAINT)
    assert relaxed(np.float32(level), signal, 0.4, 0.2, 3.0, FAINT) == pytest.approx(halves, abs=1e-6)


def test_without_rates_expression_stays_and_traces_vanish():
    assert relaxed(np.float32(0.4), 1.0, 0.0, 0.0, 5.0, FAINT) == np.float32(0.4)
    assert relaxed(np.float32(2e-6), 0.0, 0.4, 0.2, 10.0, FAINT) == 0.0


def test_many_levels_are_as_each():
    rng = np.random.default_rng(3)
    levels, signal = rng.random((2, 40)).astype(np.float32)
    expected = np.array(
        [relaxed(level, float(s), 0.3, 0.2, 1.5, FAINT) for level, s in zip(levels, signal, strict=True)]
    )
    before = levels.copy()
    relax_some(levels, signal, 30)
    np.testing.assert_array_equal(levels[:30], expected[:30])
    np.testing.assert_array_equal(levels[30:], before[30:])


@jit
def relax_some(levels, signal, count):
    relax_all(levels, signal, count, 0.3, 0.2, 1.5, FAINT)
