"""Is it the right chance? Tests at 99.9 %, and numbers of trials that fit them."""

import numba
import numpy as np
import pytest
import scipy.stats

COMPILED = not numba.config.DISABLE_JIT
compiled_only = pytest.mark.skipif(not COMPILED, reason="thousands of trials: too slow in plain Python")


def sized(compiled: int, interpreted: int) -> int:
    """A number of trials, the smaller one when kernels run as plain Python."""
    return compiled if COMPILED else interpreted


def assert_chance(happened: int, trials: int, probability: float) -> None:
    """`happened` of `trials` lies in the central 99.9 % of the binomial distribution of the given probability."""
    low, high = scipy.stats.binom.interval(0.999, int(trials), float(np.clip(probability, 0.0, 1.0)))
    assert low < trials or high > 0, f"{trials} trials tell nothing of a chance of {probability:.4g}"
    assert low <= happened <= high, f"{happened} of {trials}, expected {low:.0f} to {high:.0f}"


def assert_mean(values, mean: float) -> None:
    """The mean of independent values lies within 3.3 standard errors of what is expected."""
    values = np.asarray(values, float)
    error = values.std(ddof=1) / np.sqrt(values.size)
    assert abs(values.mean() - mean) <= 3.3 * error, f"{values.mean():.4g} +- {error:.2g}, expected {mean:.4g}"
