"""How much of its most effect a signal has, whose level is given in units of its half-maximal effect."""

import numpy as np

from .jit import jit


@jit(inline=True, counted=False)
def saturation(level):
    """x / (1 + x) of a level x that is not negative: 0 without it, a half at 1, at most 1."""
    return np.float64(level) / (1.0 + np.float64(level))
