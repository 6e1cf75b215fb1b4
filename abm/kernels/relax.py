"""What relaxes towards a level, and is forgotten when hardly any of it is left."""

import numpy as np

from .exponential import decaying
from .jit import jit

AT_A_TIME = 256
"""As many levels as `relax_all` is best given at once: they stay in the nearest cache."""


@jit(inline=True, counted=False)
def unless_faint(level, faint):
    """The level (float32), or nothing when it is not above `faint`: what is at rest then costs nothing."""
    return level if level > faint else np.float32(0.0)


@jit
def decay(levels, factor, faint):
    """Leave `factor` of every level of a lattice (float32), and forget what becomes `faint`."""
    flat = levels.ravel()
    for i in range(flat.size):
        flat[i] = unless_faint(flat[i] * factor, faint)


@jit(inline=True, counted=False)
def relaxed(level, signal, on, off, hours, faint):
    """d level/dt = on*signal*(1 - level) - off*level over `hours` at a constant signal, solved exactly."""
    rate = on * signal + off
    target = on * signal / rate if rate > 0.0 else 0.0
    later = np.float32(target + (np.float64(level) - target) * decaying(-rate * hours))
    return level if rate == 0.0 else unless_faint(later, faint)


@jit(inline=True, counted=False)
def relax_all(levels, signal, count, on, off, hours, faint):
    """`relaxed`, for the first `count` of some levels (float32) that lie side by side: then several are worked out at once."""
    for k in range(count):
        levels[k] = relaxed(levels[k], np.float64(signal[k]), on, off, hours, faint)
