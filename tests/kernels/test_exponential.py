import numpy as np
import pytest

from abm.kernels.exponential import decaying
from abm.kernels.jit import jit


@jit(counted=False)
def fill(x, result):
    for i in range(x.size):
        result[i] = decaying(x[i])


def exponentials(x):
    """Of an array: several at once, but for the last ones."""
    result = np.empty_like(x)
    fill(x, result)
    return result


def test_to_the_last_place():
    random = np.random.default_rng(1)
    x = -np.concatenate([random.exponential(scale, 20_001) for scale in (1e-9, 1e-3, 1.0, 30.0, 200.0)])
    x = x[x > -690.0]
    exact = np.exp(x.astype(np.longdouble))
    error = np.abs(exponentials(x) - exact) / np.spacing(exact.astype(np.float64))
    assert error.max() <= 1.0 and error.mean() < 0.35


@pytest.mark.parametrize("x, expected", [(0.0, 1.0), (-0.0, 1.0), (-5e-324, 1.0), (-1.0, np.exp(-1.0))])
def test_exact(x, expected):
    assert decaying(x) == expected


@pytest.mark.parametrize("x", [-701.0, -1e5, -1.7e308, -np.inf])
def test_what_is_hardly_left_does_not_overflow(x):
    assert 0.0 <= decaying(x) < 1e-300
    assert (exponentials(np.full(17, x)) == decaying(x)).all()


def test_nan_stays_nan():
    assert np.isnan(decaying(np.nan)) and np.isnan(exponentials(np.full(17, np.nan))).all()


def test_alone_and_in_a_row_it_gives_the_same_bytes():
    x = -np.random.default_rng(2).exponential(2.0, 257)
    assert exponentials(x).tobytes() == np.array([decaying(value) for value in x]).tobytes()
    assert exponentials(x[:5]).tobytes() == exponentials(x)[:5].tobytes()
    with np.errstate(over="ignore"):  # the bits wrap around where they are shifted
        plain = getattr(decaying, "py_func", decaying)
        assert exponentials(x).tobytes() == np.array([plain(value) for value in x]).tobytes()
