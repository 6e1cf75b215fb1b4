"""What relaxes and what is forgotten."""

import numpy as np
import pytest

from abm.kernels.jit import jit
from abm.kernels.relax import decay, relax_all, relaxed

FAINT = np.float32(1e-3)


def test_a_lattice_decays_and_what_is_faint_is_forgotten():
    levels = np.array([[1.0, 0.5], [2e-3, 0.0]], np.float32)
    decay(levels, np.float32(0.5), FAINT)
    np.testing.assert_array_equal(levels, np.array([[0.5, 0.25], [0.0, 0.0]], np.float32))


@pytest.mark.parametrize(("on", "off", "signal"), [(0.3, 0.2, 0.4), (0.0, 0.2, 0.4), (0.3, 0.0, 1.0), (0.0, 0.0, 1.0)])
def test_a_level_follows_its_equation(on, off, signal):
    level, fine = np.float32(0.2), 0.2
    for _ in range(20_000):
        fine += (on * signal * (1.0 - fine) - off * fine) * 1e-4
    assert relaxed(level, signal, on, off, 2.0, FAINT) == pytest.approx(fine, rel=1e-4)


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
